/** A metric that is read off when somebody asks: one row of a table, and what Prometheus is told of it. */
import { Counter, Gauge, type Registry } from 'prom-client';

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [Labels, number];

export interface MetricRow<Source> {
  readonly kind: 'counter' | 'gauge';
  /** Without `cleanfeed_`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly read: (source: Source) => readonly Sample[];
}

/** @param source is asked at each scrape. */
export function register<Source>(registry: Registry, row: MetricRow<Source>, source: () => Source): void {
  const options = { name: `cleanfeed_${row.name}`, help: row.help, labelNames: row.labels ?? [] };
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
      for (const [labels, value] of samples()) this.set(labels, value);
    },
  });
}
