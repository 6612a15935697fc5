/** A running instance with one protected list, `national`, as an operator and its customers see it. */
import { askControl } from '../../src/commands/control-client.ts';
import type { ClearingHouse } from './clearing-house.ts';
import { statusOf } from './ok-origin.ts';
import type { Origin } from './origin.ts';
import type { OwnAuthority } from './own-authority.ts';
import type { LogLine, ProxyProcess, ProxySetup } from './proxy-process.ts';

export interface ListPlace {
  readonly house: ClearingHouse;
  /** Of the recipient. */
  readonly name: string;
  /** Of the server, or of what stands before it. */
  readonly port: number;
  readonly authority: OwnAuthority;
}

/** Nothing is asked but what a test asks for, and what failed. */
const INTERVAL = '1h';

/** What `startProxy` is given. @param more keys of the list. */
export function nodeSetup(place: ListPlace, more: object = {}): ProxySetup {
  return { config: { lists: [nodeList(place, more)], control: { socket: './control.sock' } } };
}

/** One list of a configuration. @param more keys of it. */
export function nodeList({ house, name, port, authority }: ListPlace, more: object = {}): object {
  const { certificate, key } = authority.issue(`node-${name}`);
  return {
    name: 'national',
    source: `tuf+https://localhost:${port}/${name}/`,
    root: house.root,
    identity: house.identity(name),
    ca: authority.certificate,
    auth: { clientCertificate: certificate, clientKey: key },
    interval: INTERVAL,
    ...more,
  };
}

/** The hosts of these that are refused, as one word. */
export async function refusedOf(proxy: ProxyProcess, origin: Origin, hosts: readonly string[]): Promise<string> {
  let refused = '';
  for (const host of hosts)
    if ((await statusOf(proxy.port, `http://${host}.localhost:${origin.port}/listed`)) === 403) refused += host;
  return refused;
}

/** As a poll does; resolves when nothing is left to do. */
export async function pollNow(proxy: ProxyProcess): Promise<void> {
  const asked = await askControl(proxy.file('control.sock'), { command: 'reload' });
  if (asked.kind !== 'reply') throw new Error(`the proxy did not answer: ${asked.kind}`);
}

/** Of the list in force; null: none is. */
export async function versionOf(proxy: ProxyProcess): Promise<string | null> {
  return (await proxy.status()).lists[0]?.versions.inForce ?? null;
}

export async function countOf(proxy: ProxyProcess, reason: string): Promise<number> {
  const samples = await proxy.metrics();
  return samples.get(`cleanfeed_list_rejected_total{list="national",reason="${reason}"}`) ?? 0;
}

export function lastFailure(proxy: ProxyProcess): LogLine | undefined {
  return proxy.logged('list.failed').at(-1);
}
