/**
 * The guard's metrics in the Prometheus text format: one table. docs/metrics.md describes each; a test compares.
 * It must not put an address into a label.
 */
import { metricsText, type Sample } from '../lib/metrics-text.ts';
import type { GuardReport } from './report.ts';

interface Row {
  readonly kind: 'counter' | 'gauge';
  /** Without `cleanfeed_guard_`. */
  readonly name: string;
  readonly help: string;
  readonly read: (report: GuardReport) => readonly Sample[];
}

const ROWS: readonly Row[] = [
  {
    kind: 'gauge',
    name: 'in_path',
    help: '1 if the filter is in the path of the traffic, 0 if the guard took it out.',
    read: ({ hasActions, position }) => (hasActions && position !== 'unknown' ? one(position === 'in') : []),
  },
  {
    kind: 'gauge',
    name: 'position_unknown',
    help: '1 while the guard does not know whether the filter is in the path.',
    read: ({ hasActions, position }) => one(hasActions && position === 'unknown'),
  },
  {
    kind: 'gauge',
    name: 'listener_state',
    help: 'Always 1; the label says how the listener answers probes.',
    read: ({ listeners }) => listeners.map(({ listener, state }) => [{ listener, state }, 1]),
  },
  {
    kind: 'gauge',
    name: 'listener_partial',
    help: '1 while a part of the probes of the listener fails.',
    read: ({ listeners }) => listeners.map(({ listener, isPartial }) => [{ listener }, isPartial ? 1 : 0]),
  },
  {
    kind: 'gauge',
    name: 'page_denied',
    help: "1 while the filter itself refuses the guard's page, which an entry of a list covers or its configuration forbids.",
    read: ({ listeners }) => listeners.map(({ listener, isDenied }) => [{ listener }, isDenied ? 1 : 0]),
  },
  {
    kind: 'counter',
    name: 'probes_total',
    help: 'Probes of the listener, by result.',
    read: ({ listeners }) =>
      listeners.flatMap(({ listener, probes }) =>
        Object.entries(probes).map(([result, count]): Sample => [{ listener, result }, count]),
      ),
  },
  {
    kind: 'counter',
    name: 'moves_total',
    help: 'Runs of the commands, by direction and result.',
    read: ({ moves }) =>
      (['out', 'back'] as const).flatMap((direction): Sample[] => [
        [{ direction, result: 'done' }, moves[direction].done],
        [{ direction, result: 'failed' }, moves[direction].failed],
      ]),
  },
  {
    kind: 'counter',
    name: 'outs_total',
    help: 'Times that the filter was taken out of the path, by reason.',
    read: ({ moves }) => Object.entries(moves.reasons).map(([reason, count]) => [{ reason }, count]),
  },
  {
    kind: 'gauge',
    name: 'commands_failing',
    help: 'Attempts in a row of the commands that failed; 0 if the last one succeeded.',
    read: ({ failedAttempts }) => [[{}, failedAttempts]],
  },
  {
    kind: 'gauge',
    name: 'held',
    help: '1 while the filter would be taken out and too few other nodes would remain.',
    read: ({ isHeld }) => one(isHeld),
  },
  {
    kind: 'gauge',
    name: 'fleet_remaining',
    help: 'Other nodes that remained when they were last counted.',
    read: ({ othersRemaining }) => (othersRemaining === null ? [] : [[{}, othersRemaining]]),
  },
  {
    kind: 'gauge',
    name: 'hold_seconds',
    help: 'How long the filter must be healthy before it comes back into the path.',
    read: ({ holdMs }) => [[{}, holdMs / 1000]],
  },
  {
    kind: 'gauge',
    name: 'filter_draining',
    help: '1 while the filter says that it is about to stop.',
    read: ({ filter }) => one(filter?.draining === true),
  },
  {
    kind: 'gauge',
    name: 'filter_bypass',
    help: '1 while the filter says that filtering is disabled.',
    read: ({ filter }) => one(filter?.bypass === true),
  },
  {
    kind: 'gauge',
    name: 'listed_refused',
    help: '1 if the listed page was refused, 0 if it was not.',
    read: ({ listedRefused }) => (listedRefused === null ? [] : one(listedRefused)),
  },
];

export function guardMetrics(report: GuardReport): string {
  return metricsText(
    ROWS.map(({ kind, name, help, read }) => ({ kind, name: `cleanfeed_guard_${name}`, help, samples: read(report) })),
  );
}

function one(is: boolean): readonly Sample[] {
  return [[{}, is ? 1 : 0]];
}
