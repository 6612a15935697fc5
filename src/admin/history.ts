/**
 * The last hour of this instance in steps of ten seconds, kept on the control thread for the status page.
 *
 *   counters ──every step──▶ ring of cumulative totals ──difference of two──▶ rates and quantiles, when somebody asks
 *
 * Bounded (an hour, whatever happens) and cheap: one look at the counters a step. It is no replacement for
 * Prometheus. What is kept longer is day.ts. It must not hold anything of a request.
 */
import type { NamedTraffic } from '../observe/named-traffic.ts';
import type { QuestionTotals, TrafficTotals } from '../observe/traffic.ts';
import { columnsOf, increase, ofListsBetween, rounded, stepBetween, wholeFives } from './step.ts';
import type { Columns, Figures, FiguresOfLists, Look } from './step.ts';

export const STEP_MS = 10_000;
/** An hour of steps, and the point before the first. */
const MAX_POINTS = 361;
/** "Now" on the status page: long enough for a steady figure, short enough for an alarm. */
const RECENT_MS = 60_000;
const MINUTE_MS = 60_000;
const FORGOTTEN: Pick<Figures, keyof FiguresOfLists> = {
  blocked: null,
  questionsBlocked: null,
  questionsSteered: null,
};

/** What is read at each step. */
export interface Reading {
  readonly totals: TrafficTotals;
  readonly named: NamedTraffic;
  /** User and system time of the process since its start. */
  readonly cpuSeconds: number;
}

interface Point extends Look, Reading {}

interface Quantiles {
  readonly p50: number | null;
  readonly p99: number | null;
  /** Longer ones are counted as this long. */
  readonly max: number;
}

/** Requests a second. `passed` has those on `count` and `allow` lists too. */
interface Rates {
  readonly passed: number;
  readonly blocked: number;
  readonly refused: number;
  readonly errors: number;
}

/** Questions for names, of all DNS listeners together. */
interface RecentQuestions {
  readonly rates: Rates & { readonly steered: number };
  /** How many in that time, by reason; reasons without any are left out. */
  readonly resolverErrors: Readonly<Record<string, number>>;
  readonly dropped: Readonly<Record<string, number>>;
  readonly inFlight: number;
}

/** The last minute, or less where the instance is younger. */
export interface RecentTraffic {
  /** What the figures are about: seconds until now. */
  readonly seconds: number;
  readonly rates: Rates;
  readonly addedSeconds: Quantiles;
  readonly upstreamSeconds: Quantiles;
  readonly connections: number;
  /** How many in that time, by reason; reasons without any are left out. */
  readonly upstreamErrors: Readonly<Record<string, number>>;
  readonly dropped: Readonly<Record<string, number>>;
  readonly questions: RecentQuestions;
  /** By name; `steered`: names that were answered with the filter's addresses; `resolversDown`: in each worker, over UDP or TCP, of a DNS listener. */
  readonly listeners: Readonly<
    Record<string, Rates & { readonly steered: number; readonly connections: number; readonly resolversDown: number }>
  >;
  /** In their order; `requests` a second, whatever became of them. */
  readonly workers: readonly { readonly requests: number; readonly connections: number }[];
  /** How many cores the process kept busy. */
  readonly cpuCores: number;
}

export class History {
  readonly #read: () => Reading;
  readonly #now: () => number;
  #points: Point[];

  /** @param now milliseconds of a clock that does not jump. */
  constructor(read: () => Reading, now: () => number) {
    this.#read = read;
    this.#now = now;
    this.#points = [this.#look()];
  }

  /** It must be called once a step. @returns what was read. */
  step(): Look & Reading {
    const point = this.#look();
    this.#points = [...this.#points, point].slice(-MAX_POINTS);
    return point;
  }

  hour(): Columns {
    const points = this.#points;
    const ofLists = ofListsByMinute(points);
    const steps = points.slice(1).map((newer, index) => {
      const { at, figures } = stepBetween(points[index] ?? newer, newer);
      return { at, figures: { ...figures, ...(ofLists[index] ?? FORGOTTEN) } };
    });
    return columnsOf(steps, STEP_MS, this.#now());
  }

  recent(): RecentTraffic {
    const newer = this.#look();
    // The youngest point that is a minute old; the first where none is.
    const older = this.#points.findLast(({ at }) => newer.at - at >= RECENT_MS) ?? this.#points[0] ?? newer;
    const { passed, blocked, refused, errors, connections, ...spans } = stepBetween(older, newer).figures;
    const seconds = (newer.at - older.at) / 1000;
    return {
      seconds: rounded(seconds),
      rates: { passed: passed ?? 0, blocked: blocked ?? 0, refused: refused ?? 0, errors: errors ?? 0 },
      addedSeconds: { p50: spans.addedP50, p99: spans.addedP99, max: maxOf(newer.totals.requestDuration) },
      upstreamSeconds: { p50: spans.upstreamP50, p99: spans.upstreamP99, max: maxOf(newer.totals.upstreamDuration) },
      connections: connections ?? 0,
      upstreamErrors: increases(older.totals.upstreamErrors, newer.totals.upstreamErrors),
      dropped: increases(older.totals.dropped, newer.totals.dropped),
      questions: questionsBetween(older.totals.questions, newer.totals.questions, seconds),
      ...byName(older, newer, seconds),
    };
  }

  #look(): Point {
    return { at: this.#now(), ...this.#read() };
  }
}

/**
 * What lists decided in each step is told by the minute, in whole fives: ten seconds would be a time of a single request.
 * @returns rates for each step, the same in all steps of a minute; null where part of the minute is forgotten: what is left of it would tell of that part.
 */
function ofListsByMinute(points: readonly Point[]): readonly (FiguresOfLists | null)[] {
  const minuteOf = ({ at }: Point): number => Math.floor(at / MINUTE_MS);
  const rates = new Map<number, FiguresOfLists>();
  for (let from = 0; from + 1 < points.length;) {
    const first = points[from + 1];
    if (first === undefined) break;
    const minute = minuteOf(first);
    const next = points.findIndex((point, index) => index > from && minuteOf(point) !== minute);
    const to = next === -1 ? points.length - 1 : next - 1;
    const [older, newer] = [points[from] ?? first, points[to] ?? first];
    const isCut = from === 0 && points.length === MAX_POINTS && minuteOf(older) === minute;
    if (!isCut) rates.set(minute, ofListsBetween(older, newer));
    from = to;
  }
  return points.slice(1).map((point) => rates.get(minuteOf(point)) ?? null);
}

function maxOf({ bounds }: { readonly bounds: readonly number[] }): number {
  return Math.max(...bounds);
}

/** What is told together. @param of how often any of these verdicts was given. */
function ratesOf(of: (...verdicts: (keyof QuestionTotals['verdicts'])[]) => number): RecentQuestions['rates'] {
  return {
    passed: of('pass', 'count', 'allow'),
    blocked: of('block'),
    refused: of('refuse'),
    errors: of('error'),
    steered: of('steer'),
  };
}

function questionsBetween(older: QuestionTotals, newer: QuestionTotals, seconds: number): RecentQuestions {
  const count = (verdict: keyof QuestionTotals['verdicts']): number =>
    increase(older.verdicts[verdict], newer.verdicts[verdict]);
  const rate = (counted: number): number => (seconds <= 0 ? 0 : rounded(counted / seconds));
  const of = (...verdicts: (keyof QuestionTotals['verdicts'])[]): number =>
    rate(verdicts.reduce((total, verdict) => total + count(verdict), 0));
  return {
    rates: { ...ratesOf(of), blocked: rate(wholeFives(count('block'))) },
    resolverErrors: increases(older.resolverErrors, newer.resolverErrors),
    dropped: increases(older.dropped, newer.dropped),
    inFlight: newer.inFlight,
  };
}

function byName(
  older: Reading,
  newer: Reading,
  seconds: number,
): Pick<RecentTraffic, 'listeners' | 'workers' | 'cpuCores'> {
  const rate = (before: number, after: number): number =>
    seconds <= 0 ? 0 : rounded(increase(before, after) / seconds);
  const listeners = Object.entries(newer.named.listeners).map(
    ([name, { requests: after, connections, resolversDown }]) => {
      const before = older.named.listeners[name]?.requests;
      const of = (...verdicts: (keyof typeof after)[]): number =>
        rounded(verdicts.reduce((total, verdict) => total + rate(before?.[verdict] ?? 0, after[verdict]), 0));
      return [name, { ...ratesOf(of), connections, resolversDown }] as const;
    },
  );
  const workers = newer.named.workers.map(({ requests, connections }, index) => ({
    requests: rate(older.named.workers[index]?.requests ?? 0, requests),
    connections,
  }));
  return {
    listeners: Object.fromEntries(listeners),
    workers,
    cpuCores: rate(older.cpuSeconds, newer.cpuSeconds),
  };
}

function increases(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Record<string, number> {
  const grown = Object.entries(after).map(([name, count]): [string, number] => [name, count - (before[name] ?? 0)]);
  return Object.fromEntries(grown.filter(([, count]) => count > 0));
}
