/**
 * A sorted column pair of fingerprints with an index of buckets, and the records beside it. Reading only; the views lie in
 * shared memory and are of fixed length (length-tracking views over a growable buffer are slower to read: measured in ADR 0004).
 * It must not be written through.
 */
import type { FoundEntry } from './found-entry.ts';
import { META, RECORD, RECORD_WORDS, slotOf } from './segment-layout.ts';
import type { ProvedOffsets } from './segment-layout.ts';

/* oxlint-disable typescript/no-non-null-assertion -- buckets lie below the number of buckets, and one more ends the last; rows below the number of rows */

export class FingerprintIndex {
  readonly rows: number;
  readonly #buckets: Int32Array;
  readonly #high: Int32Array;
  readonly #low: Int32Array;
  readonly #scale: number;

  constructor(
    buffer: ArrayBufferLike,
    base: number,
    at: { readonly buckets: number; readonly high: number; readonly low: number },
    size: { readonly rows: number; readonly buckets: number },
  ) {
    this.rows = size.rows;
    this.#buckets = new Int32Array(buffer, base + at.buckets, size.buckets + 1);
    this.#high = new Int32Array(buffer, base + at.high, size.rows);
    this.#low = new Int32Array(buffer, base + at.low, size.rows);
    this.#scale = size.buckets / 2 ** 32;
  }

  /** @returns the first row of a fingerprint, -1 if there is none. Rows of equal fingerprints lie side by side (`isSameKey`). */
  find(high: number, low: number): number {
    const bucket = slotOf(high, this.#scale);
    const end = this.#buckets[bucket + 1]!;
    for (let row = this.#buckets[bucket]!; row < end; row += 1) {
      if (this.#high[row] === high && this.#low[row] === low) return row;
    }
    return -1;
  }

  isSameKey(row: number, first: number): boolean {
    return row < this.rows && this.#high[row] === this.#high[first] && this.#low[row] === this.#low[first];
  }

  /** The index ends where the rows end: a cheap sign that the bytes are what the header says. */
  isComplete(): boolean {
    return this.#buckets[0] === 0 && this.#buckets[this.#buckets.length - 1] === this.rows;
  }
}

/** Fingerprints with proved records. */
export class ProvedTable {
  readonly index: FingerprintIndex;
  readonly #records: Int32Array;
  readonly #expires: Uint16Array;
  readonly #list: number | undefined;

  /** `list`: as of a SegmentImage. */
  constructor(
    buffer: ArrayBufferLike,
    base: number,
    at: ProvedOffsets,
    size: { readonly rows: number; readonly buckets: number; readonly list: number | undefined },
  ) {
    this.index = new FingerprintIndex(buffer, base, at, size);
    this.#records = new Int32Array(buffer, base + at.records, size.rows * RECORD_WORDS);
    this.#expires = new Uint16Array(buffer, base + at.expires, size.rows);
    this.#list = size.list;
  }

  meta(row: number): number {
    return this.#records[row * RECORD_WORDS + RECORD.meta]!;
  }

  isProvedBy(row: number, proof: Int32Array): boolean {
    const at = row * RECORD_WORDS + RECORD.proof;
    const records = this.#records;
    return (
      records[at] === proof[0] &&
      records[at + 1] === proof[1] &&
      records[at + 2] === proof[2] &&
      records[at + 3] === proof[3]
    );
  }

  /** @param fold under which it was found, which its key has in common with it. */
  entry(row: number, fold: number): FoundEntry {
    const at = row * RECORD_WORDS;
    const meta = this.meta(row);
    return {
      id: idOf(this.#records[at + RECORD.idHigh]! >>> 0, this.#records[at + RECORD.idLow]! >>> 0),
      list: this.#list ?? (meta >>> META.listShift) & META.listMask,
      port: meta & META.portMask,
      expires: this.#expires[row]!,
      subdomains: (meta & META.subdomains) !== 0,
      fold,
      count: (meta & META.count) !== 0,
      test: (meta & META.test) !== 0,
      dns: (meta & META.dns) !== 0,
      steer: (meta & META.steer) !== 0,
    };
  }
}

/** Of a line, as nearly all ids of text and compiled lists are, without the parts of a longer one, which are objects each. */
function idOf(high: number, low: number): bigint {
  return high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low);
}
