/** That two programs of one test, or of two that run at once, are never told to use one port. */
import { expect, test } from '@jest/globals';
import { freePort } from './free-port.ts';

test('none is given twice, and all are below those of outgoing connections', async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, () => freePort()));
  expect(new Set(ports).size).toBe(ports.length);
  expect(ports.filter((port) => port < 10_000 || port >= 32_768 || port === 10_080)).toEqual([]);
});
