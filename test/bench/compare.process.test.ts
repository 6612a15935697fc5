/** The comparison of two versions: what pairs of figures say. The whole of it: compare-run.long.test.ts. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseOptions } from '../../bench/compare/options.ts';
import { boundRank, comparison } from '../../bench/compare/ratio.ts';
import { seededRandom } from '../../bench/data/seeded-random.ts';

describe('bounds of the median', () => {
  // By hand from the binomial distribution: of 8 values the 7th, as fewer than 7 heads come with 247/256.
  test.each([
    [1, null],
    [4, null],
    [5, 5],
    [8, 7],
    [11, 9],
    [21, 15],
    [25, 18],
    [101, 60],
  ])('%i values: rank %p is the upper bound', (count, rank) => {
    expect(boundRank(count)).toBe(rank);
  });

  test('contain the true median nineteen times of twenty', () => {
    const random = seededRandom(7);
    // Exponential: its median is ln 2, and it is far from even around it.
    const runs = Array.from({ length: 4000 }, () =>
      comparison(Array.from({ length: 21 }, () => ({ base: 1, now: -Math.log(1 - random()) }))),
    );
    const share = (holds: (run: ReturnType<typeof comparison>) => boolean): number =>
      runs.filter(holds).length / runs.length;
    // Seeded: the same shares each time. At least 95 %, by n = 21 about 96 %.
    expect(share(({ upper }) => upper! >= Math.LN2)).toBeCloseTo(0.96, 1);
    expect(share(({ upper }) => upper! >= Math.LN2)).toBeGreaterThanOrEqual(0.95);
    expect(share(({ lower }) => lower! <= Math.LN2)).toBeGreaterThanOrEqual(0.95);
  });

  test('lie around the median, whatever the figures', () => {
    const figure = fc.double({ min: 0.001, max: 1000, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.record({ base: figure, now: figure }), { minLength: 5, maxLength: 60 }), (pairs) => {
        const { lower, upper, median, min, max } = comparison(pairs);
        expect([min, lower!, median, upper!, max]).toEqual(
          [min, lower!, median, upper!, max].toSorted((a, b) => a - b),
        );
      }),
    );
  });
});

describe('finding', () => {
  const pairs = (ratios: readonly number[]): { base: number; now: number }[] =>
    ratios.map((ratio) => ({ base: 10, now: 10 * ratio }));
  test.each([
    { name: 'slower in every pair', ratios: [1.1, 1.2, 1.1, 1.3, 1.1], want: 'slower' },
    { name: 'faster in every pair', ratios: [0.9, 0.8, 0.9, 0.7, 0.9], want: 'faster' },
    { name: 'now so, now so', ratios: [0.9, 1.1, 1.0, 1.2, 0.8], want: 'no difference shown' },
    { name: 'four pairs say nothing', ratios: [1.5, 1.5, 1.5, 1.5], want: 'too few pairs' },
  ])('$name', ({ ratios, want }) => {
    expect(comparison(pairs(ratios)).finding).toBe(want);
  });
});

describe('command line', () => {
  test.each([
    [[]],
    [['a', 'b']],
    [['a', '--pairs', '0']],
    [['a', '--scenes', 'reload']],
    [['a', '--micro', 'none-such']],
    [['a', '--node', '/nowhere/node']],
    [['a', '--what']],
  ])('%j is refused', (args: string[]) => {
    expect(() => parseOptions(args)).toThrow(/wanted|whole number|no scene|no micro bench|is no Node|Unknown option/);
  });

  test('the short form has a base of its own, and no load', () => {
    expect(parseOptions(['--short'])).toMatchObject({ pairs: 5, scenes: [], budgetMs: 100_000, mayLackBase: true });
    expect(parseOptions(['--short'])?.base).toMatch(/^[0-9a-f]{40}$/);
  });

  test('what is not said has its default', () => {
    expect(parseOptions(['abc'])).toMatchObject({
      base: 'abc',
      pairs: 21,
      micro: ['verdict', 'request-head'],
      node: null,
      scenes: [{ name: 'small' }, { name: 'connection' }, { name: 'suspect' }, { name: 'bulk' }],
    });
  });
});
