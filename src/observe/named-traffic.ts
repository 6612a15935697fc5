/**
 * The counters by the names of the configuration and by worker, as plain figures for the status page. Cumulative since the counters were
 * made; nothing is kept here. It must hold no name that comes from traffic.
 */
import type { Config } from '../config/types.ts';
import { mapValues } from '../lib/map-values.ts';
import type { CounterTotals } from './counter-totals.ts';
import { DNS_TRANSPORT, DNS_VERDICT, LIST_ACTION } from './counters.ts';

interface ListenerTraffic {
  /** Requests and questions for names. */
  readonly requests: Readonly<Record<keyof typeof DNS_VERDICT, number>>;
  readonly connections: number;
  /** Of a DNS listener, over UDP or TCP, as each worker has seen it. */
  readonly resolversDown: number;
}

interface WorkerTraffic {
  /** Requests and questions for names, whatever became of them. */
  readonly requests: number;
  readonly connections: number;
}

export interface NamedTraffic {
  readonly listeners: Readonly<Record<string, ListenerTraffic>>;
  /** In their order. */
  readonly workers: readonly WorkerTraffic[];
  /** Requests that matched an entry, by list. */
  readonly hits: Readonly<Record<string, number>>;
}

/** Where names are counted, by their place in the configuration. */
interface Slots {
  readonly listeners: readonly number[];
  readonly lists: readonly number[];
}

/** @returns counts since the start, by listener and by worker, under the names of the configuration in force. */
export function namedTraffic(totals: CounterTotals, config: Config, slots: Slots): NamedTraffic {
  const queries = totals.perWorker('dnsQuery');
  const connections = totals.perWorker('connection');
  return {
    listeners: Object.fromEntries(
      config.listeners.map(({ name }, index) => [name, listenerTraffic(totals, slots.listeners[index] ?? 0)]),
    ),
    workers: totals.perWorker('request').map((requests, worker) => ({
      requests: requests + (queries[worker] ?? 0),
      connections: connections[worker] ?? 0,
    })),
    hits: Object.fromEntries(config.lists.map(({ name }, index) => [name, hitsOf(totals, slots.lists[index] ?? 0)])),
  };
}

function listenerTraffic(totals: CounterTotals, slot: number): ListenerTraffic {
  return {
    // The first codes are those of a request.
    requests: mapValues(
      DNS_VERDICT,
      (code, verdict) =>
        totals.value('dnsQuery', slot, code) + (verdict === 'steer' ? 0 : totals.value('request', slot, code)),
    ),
    connections: totals.value('connection', slot),
    resolversDown: Object.values(DNS_TRANSPORT).reduce<number>(
      (sum, code) => sum + totals.value('dnsResolverDown', slot, code),
      0,
    ),
  };
}

function hitsOf(totals: CounterTotals, slot: number): number {
  return Object.values(LIST_ACTION).reduce<number>((sum, code) => sum + totals.value('listHit', slot, code), 0);
}
