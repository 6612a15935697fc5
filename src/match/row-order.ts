/**
 * Sorting rows by fingerprint, and the bucket index over them. Fingerprints are spread evenly, so one counting pass puts
 * nearly every row in place: 10^7 rows in about the time a comparison sort needs for 10^6. It must not know what a row holds besides.
 */
import { runSync, STEP_ROWS } from '../lib/steps.ts';
import type { Steps } from '../lib/steps.ts';
import { bucketsFor, slotOf } from './segment-layout.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each row lies below the number of rows, by which every column was laid out */

/** Below this insertion sort wins; above, many rows share a fingerprint (a host with many entries). */
const SMALL = 32;

/** Row numbers in ascending order of the unsigned 64-bit fingerprint. */
export function rowOrder(high: Int32Array, low: Int32Array): Uint32Array {
  return runSync(rowOrderSteps(high, low));
}

function* rowOrderSteps(high: Int32Array, low: Int32Array): Steps<Uint32Array> {
  return yield* (yield* RowOrder.of(high, low, 1)).part(0);
}

/** What is read of a row, side by side with that of the other rows of its part: to read it in the order of another column costs more than to sort it. */
export interface RowCopies {
  readonly high: Int32Array;
  readonly low: Int32Array;
  /** For a part of so many rows. */
  fit(rows: number): void;
  copy(row: number, to: number): void;
}

/**
 * The same order in steps and in parts, each of which takes the place of the one before: of a long column it would be a tenth of the list that is
 * made with it. Each part looks at all rows.
 */
export class RowOrder {
  readonly parts: number;
  readonly #high: Int32Array;
  readonly #low: Int32Array;
  readonly #starts: Int32Array;
  #order: Uint32Array = new Uint32Array(0);

  private constructor(high: Int32Array, low: Int32Array, parts: number) {
    this.#high = high;
    this.#low = low;
    this.#starts = new Int32Array(bucketsFor(high.length) + 1);
    this.parts = Math.min(parts, this.#starts.length - 1);
  }

  /** @param parts at most; 1 or more. */
  static *of(high: Int32Array, low: Int32Array, parts: number): Steps<RowOrder> {
    const order = new RowOrder(high, low, parts);
    yield* fillBucketStarts(high, order.#starts);
    return order;
  }

  /** How many rows a part has. */
  rowsOf(index: number): number {
    return this.#starts[this.#boundary(index + 1)]! - this.#starts[this.#boundary(index)]!;
  }

  /** @returns row numbers, with `copies` of those; they hold until the next part. */
  *part(index: number, copies: RowCopies | null = null): Steps<Uint32Array> {
    const high = this.#high;
    const from = this.#boundary(index);
    const starts = this.#starts.subarray(from, this.#boundary(index + 1) + 1);
    const first = starts[0]!;
    const order = this.#place(starts.at(-1)! - first);
    copies?.fit(order.length);
    const placing = { next: starts.map((start) => start - first), first: from, scale: this.#scale };
    for (let row = 0; row < high.length; row += STEP_ROWS) {
      yield;
      const range = { from: row, to: Math.min(high.length, row + STEP_ROWS) };
      if (copies === null) placeRows(high, range, placing, order);
      else placeCopies(high, range, placing, copies);
    }
    if (copies !== null) for (let at = 0; at < order.length; at += 1) order[at] = at;
    const sorted = copies ?? { high, low: this.#low };
    for (let bucket = 0; bucket + 1 < starts.length; bucket += STEP_BUCKETS) {
      yield;
      const ends = starts.subarray(bucket, bucket + STEP_BUCKETS + 1);
      sortBuckets(
        sorted.high,
        sorted.low,
        order,
        ends.map((start) => start - first),
      );
    }
    return order;
  }

  get #scale(): number {
    return (this.#starts.length - 1) / 2 ** 32;
  }

  /** The first bucket of a part. */
  #boundary(index: number): number {
    return Math.floor(((this.#starts.length - 1) * index) / this.parts);
  }

  #place(rows: number): Uint32Array {
    if (this.#order.length < rows) this.#order = new Uint32Array(rows);
    return this.#order.subarray(0, rows);
  }
}

/**
 * Where each bucket starts, and at the end the number of rows: the index that a segment stores. Order of rows is irrelevant.
 * @param starts one more than there are buckets; what is in it goes.
 */
export function* fillBucketStarts(high: Int32Array, starts: Int32Array): Steps<void> {
  const buckets = starts.length - 1;
  starts.fill(0);
  for (let row = 0; row < high.length; row += STEP_COUNTS) {
    if (row > 0) yield;
    countRows(high.subarray(row, row + STEP_COUNTS), starts);
  }
  for (let bucket = 1; bucket <= buckets; bucket += 1) starts[bucket] = starts[bucket]! + starts[bucket - 1]!;
}

const STEP_BUCKETS = STEP_ROWS / 8;
/** A row is one addition here. */
const STEP_COUNTS = 8 * STEP_ROWS;

function countRows(high: Int32Array, starts: Int32Array): void {
  const scale = (starts.length - 1) / 2 ** 32;
  for (let row = 0; row < high.length; row += 1) {
    const slot = slotOf(high[row]!, scale) + 1;
    starts[slot] = starts[slot]! + 1;
  }
}

interface Placing {
  /** By bucket of the part, where its next row goes; one more than there are. */
  readonly next: Int32Array;
  /** Bucket of the whole column that is the part's first. */
  readonly first: number;
  readonly scale: number;
}

function placeRows(
  high: Int32Array,
  { from, to }: { readonly from: number; readonly to: number },
  { next, first, scale }: Placing,
  order: Uint32Array,
): void {
  const buckets = next.length - 1;
  for (let row = from; row < to; row += 1) {
    const bucket = slotOf(high[row]!, scale) - first;
    if (bucket < 0 || bucket >= buckets) continue;
    order[next[bucket]!] = row;
    next[bucket] = next[bucket]! + 1;
  }
}

function placeCopies(
  high: Int32Array,
  { from, to }: { readonly from: number; readonly to: number },
  { next, first, scale }: Placing,
  copies: RowCopies,
): void {
  const buckets = next.length - 1;
  for (let row = from; row < to; row += 1) {
    const bucket = slotOf(high[row]!, scale) - first;
    if (bucket < 0 || bucket >= buckets) continue;
    copies.copy(row, next[bucket]!);
    next[bucket] = next[bucket]! + 1;
  }
}

function sortBuckets(high: Int32Array, low: Int32Array, order: Uint32Array, starts: Int32Array): void {
  const compare = (a: number, b: number): number =>
    (high[a]! >>> 0) - (high[b]! >>> 0) || (low[a]! >>> 0) - (low[b]! >>> 0);
  for (let bucket = 0; bucket + 1 < starts.length; bucket += 1)
    sortRun(order, starts[bucket]!, starts[bucket + 1]!, compare);
}

function sortRun(order: Uint32Array, start: number, end: number, compare: (a: number, b: number) => number): void {
  if (end - start > SMALL) {
    order.subarray(start, end).sort(compare);
    return;
  }
  for (let i = start + 1; i < end; i += 1) {
    const row = order[i]!;
    let at = i;
    for (; at > start && compare(order[at - 1]!, row) > 0; at -= 1) order[at] = order[at - 1]!;
    order[at] = row;
  }
}
