/** The parts of the Prometheus client, by their files, are what its main file exports. What they do not load: test/commands/run-instance.process.test.ts. */
import * as client from 'prom-client';
import { expect, test } from '@jest/globals';
import { Counter, Gauge, Histogram, Registry } from '../../src/observe/prometheus-client.ts';

test.each([
  ['Counter', Counter, client.Counter],
  ['Gauge', Gauge, client.Gauge],
  ['Histogram', Histogram, client.Histogram],
  ['Registry', Registry, client.Registry],
])('%s', (_, part, whole) => {
  expect(part).toBe(whole);
});
