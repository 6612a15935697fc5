/**
 * What happened between two looks at the counters, as rates and quantiles: one step of a chart. Pure. It holds no count that is of a
 * single request but where a step had one.
 */
import type { TrafficTotals } from '../observe/traffic.ts';
import { quantileBetween } from './quantile.ts';

/** Cumulative totals at a moment. */
export interface Look {
  /** Milliseconds of a clock that does not jump. */
  readonly at: number;
  readonly totals: TrafficTotals;
}

/** Rates are per second, durations seconds, null where nothing was measured. */
export const COLUMNS = [
  'passed',
  'blocked',
  'refused',
  'errors',
  'upstreamErrors',
  'connections',
  'addedP50',
  'addedP99',
  'upstreamP50',
  'upstreamP99',
] as const;
type Column = (typeof COLUMNS)[number];
export type Figures = Readonly<Record<Column, number | null>>;

/** `at`: when it ended, as of Look. */
export interface Step {
  readonly at: number;
  readonly figures: Figures;
}

/** One figure a step, oldest first. */
export type Columns = Readonly<Record<Column, readonly (number | null)[]>> & {
  readonly stepSeconds: number;
  /** It tells how long ago each step ended. */
  readonly secondsAgo: readonly number[];
};

export function stepBetween(older: Look, newer: Look): Step {
  const [before, after] = [older.totals, newer.totals];
  const seconds = (newer.at - older.at) / 1000;
  const rate = (count: (totals: TrafficTotals) => number): number =>
    seconds <= 0 ? 0 : rounded(increase(count(before), count(after)) / seconds);
  const quantile = (share: number, of: 'requestDuration' | 'upstreamDuration'): number | null => {
    const value = quantileBetween(share, before[of], after[of]);
    return value === null ? null : rounded(value);
  };
  return {
    at: newer.at,
    figures: {
      passed: rate(({ requests }) => requests.pass + requests.count + requests.allow),
      blocked: rate(({ requests }) => requests.block),
      refused: rate(({ requests }) => requests.refuse),
      errors: rate(({ requests }) => requests.error),
      upstreamErrors: rate(({ upstreamErrors }) => sum(Object.values(upstreamErrors))),
      connections: after.connections,
      addedP50: quantile(0.5, 'requestDuration'),
      addedP99: quantile(0.99, 'requestDuration'),
      upstreamP50: quantile(0.5, 'upstreamDuration'),
      upstreamP99: quantile(0.99, 'upstreamDuration'),
    },
  };
}

/** @param now as the steps' `at`. */
export function columnsOf(steps: readonly Step[], stepMs: number, now: number): Columns {
  const all = (column: Column): (number | null)[] => steps.map(({ figures }) => figures[column]);
  return {
    stepSeconds: stepMs / 1000,
    secondsAgo: steps.map(({ at }) => rounded((now - at) / 1000)),
    passed: all('passed'),
    blocked: all('blocked'),
    refused: all('refused'),
    errors: all('errors'),
    upstreamErrors: all('upstreamErrors'),
    connections: all('connections'),
    addedP50: all('addedP50'),
    addedP99: all('addedP99'),
    upstreamP50: all('upstreamP50'),
    upstreamP99: all('upstreamP99'),
  };
}

/** Counters never go back, but those of a list or listener that a reload made begin anew: never below zero. */
export function increase(before: number, after: number): number {
  return Math.max(0, after - before);
}

/** As the report rounds (report/report.ts). */
export const COUNTED_IN = 5;

export function wholeFives(count: number): number {
  return count - (count % COUNTED_IN);
}

/** Refused by a list, a second; of whole fives, so that no figure is of a single request. */
export function blockedBetween(older: Look, newer: Look): number {
  const seconds = (newer.at - older.at) / 1000;
  const count = increase(older.totals.requests.block, newer.totals.requests.block);
  return seconds <= 0 ? 0 : rounded(wholeFives(count) / seconds);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** Three digits are more than a chart shows and keep the answer small. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
