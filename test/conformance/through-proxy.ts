/**
 * A sample of targets through a real `serve` with the same lists: what the run concludes in-process is what a whole proxy
 * does. Its own answers are told from the origin's by status 451 (block) and Proxy-Status (refused).
 */
import { rawClient } from '../support/raw-client.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { Campaign } from './campaign.ts';
import { isPassed } from './filter.ts';
import type { Judged, ListTexts } from './filter.ts';

export interface ProxyCheck {
  readonly checked: number;
  /** `origin target: judged, yet the proxy …`. */
  readonly differences: readonly string[];
}

const BLOCKED = 451;

export async function throughProxy(campaigns: readonly Campaign[], texts: ListTexts): Promise<ProxyCheck> {
  await using proxy = await startProxy({
    lists: {
      block: { text: texts.block, action: 'block', status: BLOCKED },
      allow: { text: texts.allow, action: 'allow' },
    },
  });
  let checked = 0;
  const differences: string[] = [];
  for (const { configuration, host, port, samples } of campaigns) {
    for (const { target, judged } of samples) {
      const did = await verdictOf(proxy.port, `http://${host}:${port}${target}`);
      checked += 1;
      if (did !== expected(judged))
        differences.push(`${configuration.name} ${target}: judged ${judged}, the proxy said ${did}`);
    }
  }
  return { checked, differences };
}

type Did = 'passed' | 'blocked' | 'refused';

function expected(judged: Judged): Did {
  if (isPassed(judged)) return 'passed';
  return judged === 'block' ? 'blocked' : 'refused';
}

async function verdictOf(proxyPort: number, url: string): Promise<Did> {
  await using client = await rawClient(proxyPort);
  client.send(`GET ${url} HTTP/1.1\r\nHost: x.localhost\r\nConnection: close\r\n\r\n`);
  const { status, fields } = await client.response();
  if (status === BLOCKED) return 'blocked';
  return status === 400 && fields.has('proxy-status') ? 'refused' : 'passed';
}
