/**
 * The last hour of this instance in steps of ten seconds, kept on the control thread for the status page.
 *
 *   counters ──every step──▶ ring of cumulative totals ──difference of two──▶ rates and quantiles, when somebody asks
 *
 * Bounded (an hour, whatever happens) and cheap: one look at the counters a step. It is no replacement for Prometheus and
 * holds nothing of a request.
 */
import type { TrafficTotals } from '../observe/traffic.ts';
import { quantileBetween } from './quantile.ts';

export const STEP_MS = 10_000;
/** An hour of steps, and the point before the first. */
const MAX_POINTS = 361;
/** "Now" on the status page: long enough for a steady figure, short enough for an alarm. */
const RECENT_MS = 60_000;

interface Point {
  /** Milliseconds of a clock that does not jump. */
  readonly at: number;
  readonly totals: TrafficTotals;
}

/** One figure a step, oldest first. Rates are per second, durations seconds, null where nothing was measured. */
export interface HistoryAnswer {
  readonly stepSeconds: number;
  /** It tells how long ago each step ended. */
  readonly secondsAgo: readonly number[];
  readonly passed: readonly number[];
  readonly blocked: readonly number[];
  readonly refused: readonly number[];
  readonly errors: readonly number[];
  readonly upstreamErrors: readonly number[];
  readonly connections: readonly number[];
  readonly addedP50: readonly (number | null)[];
  readonly addedP99: readonly (number | null)[];
  readonly upstreamP50: readonly (number | null)[];
  readonly upstreamP99: readonly (number | null)[];
}

export interface Quantiles {
  readonly p50: number | null;
  readonly p99: number | null;
  /** Longer ones are counted as this long. */
  readonly max: number;
}

/** The last minute, or less where the instance is younger. */
export interface RecentTraffic {
  /** What the figures are about: seconds until now. */
  readonly seconds: number;
  /** Requests a second. `passed` has those on `count` and `allow` lists too. */
  readonly rates: {
    readonly passed: number;
    readonly blocked: number;
    readonly refused: number;
    readonly errors: number;
  };
  readonly addedSeconds: Quantiles;
  readonly upstreamSeconds: Quantiles;
  readonly connections: number;
  /** How many in that time, by reason; reasons without any are left out. */
  readonly upstreamErrors: Readonly<Record<string, number>>;
  readonly dropped: Readonly<Record<string, number>>;
}

export class History {
  readonly #read: () => TrafficTotals;
  readonly #now: () => number;
  #points: Point[];

  /** @param now milliseconds of a clock that does not jump. */
  constructor(read: () => TrafficTotals, now: () => number) {
    this.#read = read;
    this.#now = now;
    this.#points = [this.#look()];
  }

  /** It must be called once a step. */
  step(): void {
    this.#points = [...this.#points, this.#look()].slice(-MAX_POINTS);
  }

  hour(): HistoryAnswer {
    const now = this.#now();
    const steps = this.#points.slice(1).map((newer, index) => difference(this.#points[index] ?? newer, newer));
    const all = <T>(pick: (step: Step) => T): T[] => steps.map(pick);
    return {
      stepSeconds: STEP_MS / 1000,
      secondsAgo: all(({ at }) => rounded((now - at) / 1000)),
      passed: all(({ rates }) => rates.passed),
      blocked: all(({ rates }) => rates.blocked),
      refused: all(({ rates }) => rates.refused),
      errors: all(({ rates }) => rates.errors),
      upstreamErrors: all(({ upstreamErrorRate }) => upstreamErrorRate),
      connections: all(({ connections }) => connections),
      addedP50: all(({ addedSeconds }) => addedSeconds.p50),
      addedP99: all(({ addedSeconds }) => addedSeconds.p99),
      upstreamP50: all(({ upstreamSeconds }) => upstreamSeconds.p50),
      upstreamP99: all(({ upstreamSeconds }) => upstreamSeconds.p99),
    };
  }

  recent(): RecentTraffic {
    const newer = this.#look();
    // The youngest point that is a minute old; the first where none is.
    const older = this.#points.findLast(({ at }) => newer.at - at >= RECENT_MS) ?? this.#points[0] ?? newer;
    const { rates, addedSeconds, upstreamSeconds, connections } = difference(older, newer);
    return {
      seconds: rounded((newer.at - older.at) / 1000),
      rates,
      addedSeconds,
      upstreamSeconds,
      connections,
      upstreamErrors: increases(older.totals.upstreamErrors, newer.totals.upstreamErrors),
      dropped: increases(older.totals.dropped, newer.totals.dropped),
    };
  }

  #look(): Point {
    return { at: this.#now(), totals: this.#read() };
  }
}

type Step = ReturnType<typeof difference>;

function difference(older: Point, newer: Point) {
  const seconds = (newer.at - older.at) / 1000;
  const [before, after] = [older.totals, newer.totals];
  // Counters never go back, but a reload may have made new ones: never below zero.
  const rate = (count: (totals: TrafficTotals) => number): number =>
    seconds <= 0 ? 0 : rounded(Math.max(0, count(after) - count(before)) / seconds);
  const quantile = (share: number, of: 'requestDuration' | 'upstreamDuration'): number | null => {
    const value = quantileBetween(share, before[of], after[of]);
    return value === null ? null : rounded(value);
  };
  const quantiles = (of: 'requestDuration' | 'upstreamDuration'): Quantiles => ({
    p50: quantile(0.5, of),
    p99: quantile(0.99, of),
    max: Math.max(...after[of].bounds),
  });
  return {
    at: newer.at,
    rates: {
      passed: rate(({ requests }) => requests.pass + requests.count + requests.allow),
      blocked: rate(({ requests }) => requests.block),
      refused: rate(({ requests }) => requests.refuse),
      errors: rate(({ requests }) => requests.error),
    },
    upstreamErrorRate: rate(({ upstreamErrors }) =>
      Object.values(upstreamErrors).reduce((sum, count) => sum + count, 0),
    ),
    connections: after.connections,
    addedSeconds: quantiles('requestDuration'),
    upstreamSeconds: quantiles('upstreamDuration'),
  };
}

function increases(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Record<string, number> {
  const grown = Object.entries(after).map(([name, count]): [string, number] => [name, count - (before[name] ?? 0)]);
  return Object.fromEntries(grown.filter(([, count]) => count > 0));
}

/** Three digits are more than a chart shows and keep the answer small. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
