/**
 * `/metrics`: what the workers counted and what the control thread knows, the rows of three tables (counters.ts,
 * list-metrics.ts, instance-metrics.ts). docs/metrics.md describes each; a test compares. Read when asked, kept nowhere. A
 * label's value comes from the configuration or from a table, never from traffic: no host, URL, path or client can get here.
 */
import type { RegistryContentType } from 'prom-client';
import type { Config } from '../config/types.ts';
import type { CounterLayout } from './counter-layout.ts';
import { CounterTotals } from './counter-totals.ts';
import type { CounterKey, CountRow } from './counters.ts';
import type { ControlView } from './control-view.ts';
import { INSTANCE_METRICS } from './instance-metrics.ts';
import { LIMIT_METRICS } from './limit-metrics.ts';
import { LIST_METRICS } from './list-metrics.ts';
import { OUTLET_METRICS } from './outlet-metrics.ts';
import { PROCESS_METRICS } from './process-metrics.ts';
import { ROUTE_METRICS } from './route-metrics.ts';
import { SELF_TEST_METRICS } from './self-test-metrics.ts';
import { ZONE_METRICS } from './zone-metrics.ts';
import { Registry } from './prometheus-client.ts';
import { register, type Labels, type Sample } from './metric-row.ts';
import { namedTraffic, type NamedTraffic } from './named-traffic.ts';
import { SharedHistogram } from './shared-histogram.ts';
import { trafficTotals, type TrafficTotals } from './traffic.ts';

/** The text format of Prometheus, which everything reads, and the standard that was made of it. */
export type MetricsFormat = 'prometheus' | 'openmetrics';

interface MetricsText {
  readonly contentType: string;
  readonly body: string;
}

export interface Metrics {
  text(format?: MetricsFormat): Promise<MetricsText>;
  /** The same counts as figures. */
  traffic(): TrafficTotals;
  /** By listener, worker and list. */
  byName(): NamedTraffic;
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

export function createMetrics(sources: MetricSources): Metrics {
  const { layout, counters, config } = sources;
  const totals = new CounterTotals(layout, counters, config().workers);
  // Each has metrics of its own: a registry that writes OpenMetrics renames them.
  const registries = {
    prometheus: registryOf(Registry.PROMETHEUS_CONTENT_TYPE, sources, totals),
    openmetrics: registryOf(Registry.OPENMETRICS_CONTENT_TYPE, sources, totals),
  };
  return {
    text: async (format = 'prometheus') => ({
      contentType: registries[format].contentType,
      body: await registries[format].metrics(),
    }),
    traffic: () => trafficTotals(totals),
    byName: () => namedTraffic(totals, config(), sources.slots()),
  };
}

function registryOf(contentType: RegistryContentType, sources: MetricSources, totals: CounterTotals): Registry {
  const { config, view, now } = sources;
  const registry = new Registry(contentType);
  addCounters(registry, sources, totals);
  for (const row of LIST_METRICS)
    register(registry, row, () => ({ lists: view.lists(), now: now(), configured: config().lists }));
  for (const row of OUTLET_METRICS) register(registry, row, () => view.outlets());
  for (const row of ROUTE_METRICS) register(registry, row, () => view.routes());
  for (const row of ZONE_METRICS) register(registry, row, () => view.zones());
  for (const row of SELF_TEST_METRICS)
    register(registry, row, () => ({
      tests: view.selfTests().filter(({ isTested }) => isTested),
      lists: config().lists,
    }));
  for (const row of INSTANCE_METRICS) register(registry, row, () => view);
  for (const row of PROCESS_METRICS) register(registry, row, () => view, '');
  for (const row of LIMIT_METRICS)
    register(registry, row, () => ({ config: config(), view, connections: totals.perWorker('connection') }));
  return registry;
}

function addCounters(registry: Registry, sources: MetricSources, totals: CounterTotals): void {
  for (const { key, row } of Object.values(sources.layout.places)) {
    if (row.kind === 'histogram') {
      const read = () => totals.histogram(key);
      const named = { name: `cleanfeed_${row.name}`, help: row.help, read };
      const isOpen = registry.contentType === Registry.OPENMETRICS_CONTENT_TYPE;
      registry.registerMetric(new SharedHistogram(isOpen ? { ...named, boundText: openMetricsBound } : named));
    } else {
      const labels = [row.per, row.label].filter((label) => label !== undefined);
      const read = (): readonly Sample[] =>
        ownersOf(row, sources).flatMap((owner) => samplesOf(key, row, owner, totals));
      register(registry, { ...row, labels, read }, () => null);
    }
  }
}

/** OpenMetrics 1.0 has a bound that is a whole number written with its point: `1.0`. */
function openMetricsBound(bound: number): string {
  return Number.isInteger(bound) ? bound.toFixed(1) : String(bound);
}

/** Who has samples of its own: a name of the configuration in force, or the one that has none. */
interface SampleOwner {
  readonly labels: Labels;
  readonly slot: number;
  readonly shows: (value: string) => boolean;
}

function ownersOf({ per, isShown }: CountRow, { config, slots }: MetricSources): readonly SampleOwner[] {
  const all = (): boolean => true;
  const slotOf = (kind: keyof CounterSlots, index: number): number => slots()[kind][index] ?? 0;
  if (per === undefined) return [{ labels: {}, slot: 0, shows: all }];
  switch (per) {
    case 'listener':
      return config().listeners.map(({ name }, index) => ({
        labels: { listener: name },
        slot: slotOf('listeners', index),
        shows: all,
      }));
    case 'list':
      return config().lists.map(({ name, action }, index) => ({
        labels: { list: name },
        slot: slotOf('lists', index),
        shows: (value) => isShown?.(action, value) ?? true,
      }));
  }
}

function samplesOf(key: CounterKey, { label, values }: CountRow, owner: SampleOwner, totals: CounterTotals): Sample[] {
  if (label === undefined || values === undefined) return [[owner.labels, totals.value(key, owner.slot)]];
  return Object.entries(values)
    .filter(([value]) => owner.shows(value))
    .map(([value, code]) => [{ ...owner.labels, [label]: value }, totals.value(key, owner.slot, code)]);
}
