/**
 * A quantile of what a histogram counted between two looks at it, as `histogram_quantile` of Prometheus estimates it:
 * linear within the bucket it falls in. Exact to the bucket's width, no more. It must not claim more than the buckets tell.
 */
import type { HistogramTotals } from '../observe/counter-totals.ts';

/** @returns seconds; null if nothing was counted in between; the last bound if the quantile lies above it. */
export function quantileBetween(share: number, older: HistogramTotals, newer: HistogramTotals): number | null {
  const total = newer.count - older.count;
  if (total <= 0) return null;
  const rank = share * total;
  let below = 0;
  for (const [index, bound] of newer.bounds.entries()) {
    const upTo = (newer.cumulative[index] ?? 0) - (older.cumulative[index] ?? 0);
    if (upTo >= rank && upTo > below) {
      const start = newer.bounds[index - 1] ?? 0;
      return start + (bound - start) * ((rank - below) / (upTo - below));
    }
    below = upTo;
  }
  return newer.bounds.at(-1) ?? null;
}
