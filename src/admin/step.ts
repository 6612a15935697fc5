/**
 * What happened between two looks at the counters, as rates and quantiles: one step of a chart. Pure. It holds no count that is of a
 * single request but where a step had one.
 */
import { mapValues, valuesFor } from '../lib/map-values.ts';
import type { TrafficTotals } from '../observe/traffic.ts';
import { quantileBetween } from './quantile.ts';

/** Cumulative totals at a moment. */
export interface Look {
  /** Milliseconds of a clock that does not jump. */
  readonly at: number;
  readonly totals: TrafficTotals;
}

/** Rates are per second, durations seconds, null where nothing was measured. Figures of questions are of all listeners of mode dns. */
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
  'questionsPassed',
  'questionsSteered',
  'questionsBlocked',
  'questionsRefused',
  'questionsErrors',
] as const;
type Column = (typeof COLUMNS)[number];
export type Figures = Readonly<Record<Column, number | null>>;

/** What a list decided is told in whole fives, so that no figure is of a single request or question. */
const OF_LISTS = {
  blocked: ({ requests }: TrafficTotals) => requests.block,
  questionsBlocked: ({ questions }: TrafficTotals) => questions.verdicts.block,
  questionsSteered: ({ questions }: TrafficTotals) => questions.verdicts.steer,
};
export type FiguresOfLists = Readonly<Record<keyof typeof OF_LISTS, number>>;

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
      blocked: rate(OF_LISTS.blocked),
      refused: rate(({ requests }) => requests.refuse),
      errors: rate(({ requests }) => requests.error),
      upstreamErrors: rate(({ upstreamErrors }) => sum(Object.values(upstreamErrors))),
      connections: after.connections,
      addedP50: quantile(0.5, 'requestDuration'),
      addedP99: quantile(0.99, 'requestDuration'),
      upstreamP50: quantile(0.5, 'upstreamDuration'),
      upstreamP99: quantile(0.99, 'upstreamDuration'),
      questionsPassed: rate(({ questions: { verdicts } }) => verdicts.pass + verdicts.count + verdicts.allow),
      questionsSteered: rate(OF_LISTS.questionsSteered),
      questionsBlocked: rate(OF_LISTS.questionsBlocked),
      questionsRefused: rate(({ questions }) => questions.verdicts.refuse),
      questionsErrors: rate(({ questions }) => questions.verdicts.error),
    },
  };
}

/** @param now as the steps' `at`. */
export function columnsOf(steps: readonly Step[], stepMs: number, now: number): Columns {
  return {
    stepSeconds: stepMs / 1000,
    secondsAgo: steps.map(({ at }) => rounded((now - at) / 1000)),
    ...valuesFor(COLUMNS, (column) => steps.map(({ figures }) => figures[column])),
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

/** What lists decided, a second; of whole fives. */
export function ofListsBetween(older: Look, newer: Look): FiguresOfLists {
  const seconds = (newer.at - older.at) / 1000;
  return mapValues(OF_LISTS, (count) => {
    const fives = wholeFives(increase(count(older.totals), count(newer.totals)));
    return seconds <= 0 ? 0 : rounded(fives / seconds);
  });
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** Three digits are more than a chart shows and keep the answer small. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
