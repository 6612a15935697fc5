/**
 * Reading a segment: hosts first, paths only where a hint says that some exist. It must not take a fingerprint for a
 * hit: a fingerprint finds, a proof decides; a row whose proof differs is as good as absent, so there is neither a false positive nor a miss.
 */
import type { CanonicalTarget } from '../url/path.ts';
import type { FoundEntry } from './found-entry.ts';
import type { PrefixHash } from './half-sip-hash.ts';
import { infoMark } from './entry-key.ts';
import type { HostProbe, UrlProbe } from './probe.ts';
import { Prover } from './prover.ts';
import type { SegmentImage } from './segment-builder.ts';
import {
  filterBits,
  FINGERPRINT_KEY_AT,
  HEADER,
  HINT,
  KIND,
  META,
  offsetsOf,
  PROOF_KEY_AT,
  SCOPE,
  SEGMENT_HEADER_BYTES,
  SEGMENT_MAGIC,
  slotOf,
  SUBDOMAIN_SHIFT,
} from './segment-layout.ts';
import type { SegmentCounts } from './segment-layout.ts';
import { FingerprintIndex, ProvedTable } from './table.ts';

/* oxlint-disable typescript/no-non-null-assertion -- levels lie below the number of cuts, rows below the number of rows, words of the header below its length */

/** What was found for one key: how many rows have its fingerprint, and the entries among them that are proved. */
export interface Found {
  readonly candidates: number;
  readonly entries: readonly FoundEntry[];
}

/** Not proved: the host may only share a fingerprint. The expression's proof settles it. */
export interface PathHint {
  readonly segment: Segment;
  /** The host, or the parent of it, that path entries are on. */
  readonly host: string;
  /** Whether it is the parent: only entries with subdomains apply then. */
  readonly isParent: boolean;
  readonly root: boolean;
  /** Bit d-1: directories of d segments. */
  readonly depths: number;
  readonly path: boolean;
  readonly query: boolean;
  /** Of the entries that it leads to (url/fold.ts): they have keys of their own. */
  readonly fold: number;
  /**
   * One of these entries permits that its traffic is steered; of whichever list of the segment, expired or not. Too much is
   * harmless: what is steered is judged.
   */
  readonly steer: boolean;
}

const NOTHING: Found = { candidates: 0, entries: [] };
const proof = new Int32Array(4);

export class Segment {
  readonly entries: number;
  readonly byteLength: number;
  /** The list that all entries are of; undefined: several share the segment. */
  readonly list: number | undefined;
  /** Its ids are lines of texts, which move with each version. */
  readonly isShared: boolean;
  readonly #hash: PrefixHash;
  readonly #prover: Prover;
  readonly #filter: Int32Array;
  readonly #filterScale: number;
  readonly #hosts: ProvedTable;
  readonly #hints: FingerprintIndex;
  readonly #hintDepths: Int32Array;
  readonly #hintScopes: Uint8Array;
  readonly #hintFolds: Uint8Array;
  readonly #expressions: ProvedTable;

  constructor(image: SegmentImage, makeHash: (key: Uint8Array) => PrefixHash) {
    const { list, isShared } = image;
    const { buffer, byteOffset: base } = image.bytes;
    const header = new Uint32Array(buffer, base, 16);
    const counts = countsOf(header);
    const at = offsetsOf(counts);
    this.entries = header[HEADER.entries]!;
    this.byteLength = at.end;
    this.list = list;
    this.isShared = list === undefined || isShared === true;
    this.#hash = makeHash(new Uint8Array(buffer, base + FINGERPRINT_KEY_AT, 8).slice());
    this.#prover = new Prover(new Uint8Array(buffer, base + PROOF_KEY_AT, 32).slice());
    this.#filter = new Int32Array(buffer, base + at.filter, counts.filterWords);
    this.#filterScale = counts.filterWords / 2 ** 32;
    this.#hosts = new ProvedTable(buffer, base, at.hosts, { rows: counts.hostRows, buckets: counts.hostBuckets, list });
    this.#hints = new FingerprintIndex(buffer, base, at.hints, { rows: counts.hintRows, buckets: counts.hintBuckets });
    this.#hintDepths = new Int32Array(buffer, base + at.hints.depths, counts.hintRows);
    this.#hintScopes = new Uint8Array(buffer, base + at.hints.scopes, counts.hintRows);
    this.#hintFolds = new Uint8Array(buffer, base + at.hints.folds, counts.hintRows);
    this.#expressions = new ProvedTable(buffer, base, at.expressions, {
      rows: counts.expressionRows,
      buckets: counts.expressionBuckets,
      list,
    });
  }

  isComplete(): boolean {
    return this.#hosts.index.isComplete() && this.#hints.isComplete() && this.#expressions.index.isComplete();
  }

  /** Hashes the probe and says whether any of its keys may be here. Most hosts end in this function: nothing is allocated. */
  mayKnow(probe: HostProbe): boolean {
    this.#hash.hashPrefixes(probe.bytes, probe.cuts, probe.count, probe.hashes);
    for (let level = 0; level < probe.count; level += 1)
      if (this.#passesFilter(probe.hashes.high[level]!, probe.hashes.low[level]!)) return true;
    return false;
  }

  /**
   * Entries on the whole of the host at level `level` of a probe that `mayKnow` has hashed: `host`, or the parent of it that
   * its last bytes name. `isParent`: only those with subdomains.
   */
  findHost(probe: HostProbe, level: number, host: string, isParent: boolean): Found {
    const high = probe.hashes.high[level]!;
    const low = probe.hashes.low[level]!;
    const row = this.#passesFilter(high, low) ? this.#hosts.index.find(high, low) : -1;
    return row < 0
      ? NOTHING
      : this.#proved(this.#hosts, row, { text: nameAt(probe, level, host), kinds: 1 << KIND.host, isParent, fold: 0 });
  }

  /** Pushes a hint for each fold of the path entries, on the host at this level, that could apply. */
  findHints(probe: HostProbe, level: number, host: string, isParent: boolean, hints: PathHint[]): void {
    const high = probe.hashes.high[level]!;
    const low = probe.hashes.low[level]!;
    const first = this.#passesFilter(high, low) ? this.#hints.find(high, low) : -1;
    if (first < 0) return;
    for (let row = first; this.#hints.isSameKey(row, first); row += 1) {
      const both = this.#hintScopes[row]!;
      const scopes = (both >>> SUBDOMAIN_SHIFT) | (isParent ? 0 : both & SCOPE.all);
      if (scopes === 0) continue;
      const folds = this.#hintFolds[row]!;
      hints.push({
        segment: this,
        host: nameAt(probe, level, host),
        isParent,
        root: (scopes & SCOPE.root) !== 0,
        depths: (scopes & SCOPE.directories) === 0 ? 0 : this.#hintDepths[row]!,
        path: (scopes & SCOPE.path) !== 0,
        query: (scopes & SCOPE.query) !== 0,
        fold: folds & HINT.foldMask,
        steer: (folds & (isParent ? HINT.steerSubdomains : HINT.steer | HINT.steerSubdomains)) !== 0,
      });
    }
  }

  /** Calls `visit` for each key of the URL that can exist below the hint, shortest first, with what was found for it, and its length in `host/path?query`. */
  findPaths(
    probe: UrlProbe,
    hint: PathHint,
    target: CanonicalTarget,
    visit: (found: Found, length: number) => void,
  ): void {
    probe.load(hint.host, target.path, target.query, hint);
    this.#hash.hashPrefixes(probe.bytes, probe.cuts, probe.count, probe.hashes);
    const mark = infoMark(hint.fold).length;
    const pathEnd = hint.host.length + mark + target.path.length;
    for (let i = 0; i < probe.count; i += 1) {
      const length = probe.cuts[i]!;
      const row = this.#expressions.index.find(probe.hashes.high[i]!, probe.hashes.low[i]!);
      visit(
        row < 0
          ? NOTHING
          : this.#proved(this.#expressions, row, {
              text: probe.bytes.toString('latin1', 0, length),
              kinds: kindsAt(length, pathEnd, target.query),
              isParent: hint.isParent,
              fold: hint.fold,
            }),
        length - mark,
      );
    }
  }

  #passesFilter(high: number, low: number): boolean {
    const bits = filterBits(high);
    return (this.#filter[slotOf(low, this.#filterScale)]! & bits) === bits;
  }

  /** Of the rows that share the fingerprint of row `first`, those that apply and are proved by the text. */
  #proved(
    table: ProvedTable,
    first: number,
    key: { readonly text: string; readonly kinds: number; readonly isParent: boolean; readonly fold: number },
  ): Found {
    const entries: FoundEntry[] = [];
    let candidates = 0;
    for (let row = first; table.index.isSameKey(row, first); row += 1) {
      const meta = table.meta(row);
      const kind = (meta >>> META.kindShift) & META.kindMask;
      if ((key.kinds & (1 << kind)) === 0 || (key.isParent && (meta & META.subdomains) === 0)) continue;
      if ((meta & META.withdrawn) !== 0) continue;
      // A folded row answers no other probe, nor the reverse. `FOLD.info` is in the key itself.
      if (((meta >>> META.foldShift) & META.foldMask) !== (key.fold & META.foldMask)) continue;
      // One proof serves all rows of the key.
      if (candidates === 0) this.#prover.prove(key.text, proof, 0);
      candidates += 1;
      if (table.isProvedBy(row, proof)) entries.push(table.entry(row, key.fold));
    }
    return { candidates, entries };
  }
}

/** Cut out only where a row was found: most hosts that pass the filter end without one. */
function nameAt(probe: HostProbe, level: number, host: string): string {
  return host.slice(host.length - probe.cuts[level]!);
}

/** Which kinds of entry a key at this cut may stand for. */
function kindsAt(cut: number, pathEnd: number, query: string | null): number {
  if (cut < pathEnd) return 1 << KIND.directory;
  if (cut > pathEnd) return 1 << KIND.url;
  // The whole path: below itself, as a page, and as a URL where the request has no query.
  return (1 << KIND.directory) | (1 << KIND.page) | (query === null ? 1 << KIND.url : 0);
}

/** @returns the length in bytes of the segment at `base`, -1 if the header and what is left of the buffer do not agree. */
export function segmentLength(buffer: ArrayBufferLike, base: number, available: number): number {
  if (available < SEGMENT_HEADER_BYTES) return -1;
  const header = new Uint32Array(buffer, base, 16);
  if (header[HEADER.magic] !== SEGMENT_MAGIC) return -1;
  const at = offsetsOf(countsOf(header));
  return at.end === header[HEADER.length]! * 8 && at.end <= available ? at.end : -1;
}

export function countsOf(header: Uint32Array): SegmentCounts {
  return {
    filterWords: header[HEADER.filterWords]!,
    hostRows: header[HEADER.hostRows]!,
    hostBuckets: header[HEADER.hostBuckets]!,
    hintRows: header[HEADER.hintRows]!,
    hintBuckets: header[HEADER.hintBuckets]!,
    expressionRows: header[HEADER.expressionRows]!,
    expressionBuckets: header[HEADER.expressionBuckets]!,
  };
}
