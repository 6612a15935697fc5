/**
 * What an entry is found by and proved by. Every builder asks here, so that an entry has one key whoever writes it down; the other side
 * of it is probe.ts. It keeps no text longer than until the next entry.
 *
 *   host entries   fingerprint of the reversed host,     proof of the host
 *   path entries   fingerprint of `host/path[?query]`,   proof of the same;   fingerprint of the reversed host, for the hints
 */
import { FOLD } from '../url/fold.ts';
import type { Entry } from './entry.ts';
import type { PrefixHash } from './half-sip-hash.ts';

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

  constructor(hash: PrefixHash) {
    this.#hash = hash;
  }

  load(entry: KeyedEntry): void {
    this.#fingerprint(reversed(entry.host));
    const hostHigh = this.#hashes.high[0]!;
    const hostLow = this.#hashes.low[0]!;
    if (entry.path.kind === 'host') {
      this.text = entry.host;
      this.high = hostHigh;
      this.low = hostLow;
      this.hostHigh = 0;
      this.hostLow = 0;
      return;
    }
    this.text = `${entry.host}${keyText(entry)}`;
    this.#fingerprint(this.text);
    this.high = this.#hashes.high[0]!;
    this.low = this.#hashes.low[0]!;
    this.hostHigh = hostHigh;
    this.hostLow = hostLow;
  }

  /** Leaves the fingerprint in `#hashes`. */
  #fingerprint(text: string): void {
    if (this.#bytes.length < text.length) this.#bytes = Buffer.alloc(text.length * 2);
    this.#cut[0] = this.#bytes.write(text, 0, 'latin1');
    this.#hash.hashPrefixes(this.#bytes, this.#cut, 1, this.#hashes);
  }
}

/** What stands behind the host in the key. Where a `/` at the end does not count, a directory's key has none either. */
function keyText({ path, fold }: KeyedEntry): string {
  if (path.kind === 'host') return '';
  if (path.kind === 'directory')
    return (fold & FOLD.slash) !== 0 && path.path.length > 1 ? path.path.slice(0, -1) : path.path;
  return path.kind === 'url' && path.query !== null ? `${path.path}?${path.query}` : path.path;
}

/** As `HostProbe` has it: the parents of a host are prefixes of its reversed name. */
function reversed(host: string): string {
  let text = '';
  for (let i = host.length - 1; i >= 0; i -= 1) text += host.charAt(i);
  return text;
}
