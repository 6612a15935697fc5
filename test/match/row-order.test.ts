import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runSync } from '../../src/lib/steps.ts';
import { fillBucketStarts, rowOrder, RowOrder } from '../../src/match/row-order.ts';

/** Few distinct values as well as many, so that runs of equal and of clustered fingerprints are long. */
const words = (count: number): fc.Arbitrary<Int32Array> =>
  fc
    .array(fc.oneof(fc.constantFrom(0, -1, 1, 0x7fff_ffff, -0x8000_0000), fc.integer()), {
      minLength: count,
      maxLength: count,
    })
    .map((values) => Int32Array.from(values));

test('orders by the unsigned 64-bit value, every row once', () => {
  fc.assert(
    fc.property(
      fc.nat(300).chain((count) => fc.tuple(words(count), words(count))),
      ([high, low]) => {
        const order = [...rowOrder(high, low)];
        const values = order.map((row) => (BigInt(high[row]! >>> 0) << 32n) | BigInt(low[row]! >>> 0));
        expect(values).toEqual(values.toSorted((a, b) => (a < b ? -1 : Number(a > b))));
        expect(order.toSorted((a, b) => a - b)).toEqual(order.map((_, i) => i));
      },
    ),
  );
});

test('in parts it is the same order, and no part is much longer than its share', () => {
  fc.assert(
    fc.property(
      fc.nat(300).chain((count) => fc.tuple(words(count), words(count))),
      fc.integer({ min: 1, max: 9 }),
      ([high, low], parts) => {
        const rows = runSync(RowOrder.of(high, low, parts));
        expect(rows.parts).toBeLessThanOrEqual(parts);
        // Each takes the place of the one before.
        const order = Array.from({ length: rows.parts }, (_, part) => [...runSync(rows.part(part))]).flat();
        expect(order).toEqual([...rowOrder(high, low)]);
      },
    ),
  );
  const even = Int32Array.from({ length: 10_000 }, (_, i) => Math.imul(i, 0x9e37_79b9));
  const rows = runSync(RowOrder.of(even, even, 8));
  const lengths = Array.from({ length: rows.parts }, (_, part) => runSync(rows.part(part)).length);
  expect(lengths).toHaveLength(8);
  expect(Math.max(...lengths)).toBeLessThan(1400);
});

test('bucket starts ascend to the number of rows and hold every hash', () => {
  fc.assert(
    fc.property(fc.nat(200).chain(words), fc.integer({ min: 1, max: 40 }), (high, buckets) => {
      const starts = new Int32Array(buckets + 1).fill(7);
      runSync(fillBucketStarts(high, starts));
      expect(starts[0]).toBe(0);
      expect(starts[buckets]).toBe(high.length);
      const sorted = high.toSorted((a, b) => (a >>> 0) - (b >>> 0));
      for (let bucket = 0; bucket < buckets; bucket += 1) {
        for (const hash of sorted.subarray(starts[bucket], starts[bucket + 1]))
          expect(Math.floor(((hash >>> 0) * buckets) / 2 ** 32)).toBe(bucket);
      }
    }),
  );
});
