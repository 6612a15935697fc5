/**
 * The end of every building of a segment: the columns are in their places and in order, and all that follows from them is written,
 * header, filter and buckets. It must not ask where the columns came from.
 */
import { STEP_ROWS } from '../lib/steps.ts';
import type { Steps } from '../lib/steps.ts';
import type { SegmentKeys } from './keys.ts';
import { fillBucketStarts } from './row-order.ts';
import {
  filterBits,
  FINGERPRINT_KEY_AT,
  HEADER,
  offsetsOf,
  PROOF_KEY_AT,
  SEGMENT_MAGIC,
  slotOf,
} from './segment-layout.ts';
import type { SegmentCounts } from './segment-layout.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each row lies below the number of rows, by which every column was laid out */

/** @param bytes the segment, at a multiple of 8 of its buffer; zeros wherever no column is. */
export function* finishSegment(bytes: Uint8Array, counts: SegmentCounts, keys: SegmentKeys): Steps<void> {
  const { buffer, byteOffset: base } = bytes;
  const at = offsetsOf(counts);
  writeHeader(bytes, counts, keys);
  const filter = new Int32Array(buffer, base + at.filter, counts.filterWords);
  for (const [table, rows, buckets] of [
    [at.hosts, counts.hostRows, counts.hostBuckets],
    [at.hints, counts.hintRows, counts.hintBuckets],
    [at.expressions, counts.expressionRows, counts.expressionBuckets],
  ] as const) {
    const high = new Int32Array(buffer, base + table.high, rows);
    yield* fillBucketStarts(high, new Int32Array(buffer, base + table.buckets, buckets + 1));
    // The filter is of hosts.
    if (table !== at.expressions) yield* fillFilter(filter, high, new Int32Array(buffer, base + table.low, rows));
  }
}

function writeHeader(bytes: Uint8Array, counts: SegmentCounts, keys: SegmentKeys): void {
  const header = new Uint32Array(bytes.buffer, bytes.byteOffset, 16);
  header[HEADER.magic] = SEGMENT_MAGIC;
  header[HEADER.length] = bytes.length / 8;
  header[HEADER.entries] = counts.hostRows + counts.expressionRows;
  header[HEADER.filterWords] = counts.filterWords;
  header[HEADER.hostRows] = counts.hostRows;
  header[HEADER.hostBuckets] = counts.hostBuckets;
  header[HEADER.hintRows] = counts.hintRows;
  header[HEADER.hintBuckets] = counts.hintBuckets;
  header[HEADER.expressionRows] = counts.expressionRows;
  header[HEADER.expressionBuckets] = counts.expressionBuckets;
  bytes.set(keys.fingerprint.subarray(0, 8), FINGERPRINT_KEY_AT);
  bytes.set(keys.proof.subarray(0, 32), PROOF_KEY_AT);
}

/** Rows lie in order of `high`, their words by `low`: each is a jump. */
function* fillFilter(filter: Int32Array, high: Int32Array, low: Int32Array): Steps<void> {
  for (let row = 0; row < high.length; row += STEP_ROWS) {
    yield;
    addToFilter(filter, high.subarray(row, row + STEP_ROWS), low.subarray(row, row + STEP_ROWS));
  }
}

function addToFilter(filter: Int32Array, high: Int32Array, low: Int32Array): void {
  const scale = filter.length / 2 ** 32;
  for (let row = 0; row < high.length; row += 1) {
    const word = slotOf(low[row]!, scale);
    filter[word] = filter[word]! | filterBits(high[row]!);
  }
}
