/** Requirement 7: path and query reach the origin byte for byte (RFC 9110 §7.7). */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RAW_PATHS } from './cases/request-target.ts';
import { open, sendPieces, statuses } from './support/connection.ts';
import { everySplit, forwarded, hostileSuite, named } from './support/suite.ts';

const suite = hostileSuite({ list: '127.0.0.1/listed/*\n' });

async function expectArrival(path: string): Promise<void> {
  const { upstream } = suite;
  const client = await open(suite.proxy.port);
  // A property asks thousands of times: as many open connections are more than one client may have, and each request that the origin
  // remembers keeps all that came before it.
  try {
    await client.send(suite.get(path)).has('ok');
    // The one thing that is added: an origin-form begins with a slash.
    expect(upstream.take()).toBe(
      forwarded(`GET ${path.startsWith('/') ? '' : '/'}${path} HTTP/1.1`, upstream.authority),
    );
  } finally {
    client.destroy();
    upstream.reset();
  }
}

describe('requirement 7: path and query byte for byte', () => {
  test.each(named(RAW_PATHS))('$name', async ({ input }) => {
    await expectArrival(input);
  });

  test('no path is the root', async () => {
    await expectArrival('');
  });

  test('any bytes that may stand in a target', async () => {
    const byte = fc.integer({ min: 0x21, max: 0xff }).filter((code) => code !== 0x23 && code !== 0x7f);
    const path = fc.array(byte, { maxLength: 60 }).map((codes) => `/${String.fromCharCode(...codes)}`);
    await fc.assert(fc.asyncProperty(path, expectArrival), { numRuns: 200 });
  });

  test('in any two pieces, and byte by byte', async () => {
    const { upstream } = suite;
    const path = '//a/../%2e%zz|"\xe9?%C3%a9&/..//';
    const text = suite.get(path);
    for (const pieces of [...everySplit(text), [...text]]) {
      const client = await suite.client();
      await sendPieces(client, pieces);
      await client.has('\r\n\r\nok');
      expect(upstream.take()).toBe(forwarded(`GET ${path} HTTP/1.1`, upstream.authority));
      client.destroy();
    }
  });

  test('a path that is judged is still sent as it came', async () => {
    await expectArrival('/other/../x%2e%2e//y');
    expect(statuses(await suite.ask(suite.get('/x/..//listed%2fy', 'Connection: close')))).toEqual([403]);
    await suite.nothingForwarded();
  });
});
