/**
 * A sample of targets through a real `serve` in explicit mode with the same lists: what the run concludes in-process is what a whole
 * proxy does. Its own answers are told from the origin's by status 451 (block) and Proxy-Status (refused).
 */
import { rawClient } from '../support/raw-client.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { Campaign, Found } from './campaign.ts';
import { isPassed } from './filter.ts';
import type { ListTexts } from './filter.ts';
import { BLOCKED, servedLists } from './served-lists.ts';

export interface ProxyCheck {
  readonly checked: number;
  /** `origin target: judged, yet the proxy …`. */
  readonly differences: readonly string[];
}

export type Did = 'passed' | 'blocked' | 'refused';

/** Of each judgement and content, from each origin: one is asked after the other. */
const SAMPLES = 12;

export async function throughProxy(campaigns: readonly Campaign[], texts: ListTexts): Promise<ProxyCheck> {
  await using proxy = await startProxy({ lists: servedLists(texts) });
  let checked = 0;
  const differences: string[] = [];
  for (const { configuration, host, port, samples } of campaigns) {
    for (const sample of samples.filter(({ nth }) => nth < SAMPLES)) {
      const did = await verdictOf(proxy.port, `http://${host}:${port}${sample.target}`);
      checked += 1;
      const otherwise = didOtherwise(configuration.name, sample, did);
      if (otherwise !== null) differences.push(otherwise);
    }
  }
  return { checked, differences };
}

/** @returns null: the proxy did as was judged */
export function didOtherwise(
  origin: string,
  { target, judged }: Pick<Found, 'target' | 'judged'>,
  did: Did,
): string | null {
  const blocked = judged === 'block' ? 'blocked' : 'refused';
  return did === (isPassed(judged) ? 'passed' : blocked)
    ? null
    : `${origin} ${target}: judged ${judged}, the proxy said ${did}`;
}

async function verdictOf(proxyPort: number, url: string): Promise<Did> {
  await using client = await rawClient(proxyPort);
  client.send(`GET ${url} HTTP/1.1\r\nHost: x.localhost\r\nConnection: close\r\n\r\n`);
  const { status, fields } = await client.response();
  if (status === BLOCKED) return 'blocked';
  return status === 400 && fields.has('proxy-status') ? 'refused' : 'passed';
}
