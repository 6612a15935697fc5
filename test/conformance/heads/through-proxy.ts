/**
 * A sample of the bytes that origins answered with listed content, through a real `serve`: inside a CONNECT to the origin's port, under
 * the name of a harmless host. No listed content comes back, and what is harmless does.
 */
import { startProxy } from '../../support/proxy-process.ts';
import { isListed, servedBy } from '../site.ts';
import type { Served } from '../site.ts';
import { converse } from './ask.ts';
import type { HeadCampaign } from './campaign.ts';
import { HARMLESS_HOST, PATHS_HOST, headListTexts } from './site.ts';

export interface HeadProxyCheck {
  readonly checked: number;
  /** Origin and bytes. */
  readonly leaks: readonly string[];
  /** Origins that nothing comes from. */
  readonly silent: readonly string[];
}

const SIDE_BY_SIDE = 12;
/** To the answer to CONNECT. */
const PATIENCE_MS = 5000;
const MARK = 'served: ';
const HARMLESS = `GET /x HTTP/1.1\r\nHost: ${PATHS_HOST}\r\n\r\n`;

export async function headsThroughProxy(campaigns: readonly HeadCampaign[]): Promise<HeadProxyCheck> {
  const { block, allow } = headListTexts();
  await using proxy = await startProxy({
    config: { connect: { ports: campaigns.map(({ port }) => port) } },
    lists: { block: { text: block, action: 'block' }, allow: { text: allow, action: 'allow' } },
  });
  const waiting = campaigns.flatMap(({ name, port, samples }) => samples.map((bytes) => ({ name, port, bytes })));
  const checked = waiting.length;
  const leaks: string[] = [];
  await Promise.all(
    Array.from({ length: SIDE_BY_SIDE }, async () => {
      for (let sample = waiting.pop(); sample !== undefined; sample = waiting.pop())
        if ((await servedThrough(proxy.port, sample)).some(isListed))
          leaks.push(`${sample.name} ${JSON.stringify(sample.bytes)}`);
    }),
  );
  const silent: string[] = [];
  for (const { name, port } of campaigns)
    if (!(await servedThrough(proxy.port, { port, bytes: HARMLESS })).includes('neighbour')) silent.push(name);
  return { checked, leaks, silent };
}

/** Content in all that comes back. */
async function servedThrough(
  proxyPort: number,
  { port, bytes }: { readonly port: number; readonly bytes: string },
): Promise<readonly (Served | null)[]> {
  const authority = `${HARMLESS_HOST}:${port}`;
  const connect = `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;
  const received = (await converse(proxyPort, Buffer.from(connect + bytes, 'latin1'), PATIENCE_MS)).toString('latin1');
  return received.split(MARK).map((part) => servedBy(MARK + part));
}
