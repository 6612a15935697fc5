/**
 * Sorting rows by fingerprint, and the bucket index over them. Fingerprints are spread evenly, so one counting pass puts
 * nearly every row in place: 10^7 rows in about the time a comparison sort needs for 10^6. It must not know what a row holds besides.
 */
import { runSync, STEP_ROWS } from '../lib/steps.ts';
import type { Steps } from '../lib/steps.ts';
import { bucketsFor, slotOf } from './segment-layout.ts';

/** Below this insertion sort wins; above, many rows share a fingerprint (a host with many entries). */
const SMALL = 32;

/** Row numbers in ascending order of the unsigned 64-bit fingerprint. */
export function rowOrder(high: Int32Array, low: Int32Array): Uint32Array {
  return runSync(rowOrderSteps(high, low));
}

/** The same in steps. */
export function* rowOrderSteps(high: Int32Array, low: Int32Array): Steps<Uint32Array> {
  const rows = high.length;
  const starts = new Int32Array(bucketsFor(rows) + 1);
  yield* fillBucketStarts(high, starts);
  const next = starts.slice();
  const order = new Uint32Array(rows);
  for (let row = 0; row < rows; row += STEP_ROWS) {
    yield;
    placeRows(high, { from: row, to: Math.min(rows, row + STEP_ROWS) }, next, order);
  }
  for (let bucket = 0; bucket + 1 < starts.length; bucket += STEP_BUCKETS) {
    yield;
    sortBuckets(high, low, order, starts.subarray(bucket, bucket + STEP_BUCKETS + 1));
  }
  return order;
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

function placeRows(
  high: Int32Array,
  { from, to }: { readonly from: number; readonly to: number },
  next: Int32Array,
  order: Uint32Array,
): void {
  const scale = (next.length - 1) / 2 ** 32;
  for (let row = from; row < to; row += 1) {
    const bucket = slotOf(high[row]!, scale);
    order[next[bucket]!] = row;
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
