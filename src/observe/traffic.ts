/**
 * The traffic counters of all workers as plain figures, for the status page's history: what `/metrics` says in the words
 * of Prometheus, for whoever wants to compute with it. Cumulative since the counters were made; nothing is kept here.
 */
import { CounterTotals } from './counter-totals.ts';
import type { HistogramTotals } from './counter-totals.ts';
import {
  DROPPED,
  REQUEST_DURATION_BOUNDS,
  UPSTREAM_DURATION_BOUNDS,
  UPSTREAM_ERROR,
  VERDICT,
  VERDICTS,
} from './counters.ts';
import type { CounterLayout } from './counters.ts';

export type VerdictName = keyof typeof VERDICT;
export type UpstreamErrorName = keyof typeof UPSTREAM_ERROR;
export type DroppedName = keyof typeof DROPPED;

export interface TrafficTotals {
  /** All listeners together. */
  readonly requests: Readonly<Record<VerdictName, number>>;
  readonly upstreamErrors: Readonly<Record<UpstreamErrorName, number>>;
  readonly dropped: Readonly<Record<DroppedName, number>>;
  /** Client connections open now. */
  readonly connections: number;
  /** As many of them as the worker with the most has. */
  readonly connectionsOfFullest: number;
  readonly requestDuration: HistogramTotals;
  readonly upstreamDuration: HistogramTotals;
}

export interface TrafficSources {
  readonly layout: CounterLayout;
  readonly counters: SharedArrayBuffer;
  readonly config: () => { readonly workers: number };
}

/** Every listener's slot counts, also of one that a reload took away: totals never go back. */
export function trafficReader({ layout, counters, config }: TrafficSources): () => TrafficTotals {
  const totals = new CounterTotals(layout, counters, config().workers);
  const overListeners = (offset: number, stride: number): number => {
    let sum = 0;
    for (let listener = 0; listener < layout.listeners; listener += 1) sum += totals.slot(offset + listener * stride);
    return sum;
  };
  const fullest = (): number => {
    const ofWorker = Array.from({ length: config().workers }, () => 0);
    for (let listener = 0; listener < layout.listeners; listener += 1) {
      totals.perWorker(layout.connections + listener).forEach((open, worker) => (ofWorker[worker]! += open));
    }
    return Math.max(...ofWorker);
  };
  return () => ({
    requests: byName(VERDICT, (code) => overListeners(layout.requests + code, VERDICTS)),
    upstreamErrors: byName(UPSTREAM_ERROR, (code) => totals.slot(layout.upstreamErrors + code)),
    dropped: byName(DROPPED, (code) => totals.slot(layout.dropped + code)),
    connections: overListeners(layout.connections, 1),
    connectionsOfFullest: fullest(),
    requestDuration: totals.histogram(layout.requestDuration, REQUEST_DURATION_BOUNDS),
    upstreamDuration: totals.histogram(layout.upstreamDuration, UPSTREAM_DURATION_BOUNDS),
  });
}

function byName<Name extends string>(
  codes: Readonly<Record<Name, number>>,
  read: (code: number) => number,
): Record<Name, number> {
  const entries = Object.entries<number>(codes).map(([name, code]): [string, number] => [name, read(code)]);
  return Object.fromEntries(entries) as Record<Name, number>;
}
