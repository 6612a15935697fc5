/**
 * A metric that is read off when somebody asks: one row of a table, and what Prometheus is told of it. It must not count anything itself.
 */
import type { MetricFamily, Sample } from '../lib/metrics-text.ts';
import { clockShift } from '../lib/steady-clock.ts';

export type { Sample };

export interface MetricRow<Source> {
  readonly kind: 'counter' | 'gauge';
  /** Without its prefix. */
  readonly name: string;
  readonly help: string;
  readonly read: (source: Source) => readonly Sample[];
}

/** @returns no sample if the value is not known. */
export function one(value: number | null): readonly Sample[] {
  return value === null ? [] : [[{}, value]];
}

/** A time of the steady clock as Prometheus wants it: by the wall clock as it stands now, in seconds. */
export function wallSeconds(steady: number | null): number | null {
  return steady === null ? null : (steady + clockShift()) / 1000;
}

export function familiesOf<Source>(
  rows: readonly MetricRow<Source>[],
  source: Source,
  prefix = 'cleanfeed_',
): readonly MetricFamily[] {
  return rows.map(({ kind, name, help, read }) => ({ kind, name: `${prefix}${name}`, help, samples: read(source) }));
}
