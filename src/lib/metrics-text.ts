/**
 * Metrics as text: the format of Prometheus, which everything reads, and OpenMetrics 1.0, the standard that was made of it. Pure.
 * It must not know what is measured.
 */

export type MetricsFormat = 'prometheus' | 'openmetrics';
export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [Labels, number];

export interface MetricFamily {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  /** None: the value is not known. The third: the ending of a histogram's sample. */
  readonly samples: readonly (readonly [...Sample, '_bucket' | '_sum' | '_count'] | Sample)[];
}

export const CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

export function metricsText(families: readonly MetricFamily[], format: MetricsFormat = 'prometheus'): string {
  switch (format) {
    case 'prometheus':
      return families.map((family) => familyText(family, family.name, '')).join('\n');
    case 'openmetrics':
      return `${families.map(openMetricsFamily).join('')}# EOF\n`;
  }
}

/** A counter is named without `_total`, and each of its samples with it. */
function openMetricsFamily(family: MetricFamily): string {
  if (family.kind !== 'counter') return familyText(family, family.name, '');
  return familyText(family, family.name.replace(/_total$/, ''), '_total');
}

function familyText({ kind, help, samples }: MetricFamily, name: string, ending: string): string {
  const lines = samples.map(
    ([labels, value, own = ending]) => `${name}${own}${labelText(labels)} ${valueText(value)}\n`,
  );
  return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${kind}\n${lines.join('')}`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function valueText(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
