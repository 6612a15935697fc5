/** An index of fingerprints: each is found, none that is not there, wherever in its bucket it lies and however its words are signed. */
import { expect, test } from '@jest/globals';
import { FingerprintIndex } from '../../src/match/table.ts';

/** As the segment has them: first rows of the buckets, and one more that ends the last; then both words of each row. */
function indexOf(rows: readonly (readonly [high: number, low: number])[], buckets: readonly number[]) {
  const words = Int32Array.from([...buckets, ...rows.map(([high]) => high), ...rows.map(([, low]) => low)]);
  const at = { buckets: 0, high: 4 * buckets.length, low: 4 * (buckets.length + rows.length) };
  return new FingerprintIndex(words.buffer, 0, at, { rows: rows.length, buckets: buckets.length - 1 });
}

/** In unsigned order: the upper half of the numbers comes behind the lower one. */
const ROWS = [
  [0, 5],
  [0x7fff_ffff, -1],
  [-0x8000_0000, 0],
  [-1, -1],
  [-1, -1],
] as const;
/** Two buckets: one for each half. */
const INDEX = indexOf(ROWS, [0, 2, 5]);

test.each(ROWS.map(([high, low], i) => [high, low, Math.min(i, 3)] as const))(
  '%i %i lies in row %i',
  (high, low, row) => {
    expect(INDEX.find(high, low)).toBe(row);
  },
);

test.each([
  [0, 4],
  [0, 6],
  [5, 0],
  [0x7fff_ffff, 0],
  [-0x8000_0000, 1],
  [-1, 0],
  [-2, -1],
])('%i %i is not there', (high, low) => {
  expect(INDEX.find(high, low)).toBe(-1);
});

test('equal fingerprints lie side by side, and the last row ends them', () => {
  expect([3, 4, 5].map((row) => INDEX.isSameKey(row, 3))).toEqual([true, true, false]);
  expect(INDEX.isSameKey(1, 0)).toBe(false);
});

test.each([
  [[0, 2, 5], true],
  [[0, 2, 4], false],
  [[1, 2, 5], false],
])('buckets %j are those of five rows: %j', (buckets, want) => {
  expect(indexOf(ROWS, buckets).isComplete()).toBe(want);
});
