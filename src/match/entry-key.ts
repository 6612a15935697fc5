/**
 * What an entry is found by and proved by. Every builder asks here, so that an entry has one key whoever writes it down; the other side
 * of it is probe.ts. It keeps no text longer than until the next entry.
 *
 *   host entries   fingerprint of the reversed host,     proof of the host
 *   path entries   fingerprint of `host/path[?query]`,   proof of the same;   fingerprint of the reversed host, for the hints
 *   `FOLD.info`    of `host?/path[?query]`: no row of another fold has the key
 */
import { FOLD } from '../url/fold.ts';
import type { Entry } from './entry.ts';
import type { PrefixHash } from './half-sip-hash.ts';

/** Of a name; an IPv6 address in brackets is shorter. */
const MAX_HOST_BYTES = 255;

export type KeyedEntry = Pick<Entry, 'host' | 'path' | 'fold'>;

export class EntryKey {
  /** The fingerprint, as signed words. */
  high = 0;
  low = 0;
  /** That of the reversed host, of path entries; 0 of host entries. */
  hostHigh = 0;
  hostLow = 0;
  /** What the proof is of. */
  text = '';
  readonly #hash: PrefixHash;
  readonly #hashes = { low: new Int32Array(1), high: new Int32Array(1) };
  readonly #cut = new Int32Array(1);
  #bytes = Buffer.alloc(2048);
  readonly #reversed = new Uint8Array(MAX_HOST_BYTES);

  constructor(hash: PrefixHash) {
    this.#hash = hash;
  }

  load(entry: KeyedEntry): void {
    this.loadText(keyText(entry), entry.host.length);
  }

  /** The same of an entry that is known by its text. @param text `keyText(entry)`. @param host bytes of it that are the host: all of a host entry. */
  loadText(text: string, host: number): void {
    if (this.#bytes.length < text.length) this.#bytes = Buffer.alloc(text.length * 2);
    const length = this.#bytes.write(text, 0, 'latin1');
    // As `HostProbe` has it: the parents of a host are prefixes of its reversed name.
    for (let i = 0; i < host; i += 1) this.#reversed[i] = this.#bytes[host - 1 - i] ?? 0;
    this.#fingerprint(this.#reversed, host);
    const isHost = length === host;
    this.hostHigh = isHost ? 0 : (this.#hashes.high[0] ?? 0);
    this.hostLow = isHost ? 0 : (this.#hashes.low[0] ?? 0);
    if (!isHost) this.#fingerprint(this.#bytes, length);
    this.high = this.#hashes.high[0] ?? 0;
    this.low = this.#hashes.low[0] ?? 0;
    this.text = text;
  }

  /** Leaves the fingerprint in `#hashes`. */
  #fingerprint(bytes: Uint8Array, length: number): void {
    this.#cut[0] = length;
    this.#hash.hashPrefixes(bytes, this.#cut, 1, this.#hashes);
  }
}

/** What stands behind the host in keys of entries with `FOLD.info`: no host has it, and no path begins with it. */
export function infoMark(fold: number): '' | '?' {
  return (fold & FOLD.info) === 0 ? '' : '?';
}

/** What the proof is of: a host, and what stands behind it in the key. Where a `/` at the end does not count, a directory's key has none either. */
export function keyText({ host, path, fold }: KeyedEntry): string {
  switch (path.kind) {
    case 'host':
      return host;
    case 'directory':
      return `${host}${(fold & FOLD.slash) !== 0 && path.path.length > 1 ? path.path.slice(0, -1) : path.path}`;
    case 'page':
      return `${host}${infoMark(fold)}${path.path}`;
    case 'url':
      return `${host}${infoMark(fold)}${path.query === null ? path.path : `${path.path}?${path.query}`}`;
  }
}
