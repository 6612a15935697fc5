/**
 * Sorting rows by fingerprint, and the bucket index over them. Fingerprints are spread evenly, so one counting pass puts
 * nearly every row in place: 10^7 rows in about the time a comparison sort needs for 10^6.
 */
import { bucketsFor, slotOf } from './segment-layout.ts';

/** Below this insertion sort wins; above, many rows share a fingerprint (a host with many entries). */
const SMALL = 32;

/** Row numbers in ascending order of the unsigned 64-bit fingerprint. */
export function rowOrder(high: Int32Array, low: Int32Array): Uint32Array {
  const rows = high.length;
  const scale = bucketsFor(rows) / 2 ** 32;
  const starts = bucketStarts(high, bucketsFor(rows));
  const next = starts.slice();
  const order = new Uint32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const bucket = slotOf(high[row]!, scale);
    order[next[bucket]!] = row;
    next[bucket] = next[bucket]! + 1;
  }
  const compare = (a: number, b: number): number =>
    (high[a]! >>> 0) - (high[b]! >>> 0) || (low[a]! >>> 0) - (low[b]! >>> 0);
  for (let bucket = 0; bucket + 1 < starts.length; bucket += 1)
    sortRun(order, starts[bucket]!, starts[bucket + 1]!, compare);
  return order;
}

/** Where each bucket starts, and at the end the number of rows: the index that a segment stores. Order of rows is irrelevant. */
export function bucketStarts(high: Int32Array, buckets: number): Int32Array {
  const scale = buckets / 2 ** 32;
  const starts = new Int32Array(buckets + 1);
  for (const hash of high) {
    const slot = slotOf(hash, scale) + 1;
    starts[slot] = starts[slot]! + 1;
  }
  for (let bucket = 1; bucket <= buckets; bucket += 1) starts[bucket] = starts[bucket]! + starts[bucket - 1]!;
  return starts;
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
