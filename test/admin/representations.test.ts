import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { metricsFormat, readsGzip } from '../../src/admin/representations.ts';

/** What Prometheus 2.53 sends. */
const PROMETHEUS =
  'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';

describe('the format of the metrics', () => {
  test.each([
    [undefined, 'prometheus'],
    ['*/*', 'prometheus'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'prometheus'],
    [PROMETHEUS, 'openmetrics'],
    ['application/openmetrics-text', 'openmetrics'],
    ['Application/OpenMetrics-Text; Version="1.0.0"', 'openmetrics'],
    ['application/openmetrics-text;version=0.0.1', 'prometheus'],
    ['application/openmetrics-text;version=2.0.0', 'prometheus'],
    ['application/openmetrics-text;q=0', 'prometheus'],
    ['application/openmetrics-text;q=0.2, text/plain', 'prometheus'],
    ['application/openmetrics-text;q=nonsense', 'prometheus'],
    [',;,=;q=', 'prometheus'],
  ])('%s: %s', (accept, format) => expect(metricsFormat(accept)).toBe(format));
});

describe('compression', () => {
  test.each([
    [undefined, false],
    ['', false],
    ['gzip', true],
    ['gzip, deflate, br', true],
    ['GZIP;q=0.5', true],
    ['*', true],
    ['gzip;q=0', false],
    ['gzip;q=0, *', false],
    ['identity', false],
    ['identity, gzip;q=0.5', false],
    ['gzip;q=2', false],
    ['br', false],
  ])('%s: %s', (field, is) => expect(readsGzip(field)).toBe(is));
});

test('any bytes are answered with one of the two', () => {
  const piece = fc.constantFrom(
    'gzip',
    'identity',
    'application/openmetrics-text',
    'text/plain',
    ';',
    ',',
    '=',
    'q=0.5',
  );
  const field = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(field, (text) => {
      expect(['prometheus', 'openmetrics']).toContain(metricsFormat(text));
      expect(typeof readsGzip(text)).toBe('boolean');
    }),
    { numRuns: 2000 },
  );
});
