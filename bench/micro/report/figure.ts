/** One measured figure: every sample of it, what it must not exceed, and where it stands in the chart. */
import { spread } from '../../load/statistics.ts';

type Unit = 'ns' | 'ms' | 's' | 'B' | 'MB' | 'times';

export interface Figure {
  readonly bench: string;
  readonly name: string;
  readonly unit: Unit;
  /** The median must not exceed it (from the issue); null where there is no target. */
  readonly target: number | null;
  /** One a round, in order, so that rounds of two figures can be compared; empty: not measured. */
  readonly samples: readonly number[];
  /** Its point in the chart over list size; null: not in it. */
  readonly point: Point | null;
  /** How it was measured, or why it was not; empty: nothing to say. */
  readonly note: string;
}

export interface Point {
  readonly series: string;
  /** Entries in the list. */
  readonly size: number;
}

export type Result = 'pass' | 'miss' | 'not measured' | '';

type Named = Pick<Figure, 'bench' | 'name' | 'unit'> & Partial<Figure>;

export function figure(known: Named, samples: readonly number[]): Figure {
  return { target: null, point: null, note: '', ...known, samples };
}

export function resultOf({ target, samples }: Figure): Result {
  const middle = spread(samples);
  if (middle === null) return 'not measured';
  if (target === null) return '';
  return middle.median <= target ? 'pass' : 'miss';
}

/** `a` and `b` combined round by round, as rounds are interleaved: what disturbs one disturbs the other. */
export function combined(known: Named, a: Figure, b: Figure, combine: (a: number, b: number) => number): Figure {
  return figure(
    known,
    a.samples.map((value, round) => combine(value, b.samples[round]!)),
  );
}

/** Three digits that mean something. */
export function written(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(size >= 10 ? 1 : 2);
}

export function spreadText({ samples }: Figure): string {
  const found = spread(samples);
  if (found === null) return '';
  return samples.length === 1
    ? written(found.median)
    : `${written(found.median)} (${written(found.min)} to ${written(found.max)})`;
}
