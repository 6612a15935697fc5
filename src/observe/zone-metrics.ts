/** What each policy zone holds and how writing it went: one row a metric. It must not take a label from an entry. */
import type { ZoneStatus } from './control-view.ts';
import { one, wallSeconds, type MetricRow, type Sample } from './metric-row.ts';

export const ZONE_METRICS: readonly MetricRow<readonly ZoneStatus[]>[] = [
  {
    kind: 'gauge',
    name: 'zone_names',
    help: 'Names and wildcards that the policy zone blocks.',
    read: perZone(({ names }) => [[{}, names]]),
  },
  {
    kind: 'gauge',
    name: 'zone_skipped',
    help: 'Names of lists that are not in the policy zone, by reason.',
    read: perZone(({ skipped }) => byReason(skipped)),
  },
  {
    kind: 'gauge',
    name: 'zone_written_timestamp_seconds',
    help: 'When the file of the policy zone was last replaced, or found to be right at the start, in seconds since the epoch.',
    read: perZone(({ writtenAt }) => one(wallSeconds(writtenAt))),
  },
  {
    kind: 'counter',
    name: 'zone_failures_total',
    help: 'How often the file of the policy zone could not be written, its engine not be told, or its file was not as written; all are tried again.',
    read: perZone(({ failures }) => byReason({ ...failures })),
  },
];

function byReason(counts: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(counts).map(([reason, count]) => [{ reason }, count]);
}

function perZone(samples: (zone: ZoneStatus) => readonly Sample[]) {
  return (zones: readonly ZoneStatus[]): readonly Sample[] =>
    zones.flatMap((zone) => samples(zone).map(([labels, value]): Sample => [{ zone: zone.name, ...labels }, value]));
}
