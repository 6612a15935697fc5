/**
 * What each outlet was told: one row a metric. What it has made of it is told by metrics of its own.
 * It must not take a label from an entry.
 */
import type { OutletStatus } from './control-view.ts';
import { wallSeconds, type MetricRow, type Sample } from './metric-row.ts';

export const OUTLET_METRICS: readonly MetricRow<readonly OutletStatus[]>[] = [
  {
    kind: 'gauge',
    name: 'outlet_told_timestamp_seconds',
    help: 'When the outlet was last told what is in force, in seconds since the epoch; it is told when that changes, and each day.',
    read: perOutlet(({ toldAt }) => [wallSeconds(toldAt)]),
  },
  {
    kind: 'gauge',
    name: 'outlet_names_missing',
    help: 'Lists of the outlet whose names cannot be read: of those that were announced the ones in force stay, and none are added.',
    read: perOutlet(({ missing }) => [missing.length]),
  },
  {
    kind: 'counter',
    name: 'outlet_failures_total',
    help: 'How often the outlet failed when it was told; it is told again.',
    read: perOutlet(({ failures }) => [failures]),
  },
];

function perOutlet(values: (outlet: OutletStatus) => readonly (number | null)[]) {
  return (outlets: readonly OutletStatus[]): readonly Sample[] =>
    outlets.flatMap((outlet) =>
      values(outlet).flatMap((value): Sample[] => (value === null ? [] : [[{ outlet: outlet.name }, value]])),
    );
}
