/**
 * What is looked up, as bytes with cuts: every prefix up to a cut is one key.
 *
 *   host  a.b.example    reversed: elpmaxe|.b|.a|       cuts: example, b.example, a.b.example
 *   URL   h.example/a/b?q                               cuts: h.example/, h.example/a/ (directories), …/b (page), …?q (URL); `?` behind the host for FOLD.info
 *
 * One object of each is enough for a thread: it is loaded, hashed by each segment and forgotten. Nothing is allocated.
 */
import { FOLD } from '../url/fold.ts';
import type { CanonicalHost } from '../url/host.ts';
import { MAX_DIRECTORY_DEPTH } from '../url/path.ts';
import type { CanonicalPath } from '../url/path.ts';
import { infoMark } from './entry-key.ts';
import type { PrefixHashes } from './half-sip-hash.ts';

const DOT = 0x2e;
const OPENING_BRACKET = 0x5b;
/** A name of 253 characters has at most 127 labels. */
const MAX_LEVELS = 128;
/**
 * Bytes of a key of a URL, as it is folded. Longer entries are refused when a list is read, so that of a request no more is
 * hashed: that is done for each fold and segment anew.
 */
export const MAX_KEY_BYTES = 4096;
/** Those before directories of each depth, and the one at the beginning. */
const MAX_SLASHES = MAX_DIRECTORY_DEPTH + 1;
/** Directories, page or URL without query, URL with query. */
const MAX_URL_CUTS = MAX_DIRECTORY_DEPTH + 3;

export class HostProbe {
  readonly bytes = new Uint8Array(256);
  readonly cuts = new Int32Array(MAX_LEVELS);
  readonly hashes: PrefixHashes = { low: new Int32Array(MAX_LEVELS), high: new Int32Array(MAX_LEVELS) };
  /** Cuts in use; the last one is the host itself, those before it are its parents, shortest first. */
  count = 0;

  load(host: CanonicalHost): void {
    const length = host.length;
    this.count = 0;
    for (let i = 0; i < length; i += 1) {
      const code = host.charCodeAt(length - 1 - i);
      this.bytes[i] = code;
      if (code === DOT) this.#cut(i);
    }
    // An address has no parents: 3.4 is not above 1.2.3.4.
    if (isAddress(host)) this.count = 0;
    this.#cut(length);
  }

  #cut(at: number): void {
    this.cuts[this.count] = at;
    this.count += 1;
  }
}

export class UrlProbe {
  /** Grows to the longest URL seen, which the limit on the request line bounds. */
  bytes: Buffer = Buffer.alloc(2048);
  readonly cuts = new Int32Array(MAX_URL_CUTS);
  readonly hashes: PrefixHashes = { low: new Int32Array(MAX_URL_CUTS), high: new Int32Array(MAX_URL_CUTS) };
  count = 0;
  readonly #slashes = new Int32Array(MAX_SLASHES);
  /** Whose slashes are known, as far as it was looked at. */
  #path = '';
  #slashCount = 0;
  #scanned = 0;

  /**
   * @param host the host, or the parent of it, that has path entries.
   * @param wanted only keys that can exist are cut.
   */
  load(host: string, path: CanonicalPath, query: string | null, wanted: UrlCuts): void {
    const marked = `${host}${infoMark(wanted.fold)}`;
    const start = marked.length;
    const pathEnd = start + path.length;
    const end = pathEnd + (query === null ? 0 : query.length + 1);
    const longest = MAX_KEY_BYTES + start - host.length;
    if (this.bytes.length < end) this.bytes = Buffer.alloc(end * 2);
    this.bytes.write(marked, 0, 'latin1');
    this.count = 0;
    if (wanted.root || wanted.depths !== 0) this.#cutDirectories(start, path, wanted);
    // A path that ends in `/` was cut there as a directory, perhaps; the same cut twice would give the same rows twice.
    if (wanted.path && pathEnd <= longest && this.cuts[this.count - 1] !== pathEnd) this.#cut(pathEnd);
    const asksQuery = wanted.query && query !== null && end <= longest;
    // No more than is hashed: a host may have hints by the hundred.
    const hashed = asksQuery ? pathEnd : (this.cuts[this.count - 1] ?? 0);
    if (hashed > start) this.bytes.write(path, start, hashed - start, 'latin1');
    if (!asksQuery) return;
    this.bytes[pathEnd] = 0x3f;
    this.bytes.write(query, pathEnd + 1, 'latin1');
    this.#cut(end);
  }

  #cutDirectories(start: number, path: CanonicalPath, wanted: UrlCuts): void {
    // Where a slash at the end does not count, the key of a directory ends before its slash, or where the path ends.
    const isOpen = (wanted.fold & FOLD.slash) !== 0;
    const end = start + path.length;
    const last = Math.min(end, MAX_KEY_BYTES);
    const deepest = 32 - Math.clz32(wanted.depths);
    const count = this.#knownSlashes(path, last - start, deepest);
    for (let depth = 0; depth < count; depth += 1) {
      const at = start + (this.#slashes[depth] ?? 0);
      if (depth === 0 ? wanted.root : (wanted.depths & (1 << (depth - 1))) !== 0)
        this.#cut(isOpen && depth > 0 ? at : at + 1);
    }
    const isPathDeeper = isOpen && count > 0 && count <= deepest && end > start + 1 && end <= MAX_KEY_BYTES;
    if (isPathDeeper && (wanted.depths & (1 << (count - 1))) !== 0) this.#cut(end);
  }

  /**
   * Each byte of a path is looked at once, whatever the number of hints; one with several readings comes anew with each hint.
   * @returns how many slashes there are before `last`, at most one more than `deepest`.
   */
  #knownSlashes(path: CanonicalPath, last: number, deepest: number): number {
    if (path !== this.#path) {
      this.#path = path;
      this.#scanned = this.#slashCount = 0;
    }
    while (this.#slashCount <= deepest && this.#scanned < last) {
      const at = path.indexOf('/', this.#scanned);
      if (at < 0 || at >= last) this.#scanned = last;
      else {
        this.#slashes[this.#slashCount] = at;
        this.#slashCount += 1;
        this.#scanned = at + 1;
      }
    }
    let count = Math.min(this.#slashCount, deepest + 1);
    while (count > 0 && (this.#slashes[count - 1] ?? 0) >= last) count -= 1;
    return count;
  }

  #cut(at: number): void {
    this.cuts[this.count] = at;
    this.count += 1;
  }
}

/** Which keys of a URL can exist at all. */
export interface UrlCuts {
  /** The directory `/`. */
  readonly root: boolean;
  /** Bit d-1: directories of d segments. */
  readonly depths: number;
  /** Pages, or URLs without a query. */
  readonly path: boolean;
  readonly query: boolean;
  /** The fold of the keys; the path is folded already. */
  readonly fold: number;
}

function isAddress(host: CanonicalHost): boolean {
  if (host.charCodeAt(0) === OPENING_BRACKET) return true;
  // The last label of a name is never all digits (url/ipv4.ts).
  let at = host.length - 1;
  while (at >= 0 && isDigit(host.charCodeAt(at))) at -= 1;
  return at >= 0 && at < host.length - 1 && host.charCodeAt(at) === DOT;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
