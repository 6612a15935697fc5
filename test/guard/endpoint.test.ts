/** What the guard says where it is asked: three paths to read, of which nobody keeps a copy, and nothing that changes anything. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { serveReport } from '../../src/guard/endpoint.ts';
import { guardMetrics } from '../../src/guard/metrics.ts';
import { freePort } from '../support/free-port.ts';
import { REPORT } from './reports.ts';

let base: string;
let close: () => void;

beforeAll(async () => {
  const port = await freePort();
  base = `http://127.0.0.1:${port}`;
  close = await serveReport({ address: '127.0.0.1', port }, () => REPORT);
});
afterAll(() => close());

test.each([
  ['/metrics', guardMetrics(REPORT)],
  ['/status', `${JSON.stringify(REPORT, null, 2)}\n`],
  ['/healthz', 'ok\n'],
  ['/healthz?now', 'ok\n'],
])('%s', async (path, text) => {
  const answer = await fetch(base + path);
  expect([answer.status, await answer.text()]).toEqual([200, text]);
});

test.each([
  ['GET', '/'],
  ['GET', '/healthz/'],
  ['POST', '/healthz'],
])('%s %s is nothing', async (method, path) => {
  const answer = await fetch(base + path, { method });
  expect([answer.status, await answer.text()]).toEqual([404, 'there is /metrics /status /healthz\n']);
});

test.each(['/status', '/other'])('nobody keeps a copy of %s, nor guesses its type', async (path) => {
  const { headers } = await fetch(base + path);
  expect(Object.fromEntries(headers)).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
});

test('an address that somebody has already: the fault names the key of the configuration', async () => {
  const address = { address: '127.0.0.1', port: Number(new URL(base).port) };
  await expect(serveReport(address, () => REPORT)).rejects.toThrow(/guard\.metrics\.port/);
});
