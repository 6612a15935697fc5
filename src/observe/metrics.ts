/**
 * `/metrics`: what the workers counted and what the control thread knows, under the names of the contract
 * (docs/metrics.md describes each; a test compares). Read when asked, kept nowhere. A label's value comes from the
 * configuration or from a table in the source, never from traffic: no host, URL, path or client can get here.
 */
import { Counter, Gauge, Registry } from 'prom-client';
import type { Config } from '../config/types.ts';
import { CHANNELS, CONTROL_FAULT_KINDS, REJECTED_REASONS, SYNC_RESULTS } from './control-view.ts';
import type { ControlView, ListStatus } from './control-view.ts';
import { CounterTotals } from './counter-totals.ts';
import type { HistogramTotals } from './counter-totals.ts';
import {
  DIRECTION,
  DROPPED,
  LIST_ACTION,
  LIST_ACTIONS,
  REQUEST_DURATION_BOUNDS,
  UPSTREAM_DURATION_BOUNDS,
  UPSTREAM_ERROR,
  VERDICT,
  VERDICTS,
} from './counters.ts';
import type { CounterLayout } from './counters.ts';
import { SharedHistogram } from './shared-histogram.ts';
import { trafficReader } from './traffic.ts';
import type { TrafficTotals } from './traffic.ts';

export interface Metrics {
  readonly contentType: string;
  /** The text exposition format. */
  text(): Promise<string>;
  /** The same counts as figures. */
  traffic(): TrafficTotals;
}

/** Where the listeners and lists of a configuration are counted: slot by index. A name keeps its slot across reloads. */
export interface CounterSlots {
  readonly listeners: readonly number[];
  readonly lists: readonly number[];
}

export interface MetricSources {
  /** What is in force now; a reload changes it. */
  readonly config: () => Config;
  readonly slots: () => CounterSlots;
  readonly layout: CounterLayout;
  readonly counters: SharedArrayBuffer;
  readonly view: ControlView;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [Labels, number];
interface MetricText {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  addTraffic(registry, sources);
  addLists(registry, sources.view, sources.now);
  addInstance(registry, sources.view);
  return {
    contentType: registry.contentType,
    text: async () => await registry.metrics(),
    traffic: trafficReader(sources),
  };
}

function addTraffic(registry: Registry, { config, slots, layout, counters, view }: MetricSources): void {
  const totals = new CounterTotals(layout, counters, config().workers);
  const listeners = (): { listener: string; slot: number }[] =>
    config().listeners.map(({ name }, index) => ({ listener: name, slot: slots().listeners[index]! }));
  const table = (label: string, codes: Readonly<Record<string, number>>, offset: number): Sample[] =>
    Object.entries(codes).map(([name, code]) => [{ [label]: name }, totals.slot(offset + code)]);

  counter(
    registry,
    { name: 'requests_total', help: 'Requests by listener and verdict.', labels: ['listener', 'verdict'] },
    () =>
      listeners().flatMap(({ listener, slot }) =>
        table('verdict', VERDICT, layout.requests + slot * VERDICTS).map(([labels, value]): Sample => [
          { listener, ...labels },
          value,
        ]),
      ),
  );
  counter(
    registry,
    {
      name: 'list_hits_total',
      help: 'Requests that matched an entry, by list and action.',
      labels: ['list', 'action'],
    },
    () =>
      config().lists.flatMap(({ name: list, action: own }, index) =>
        // A list hits with its own action, or with `count` through an entry marked so.
        [...new Set([own, 'count'] as const)].map((action): Sample => [
          { list, action },
          totals.slot(layout.listHits + slots().lists[index]! * LIST_ACTIONS + LIST_ACTION[action]),
        ]),
      ),
  );
  histogram(registry, {
    name: 'request_duration_seconds',
    help: 'Time the proxy itself added to a request.',
    read: () => totals.histogram(layout.requestDuration, REQUEST_DURATION_BOUNDS),
  });
  histogram(registry, {
    name: 'upstream_duration_seconds',
    help: 'Time from the request sent to the first byte of the answer.',
    read: () => totals.histogram(layout.upstreamDuration, UPSTREAM_DURATION_BOUNDS),
  });
  counter(
    registry,
    {
      name: 'upstream_errors_total',
      help: 'Requests that failed on the upstream side, by reason.',
      labels: ['reason'],
    },
    () => table('reason', UPSTREAM_ERROR, layout.upstreamErrors),
  );
  gauge(registry, { name: 'connections', help: 'Open client connections.', labels: ['listener'] }, () =>
    listeners().map(({ listener, slot }) => [{ listener }, totals.slot(layout.connections + slot)]),
  );
  counter(
    registry,
    {
      name: 'connections_dropped_total',
      help: 'Client connections ended by the proxy, by reason.',
      labels: ['reason'],
    },
    () => table('reason', DROPPED, layout.dropped),
  );
  counter(registry, { name: 'bytes_total', help: 'Bytes moved, by side and direction.', labels: ['direction'] }, () =>
    table('direction', DIRECTION, layout.bytesMoved),
  );
  counter(registry, { name: 'host_cache_total', help: 'Look-ups in the host-facts cache.', labels: ['result'] }, () =>
    table('result', { hit: 0, miss: 1 }, layout.hostCache),
  );
  counter(registry, { name: 'worker_restarts_total', help: 'Workers that ended and were replaced.' }, () => [
    [{}, view.workerRestarts()],
  ]);
}

function addLists(registry: Registry, view: ControlView, now: () => number): void {
  const perList = (samples: (list: ListStatus) => readonly Sample[]) => (): Sample[] =>
    view
      .lists()
      .flatMap((list) => samples(list).map(([labels, value]): Sample => [{ list: list.name, ...labels }, value]));

  gauge(
    registry,
    { name: 'list_entries', help: 'Entries of the list in force.', labels: ['list'] },
    perList((list) => [[{}, list.entries]]),
  );
  gauge(
    registry,
    {
      name: 'list_entries_enforceable',
      help: 'Entries of the list in force that can be enforced on a channel.',
      labels: ['list', 'channel'],
    },
    perList((list) => CHANNELS.map((channel) => [{ channel }, list.enforceable[channel]])),
  );
  gauge(
    registry,
    {
      name: 'list_public_suffixes',
      help: 'Entries of the list in force that cover a public suffix (suffixes: warn).',
      labels: ['list'],
    },
    perList((list) => [[{}, list.publicSuffixes]]),
  );
  gauge(
    registry,
    {
      name: 'list_age_seconds',
      help: 'Seconds since the list in force was last found to be current.',
      labels: ['list'],
    },
    // A list that never loaded has no age; /readyz says so.
    perList((list) => (list.currentAt === null ? [] : [[{}, Math.max(0, (now() - list.currentAt) / 1000)]])),
  );
  counter(
    registry,
    { name: 'list_sync_total', help: 'Attempts to bring the list up to date, by result.', labels: ['list', 'result'] },
    perList((list) => SYNC_RESULTS.map((result) => [{ result }, list.syncs[result]])),
  );
  counter(
    registry,
    { name: 'list_rejected_total', help: 'Updates that were not taken, by reason.', labels: ['list', 'reason'] },
    perList((list) => REJECTED_REASONS.map((reason) => [{ reason }, list.rejections[reason] ?? 0])),
  );
  // A counter of attempts shows that a fault came, not that it lasts.
  gauge(
    registry,
    {
      name: 'list_faulty',
      help: '1 while the last look at the list brought a fault; /status says which.',
      labels: ['list'],
    },
    perList((list) => [[{}, list.lastFault === null ? 0 : 1]]),
  );
  gauge(
    registry,
    {
      name: 'list_kept',
      help: '1 while the last-known-good copy on disk is the list in force, which a start without the server needs.',
      labels: ['list'],
    },
    perList((list) => (list.kept === null ? [] : [[{}, list.kept ? 1 : 0]])),
  );
  gauge(
    registry,
    { name: 'list_generation', help: 'Generation that requests are judged by; 0 before the first.' },
    () => [[{}, view.generation()]],
  );
}

function addInstance(registry: Registry, view: ControlView): void {
  counter(
    registry,
    {
      name: 'control_faults_total',
      help: 'Faults in the control thread that nobody caught; filtering goes on.',
      labels: ['kind'],
    },
    () => CONTROL_FAULT_KINDS.map((kind) => [{ kind }, view.uncaughtFaults()[kind]]),
  );
  gauge(registry, { name: 'bypass', help: '1 while filtering is switched off.' }, () => [[{}, view.bypass() ? 1 : 0]]);
  gauge(
    registry,
    { name: 'ready', help: '1 while this instance may get traffic; /readyz and /status say why not.' },
    () => [[{}, view.notReady().length === 0 ? 1 : 0]],
  );
  gauge(
    registry,
    { name: 'start_time_seconds', help: 'When this instance was started, in seconds since the epoch.' },
    () => [[{}, view.startedAt / 1000]],
  );
  gauge(
    registry,
    {
      name: 'configuration_faults',
      help: 'Faults of the configuration file as last read; the one before stays in force.',
    },
    () => [[{}, view.configuration().faults.length]],
  );
  const known = (value: number | null): Sample[] => (value === null ? [] : [[{}, value]]);
  gauge(registry, { name: 'descriptors_open', help: 'File descriptors that the process has open.' }, () =>
    known(view.descriptors().open),
  );
  gauge(registry, { name: 'descriptors_limit', help: 'File descriptors that the process may have open.' }, () =>
    known(view.descriptors().limit),
  );
  gauge(
    registry,
    {
      name: 'descriptors_needed',
      help: 'File descriptors that the configuration may need at the worst; above the limit caps are lowered.',
    },
    () => [[{}, view.descriptors().needed]],
  );
  gauge(
    registry,
    { name: 'build_info', help: 'Always 1; the labels tell what is running.', labels: ['version', 'node'] },
    () => [[{ version: view.version, node: process.version }, 1]],
  );
}

function counter(registry: Registry, { name, help, labels = [] }: MetricText, read: () => readonly Sample[]): void {
  const metric = new Counter({
    name: `cleanfeed_${name}`,
    help,
    labelNames: labels,
    registers: [],
    collect() {
      this.reset();
      for (const [sample, value] of read()) this.inc(sample, value);
    },
  });
  registry.registerMetric(metric);
}

function gauge(registry: Registry, { name, help, labels = [] }: MetricText, read: () => readonly Sample[]): void {
  const metric = new Gauge({
    name: `cleanfeed_${name}`,
    help,
    labelNames: labels,
    registers: [],
    collect() {
      this.reset();
      for (const [sample, value] of read()) this.set(sample, value);
    },
  });
  registry.registerMetric(metric);
}

function histogram(
  registry: Registry,
  { name, help, read }: MetricText & { readonly read: () => HistogramTotals },
): void {
  registry.registerMetric(new SharedHistogram({ name: `cleanfeed_${name}`, help, read }));
}
