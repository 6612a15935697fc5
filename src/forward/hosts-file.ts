/**
 * The hosts file (hosts(5)): names an administrator has given addresses, which go before DNS.
 *
 * Read again when it has changed, looked at no more than every few seconds and only when a name is asked for. Bounded and
 * tolerant: a bad line is skipped; a file that cannot be read leaves what was known. It must not ask DNS.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { parseAddress } from '../lib/prefix.ts';
import { canonicalHost } from '../url/host.ts';
import type { CanonicalHost } from '../url/host.ts';

export type HostsTable = ReadonlyMap<CanonicalHost, readonly string[]>;

/** Milliseconds between two looks at the file. */
const LOOK_MS = 5000;
/** Bytes; what lies beyond is not read (parsing blocks the thread: this much costs some 0.2 s, once per change). */
const MAX_BYTES = 4 << 20;
const MAX_ADDRESSES = 16;

export class HostsFile {
  readonly #path: string;
  #table: HostsTable = new Map();
  #identity = '';
  #lookAt = -Infinity;

  constructor(path: string) {
    this.#path = path;
  }

  /** Addresses in the order of the file, or null. `now` is in milliseconds, monotonic. */
  lookup(host: CanonicalHost, now: number): readonly string[] | null {
    if (now >= this.#lookAt) this.#look(now);
    return this.#table.get(host) ?? null;
  }

  #look(now: number): void {
    this.#lookAt = now + LOOK_MS;
    try {
      const stats = statSync(this.#path, { throwIfNoEntry: false });
      // Opening a FIFO would block the thread.
      const usable = stats !== undefined && stats.isFile();
      const identity = usable ? identityOf(stats) : '';
      if (identity === this.#identity) return;
      this.#table = usable ? parseHosts(readBounded(this.#path)) : new Map();
      this.#identity = identity;
    } catch {
      // Unreadable now; the names known so far stay, and the next look tries again.
    }
  }
}

/** `address name [alias …] [# comment]` a line. Names are canonicalised like those of requests; the rest is skipped. */
export function parseHosts(text: string): HostsTable {
  const table = new Map<CanonicalHost, string[]>();
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [address, ...names] = line.replace(/#.*$/, '').split(/[ \t\f\v]+/).filter((word) => word !== '');
    if (address === undefined || names.length === 0 || address.includes('%') || parseAddress(address) === null) continue;
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

function identityOf(stats: Stats): string {
  return `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
}

/** Decoded byte for byte, as host names of requests are. Half a line at the bound is not a line. */
function readBounded(path: string): string {
  const file = openSync(path, 'r');
  try {
    const size = fstatSync(file).size;
    const buffer = Buffer.allocUnsafe(Math.min(size, MAX_BYTES));
    const text = buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0));
    return size > MAX_BYTES ? text.slice(0, text.lastIndexOf('\n') + 1) : text;
  } finally {
    closeSync(file);
  }
}
