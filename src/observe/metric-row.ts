/**
 * A metric that is read off when somebody asks: one row of a table, and what Prometheus is told of it. It must not count anything itself.
 */
import { Counter, Gauge, type Registry } from './prometheus-client.ts';
import { clockShift } from '../lib/steady-clock.ts';

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [Labels, number];

export interface MetricRow<Source> {
  readonly kind: 'counter' | 'gauge';
  /** Without its prefix. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
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

/** @param source is asked at each scrape. */
export function register<Source>(
  registry: Registry,
  row: MetricRow<Source>,
  source: () => Source,
  prefix = 'cleanfeed_',
): void {
  const options = { name: `${prefix}${row.name}`, help: row.help, labelNames: row.labels ?? [] };
  const samples = (): readonly Sample[] => row.read(source());
  registry.registerMetric(row.kind === 'counter' ? counter(options, samples) : gauge(options, samples));
}

interface MetricOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

function counter(options: MetricOptions, samples: () => readonly Sample[]): Counter {
  return new Counter({
    ...options,
    registers: [],
    collect() {
      this.reset();
      // One without labels is 0 after that, and what is not known must not be.
      if (options.labelNames.length === 0) this.remove();
      for (const [labels, value] of samples()) this.inc(labels, value);
    },
  });
}

function gauge(options: MetricOptions, samples: () => readonly Sample[]): Gauge {
  return new Gauge({
    ...options,
    registers: [],
    collect() {
      this.reset();
      if (options.labelNames.length === 0) this.remove();
      for (const [labels, value] of samples()) this.set(labels, value);
    },
  });
}
