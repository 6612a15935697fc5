/**
 * A sample of the bytes that origins answered with listed content, through a real `serve`: inside a CONNECT to the origin's port, under
 * the name of a harmless host, or however the caller reaches it. No listed content comes back, and what is harmless does.
 */
import { startProxy } from '../../support/proxy-process.ts';
import { isListed, servedBy } from '../site.ts';
import { converse, toPort } from './ask.ts';
import type { HeadCampaign } from './campaign.ts';
import { HARMLESS_HOST, PATHS_HOST, headListTexts } from './site.ts';

export interface HeadProxyCheck {
  readonly checked: number;
  /** Origin and bytes. */
  readonly leaks: readonly string[];
  /** Origins that nothing comes from. */
  readonly silent: readonly string[];
}

/** Sends bytes to the origin at this port, through a filter. @returns all that comes back, a char a byte */
export type SayThrough = (port: number, bytes: string) => Promise<string>;

/** Bytes for the origin at this port. */
export type HeadSamples = Pick<HeadCampaign, 'name' | 'port' | 'samples'>;

const SIDE_BY_SIDE = 24;
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
  return await headsThrough(campaigns, async (port, bytes) => {
    const authority = `${HARMLESS_HOST}:${port}`;
    const sent = Buffer.from(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n${bytes}`, 'latin1');
    return (await converse(toPort(proxy.port), sent, PATIENCE_MS)).toString('latin1');
  });
}

export async function headsThrough(campaigns: readonly HeadSamples[], say: SayThrough): Promise<HeadProxyCheck> {
  const waiting = campaigns.flatMap(({ name, port, samples }) => samples.map((bytes) => ({ name, port, bytes })));
  const checked = waiting.length;
  const leaks: string[] = [];
  await Promise.all(
    Array.from({ length: SIDE_BY_SIDE }, async () => {
      for (let sample = waiting.pop(); sample !== undefined; sample = waiting.pop())
        if (contentIn(await say(sample.port, sample.bytes)).some(isListed))
          leaks.push(`${sample.name} ${JSON.stringify(sample.bytes)}`);
    }),
  );
  const silent: string[] = [];
  for (const { name, port } of campaigns)
    if (!contentIn(await say(port, HARMLESS)).includes('neighbour')) silent.push(name);
  return { checked, leaks, silent };
}

function contentIn(received: string): readonly ReturnType<typeof servedBy>[] {
  return received.split(MARK).map((part) => servedBy(MARK + part));
}
