/**
 * The hosts file (hosts(5)): names an administrator has given addresses, which go before DNS. Read again when it has changed.
 * Bounded and tolerant: a bad line is skipped; a file that cannot be read leaves what was known. It must not ask DNS.
 */
import { parseIpAddress } from '../lib/prefix.ts';
import { canonicalHost } from '../url/host.ts';
import type { CanonicalHost } from '../url/host.ts';
import { WatchedFile } from './watched-file.ts';

export type HostsTable = ReadonlyMap<CanonicalHost, readonly string[]>;

/** Parsing blocks the thread, once per change. */
const MAX_BYTES = 4 << 20;
const MAX_ADDRESSES = 16;

export class HostsFile {
  readonly #file: WatchedFile;
  #table: HostsTable = new Map();

  constructor(path: string) {
    this.#file = new WatchedFile(path, MAX_BYTES);
  }

  /** Addresses in the order of the file, or null. `now` is in milliseconds, monotonic. */
  lookup(host: CanonicalHost, now: number): readonly string[] | null {
    const text = this.#file.changed(now);
    if (text !== null) this.#table = parseHosts(text);
    return this.#table.get(host) ?? null;
  }
}

/** `address name [alias …] [# comment]` a line. Names are canonicalised like those of requests; the rest is skipped. */
export function parseHosts(text: string): HostsTable {
  const table = new Map<CanonicalHost, string[]>();
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [address, ...names] = (line.split('#', 1)[0] ?? '').split(/[ \t\f\v]+/).filter((word) => word !== '');
    if (address === undefined || names.length === 0 || address.includes('%') || parseIpAddress(address) === null)
      continue;
    for (const name of names) {
      const host = canonicalHost(name);
      if (host !== null) add(table, host, address);
    }
  }
  return table;
}

function add(table: Map<CanonicalHost, string[]>, host: CanonicalHost, address: string): void {
  const addresses = table.get(host);
  if (addresses === undefined) table.set(host, [address]);
  else if (addresses.length < MAX_ADDRESSES && !addresses.includes(address)) addresses.push(address);
}
