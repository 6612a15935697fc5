/**
 * The traffic counters of all workers as plain figures, for the status page's history: what `/metrics` says in the words
 * of Prometheus, for whoever wants to compute with it. Cumulative since the counters were made; nothing is kept here.
 */
import { mapValues } from '../lib/map-values.ts';
import type { CounterTotals, HistogramTotals } from './counter-totals.ts';
import { DNS_DROPPED, DNS_UPSTREAM_ERROR, DNS_VERDICT, DROPPED, UPSTREAM_ERROR, VERDICT } from './counters.ts';

export type VerdictName = keyof typeof VERDICT;
export type UpstreamErrorName = keyof typeof UPSTREAM_ERROR;
export type DroppedName = keyof typeof DROPPED;

/** Questions for names, of all listeners of mode dns together. */
export interface QuestionTotals {
  readonly verdicts: Readonly<Record<keyof typeof DNS_VERDICT, number>>;
  readonly resolverErrors: Readonly<Record<keyof typeof DNS_UPSTREAM_ERROR, number>>;
  readonly dropped: Readonly<Record<keyof typeof DNS_DROPPED, number>>;
  /** That wait for a resolver now. */
  readonly inFlight: number;
}

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
  readonly questions: QuestionTotals;
}

export function trafficTotals(totals: CounterTotals): TrafficTotals {
  return {
    requests: mapValues(VERDICT, (code) => totals.total('request', code)),
    upstreamErrors: mapValues(UPSTREAM_ERROR, (code) => totals.total('upstreamError', code)),
    dropped: mapValues(DROPPED, (code) => totals.total('dropped', code)),
    connections: totals.total('connection'),
    connectionsOfFullest: Math.max(0, ...totals.perWorker('connection')),
    requestDuration: totals.histogram('requestDuration'),
    upstreamDuration: totals.histogram('upstreamDuration'),
    questions: {
      verdicts: mapValues(DNS_VERDICT, (code) => totals.total('dnsQuery', code)),
      resolverErrors: mapValues(DNS_UPSTREAM_ERROR, (code) => totals.total('dnsUpstreamError', code)),
      dropped: mapValues(DNS_DROPPED, (code) => totals.total('dnsDropped', code)),
      inFlight: totals.total('dnsInFlight'),
    },
  };
}
