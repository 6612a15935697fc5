/**
 * A sample of the bytes that origins answered with listed content, through a real `serve`: inside a CONNECT to the origin's port, under
 * the name of a harmless host, or however the caller reaches it. No listed content comes back, and what is harmless does.
 */
import type { Socket } from 'node:net';
import { startProxy } from '../../support/proxy-process.ts';
import { isListed, servedBy } from '../site.ts';
import { converse, converseUntil, toPort } from './ask.ts';
import type { HeadCampaign } from './campaign.ts';
import { HARMLESS_HOST, PATHS_HOST, headListTexts } from './site.ts';

export interface HeadProxyCheck {
  readonly checked: number;
  /** Origin and bytes. */
  readonly leaks: readonly string[];
  /** Origins that nothing comes from. */
  readonly silent: readonly string[];
}

/** The way to an origin through a filter: what is to be sent on it, with what it needs before. */
interface Way {
  readonly socket: Socket;
  readonly bytes: Buffer;
  readonly patienceMs: number;
}

/** To the origin at this port. */
export type ConnectThrough = (port: number, bytes: string) => Way | Promise<Way>;

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
  return await headsThrough(campaigns, (port, bytes) => {
    const authority = `${HARMLESS_HOST}:${port}`;
    const sent = Buffer.from(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n${bytes}`, 'latin1');
    return { socket: toPort(proxy.port), bytes: sent, patienceMs: PATIENCE_MS };
  });
}

export async function headsThrough(campaigns: readonly HeadSamples[], way: ConnectThrough): Promise<HeadProxyCheck> {
  const waiting = campaigns.flatMap(({ name, port, samples }) => samples.map((bytes) => ({ name, port, bytes })));
  const checked = waiting.length;
  const leaks: string[] = [];
  await Promise.all(
    Array.from({ length: SIDE_BY_SIDE }, async () => {
      for (let sample = waiting.pop(); sample !== undefined; sample = waiting.pop())
        if (contentIn(await answerTo(sample, way)).some(isListed))
          leaks.push(`${sample.name} ${JSON.stringify(sample.bytes)}`);
    }),
  );
  const silent: string[] = [];
  for (const { name, port } of campaigns) if (!(await isHarmlessThere(port, way))) silent.push(name);
  return { checked, leaks, silent };
}

async function answerTo(
  sample: { readonly port: number; readonly bytes: string },
  way: ConnectThrough,
): Promise<Buffer> {
  const { socket, bytes, patienceMs } = await way(sample.port, sample.bytes);
  return await converse(socket, bytes, patienceMs);
}

async function isHarmlessThere(port: number, way: ConnectThrough): Promise<boolean> {
  const { socket, bytes } = await way(port, HARMLESS);
  const isThere = (received: Buffer): boolean => contentIn(received).includes('neighbour');
  return isThere(await converseUntil(socket, bytes, isThere));
}

function contentIn(received: Buffer): readonly ReturnType<typeof servedBy>[] {
  return received
    .toString('latin1')
    .split(MARK)
    .map((part) => servedBy(MARK + part));
}
