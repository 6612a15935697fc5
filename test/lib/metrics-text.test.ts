/** Metrics as text, byte for byte as the client library of the Prometheus project writes them, and by the formats' own rules where it does not. */
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CONTENT_TYPES, metricsText } from '../../src/lib/metrics-text.ts';
import type { MetricFamily, MetricsFormat } from '../../src/lib/metrics-text.ts';

const FORMATS: readonly MetricsFormat[] = ['prometheus', 'openmetrics'];

function registryOf(format: MetricsFormat): Registry {
  const { PROMETHEUS_CONTENT_TYPE, OPENMETRICS_CONTENT_TYPE } = Registry;
  const type = { prometheus: PROMETHEUS_CONTENT_TYPE, openmetrics: OPENMETRICS_CONTENT_TYPE }[format];
  return new Registry(type);
}

/** @param families with the labels a and b, or none. */
async function byLibrary(families: readonly MetricFamily[], format: MetricsFormat): Promise<string> {
  const registry = registryOf(format);
  for (const { kind, name, help, samples } of families) {
    const options = { name, help, labelNames: ['a', 'b'], registers: [registry] };
    const metric = kind === 'counter' ? new Counter(options) : new Gauge(options);
    for (const [labels, value] of samples) metric.inc(labels, value);
  }
  return await registry.metrics();
}

const word = fc.string({
  unit: fc.constantFrom('a', 'Z', '"', '\\', '\n', ' ', 'é', '{', '}', ',', '='),
  minLength: 1,
});
const labels = fc.record({ a: word, b: word }, { requiredKeys: [] }).map((record) => Object.assign({}, record));
const value = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e300, noNaN: true }));
const family = fc.record({
  kind: fc.constantFrom('counter' as const, 'gauge' as const),
  help: word,
  samples: fc.uniqueArray(fc.tuple(labels, value), {
    minLength: 1,
    maxLength: 4,
    selector: ([record]) => JSON.stringify([record.a, record.b]),
  }),
});
/** Names differ, and only a counter ends in `_total`. */
const families = fc
  .array(family, { minLength: 1, maxLength: 4 })
  .map((all) => all.map((each, i) => ({ ...each, name: `m${i}${each.kind === 'counter' ? '_total' : ''}` })));

test.each(FORMATS)('counters and gauges in %s are as the library writes them', async (format) => {
  await fc.assert(
    fc.asyncProperty(families, async (all) => {
      expect(metricsText(all, format)).toBe(await byLibrary(all, format));
    }),
  );
});

test.each(FORMATS)('a histogram in %s, too', async (format) => {
  const registry = registryOf(format);
  const histogram = new Histogram({ name: 'h', help: 'Seconds.', buckets: [0.5, 2.5], registers: [registry] });
  for (const seconds of [0.25, 1, 3]) histogram.observe(seconds);
  const samples: MetricFamily['samples'] = [
    [{ le: '0.5' }, 1, '_bucket'],
    [{ le: '2.5' }, 2, '_bucket'],
    [{ le: '+Inf' }, 3, '_bucket'],
    [{}, 4.25, '_sum'],
    [{}, 3, '_count'],
  ];
  const text = metricsText([{ kind: 'histogram', name: 'h', help: 'Seconds.', samples }], format);
  expect(text).toBe(await registry.metrics());
});

test.each(FORMATS)('the content type of %s is the library’s', (format) => {
  expect(CONTENT_TYPES[format]).toBe(registryOf(format).contentType);
});

test.each([
  [Number.NaN, 'NaN'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
  [-1.5, '-1.5'],
  [1e21, '1e+21'],
])('%d is written %s', (number, want) => {
  const text = metricsText([{ kind: 'gauge', name: 'g', help: 'A gauge.', samples: [[{}, number]] }]);
  expect(text).toBe(`# HELP g A gauge.\n# TYPE g gauge\ng ${want}\n`);
});

test('a value that is not known has no sample', () => {
  const unknown: MetricFamily = { kind: 'counter', name: 'c_total', help: 'A counter.', samples: [] };
  expect(metricsText([unknown])).toBe('# HELP c_total A counter.\n# TYPE c_total counter\n');
  expect(metricsText([unknown], 'openmetrics')).toBe('# HELP c A counter.\n# TYPE c counter\n# EOF\n');
});
