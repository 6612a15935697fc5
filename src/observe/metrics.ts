/**
 * `/metrics`: what the workers counted and what the control thread knows, the rows of three tables (counters.ts,
 * list-metrics.ts, instance-metrics.ts). docs/metrics.md describes each; a test compares. Read when asked, kept nowhere. A
 * label's value comes from the configuration or from a table, never from traffic: no host, URL, path or client can get here.
 */
import type { Config } from '../config/types.ts';
import { CONTENT_TYPES, metricsText } from '../lib/metrics-text.ts';
import type { Labels, MetricFamily, MetricsFormat, Sample } from '../lib/metrics-text.ts';
import type { CounterLayout } from './counter-layout.ts';
import { CounterTotals, type HistogramTotals } from './counter-totals.ts';
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
import { familiesOf } from './metric-row.ts';
import { namedTraffic, type NamedTraffic } from './named-traffic.ts';
import { trafficTotals, type TrafficTotals } from './traffic.ts';

interface MetricsText {
  readonly contentType: string;
  readonly body: string;
}

export interface Metrics {
  text(format?: MetricsFormat): MetricsText;
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
  return {
    text: (format = 'prometheus') => ({
      contentType: CONTENT_TYPES[format],
      body: metricsText(allFamilies(sources, totals, format), format),
    }),
    traffic: () => trafficTotals(totals),
    byName: () => namedTraffic(totals, config(), sources.slots()),
  };
}

function allFamilies(sources: MetricSources, totals: CounterTotals, format: MetricsFormat): readonly MetricFamily[] {
  const { view } = sources;
  const config = sources.config();
  const tests = view.selfTests().filter(({ isTested }) => isTested);
  return [
    ...counted(sources, totals, format),
    ...familiesOf(LIST_METRICS, { lists: view.lists(), now: sources.now(), configured: config.lists }),
    ...familiesOf(OUTLET_METRICS, view.outlets()),
    ...familiesOf(ROUTE_METRICS, view.routes()),
    ...familiesOf(ZONE_METRICS, view.zones()),
    ...familiesOf(SELF_TEST_METRICS, { tests, lists: config.lists }),
    ...familiesOf(INSTANCE_METRICS, view),
    ...familiesOf(PROCESS_METRICS, view, ''),
    ...familiesOf(LIMIT_METRICS, { config, view, connections: totals.perWorker('connection') }),
  ];
}

function counted(sources: MetricSources, totals: CounterTotals, format: MetricsFormat): readonly MetricFamily[] {
  return Object.values(sources.layout.places).map(({ key, row }): MetricFamily => {
    const { kind, help } = row;
    const name = `cleanfeed_${row.name}`;
    if (row.kind === 'histogram') return { kind, name, help, samples: histogram(totals.histogram(key), format) };
    const samples = ownersOf(row, sources).flatMap((owner) => samplesOf(key, row, owner, totals));
    return { kind, name, help, samples };
  });
}

function histogram(
  { bounds, cumulative, count, sum }: HistogramTotals,
  format: MetricsFormat,
): MetricFamily['samples'] {
  return [
    ...bounds.map((le, i) => [{ le: boundText(le, format) }, cumulative[i] ?? 0, '_bucket'] as const),
    [{ le: '+Inf' }, count, '_bucket'],
    [{}, sum, '_sum'],
    [{}, count, '_count'],
  ];
}

/** OpenMetrics 1.0 has a bound that is a whole number written with its point: `1.0`. */
function boundText(bound: number, format: MetricsFormat): string {
  return format === 'openmetrics' && Number.isInteger(bound) ? bound.toFixed(1) : String(bound);
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
