/**
 * What pairs of figures say: the median of their ratios and, without any assumption about how figures are spread, between
 * which bounds the true median lies. Bounds are order statistics (sign test): of n ratios, the k-th largest is above the true
 * median with the probability that a coin thrown n times shows fewer than k heads.
 */
import { spread } from '../load/statistics.ts';

export interface Pair {
  readonly base: number;
  readonly now: number;
}

export interface Comparison {
  /** Medians of the figures themselves. */
  readonly base: number;
  readonly now: number;
  /** `now` over `base`, of each pair. */
  readonly ratios: readonly number[];
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The median is above, below this with a certainty of 95 %; null: too few pairs to say. */
  readonly lower: number | null;
  readonly upper: number | null;
  readonly finding: 'slower' | 'faster' | 'no difference shown' | 'too few pairs';
}

const CERTAINTY = 0.95;

export function comparison(pairs: readonly Pair[]): Comparison {
  const ratios = pairs.map(({ base, now }) => now / base);
  const found = spread(ratios);
  const [base, now] = [spread(pairs.map((pair) => pair.base)), spread(pairs.map((pair) => pair.now))];
  if (found === null || base === null || now === null) throw new Error('nothing was measured');
  const sorted = ratios.toSorted((a, b) => a - b);
  const rank = boundRank(ratios.length);
  const upper = rank === null ? null : sorted[rank - 1]!;
  const lower = rank === null ? null : sorted[ratios.length - rank]!;
  return { base: base.median, now: now.median, ratios, ...found, lower, upper, finding: findingOf(lower, upper) };
}

/** The least k so that the k-th of n sorted values is above the true median with 95 %; null: none is. */
export function boundRank(count: number): number | null {
  let [probability, ways] = [0, 1];
  for (let heads = 0; heads < count; heads++) {
    probability += ways / 2 ** count;
    if (probability >= CERTAINTY) return heads + 1;
    ways = (ways * (count - heads)) / (heads + 1);
  }
  return null;
}

function findingOf(lower: number | null, upper: number | null): Comparison['finding'] {
  if (lower === null || upper === null) return 'too few pairs';
  if (lower > 1) return 'slower';
  return upper < 1 ? 'faster' : 'no difference shown';
}
