import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { quantileBetween } from '../../src/admin/quantile.ts';
import type { HistogramTotals } from '../../src/observe/counter-totals.ts';

const BOUNDS = [1, 2, 4, 8];
const NONE = histogram([]);

function histogram(values: readonly number[]): HistogramTotals {
  return {
    bounds: BOUNDS,
    cumulative: BOUNDS.map((bound) => values.filter((value) => value <= bound).length),
    count: values.length,
    sum: values.reduce((a, b) => a + b, 0),
  };
}

describe('quantile of what a histogram counted in between', () => {
  test.each([
    { name: 'nothing', values: [], share: 0.5, want: null },
    { name: 'one value: half of its bucket', values: [3], share: 0.5, want: 3 },
    { name: 'the first bucket starts at zero', values: [0.1, 0.1], share: 0.5, want: 0.5 },
    { name: 'empty buckets are passed over', values: [0.5, 7, 7, 7], share: 0.99, want: 4 + 4 * ((3.96 - 1) / 3) },
    { name: 'above all bounds: the last bound', values: [100, 100], share: 0.5, want: 8 },
    { name: 'the median of many', values: [0.5, 1.5, 3, 6], share: 0.5, want: 2 },
  ])('$name', ({ values, share, want }) => {
    const found = quantileBetween(share, NONE, histogram(values));
    if (want === null) expect(found).toBeNull();
    else expect(found).toBeCloseTo(want, 9);
  });

  test('only what came after the first look counts', () => {
    const before = [0.5, 0.5, 0.5];
    expect(quantileBetween(0.5, histogram(before), histogram([...before, 3]))).toBe(3);
    expect(quantileBetween(0.5, histogram(before), histogram(before))).toBeNull();
  });

  test('it lies in the bucket in which the true quantile lies', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 8, noNaN: true }), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, share) => {
          const sorted = values.toSorted((a, b) => a - b);
          const truth = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
          const bucket = BOUNDS.findIndex((bound) => truth <= bound);
          const found = quantileBetween(share, NONE, histogram(values))!;
          expect(found).toBeGreaterThanOrEqual((BOUNDS[bucket - 1] ?? 0) - 1e-9);
          expect(found).toBeLessThanOrEqual(BOUNDS[bucket]! + 1e-9);
        },
      ),
    );
  });
});
