/** Requirement 23: X-Forwarded-For and Forwarded by policy; nothing a client sends ends a line of ours. */
import { describe, expect, test } from '@jest/globals';
import { forwarded, hostileSuite } from './support/suite.ts';
import type { Suite } from './support/suite.ts';

const MADE_UP = ['X-Forwarded-For: 192.0.2.1, 192.0.2.2', 'x-forwarded-for: 192.0.2.3', 'Forwarded: for=192.0.2.4;proto=https', 'A: b'];

async function seen(suite: Suite, fields: readonly string[]): Promise<string> {
  await suite.ask(`GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`, 'ok');
  return suite.upstream.take();
}

describe('requirement 23: append', () => {
  const suite = hostileSuite({ forwarded: { policy: 'append' } });

  test('the client comes behind what it sent', async () => {
    const want = forwarded('GET / HTTP/1.1', suite.upstream.authority, ['A: b']).replace('For: 127', 'For: 192.0.2.1, 192.0.2.2, 192.0.2.3, 127');
    expect(await seen(suite, MADE_UP)).toBe(want.replace(/\r\n\r\n$/, '\r\nForwarded: for=192.0.2.4;proto=https, for=127.0.0.1\r\n\r\n'));
  });

  test('alone where there was none, or an empty one', async () => {
    expect(await seen(suite, [])).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority));
    expect(await seen(suite, ['X-Forwarded-For:'])).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority));
  });

  test('thousands of lines', async () => {
    const lines = Array.from({ length: 120 }, () => `X-Forwarded-For:${'a,'.repeat(200)}`);
    const got = await seen(suite, lines);
    expect(got.match(/X-Forwarded-For:/gi)).toHaveLength(1);
    expect(got).toMatch(/, 127\.0\.0\.1\r\n\r\n$/);
  });

  test.each(['192.0.2.1\r\nEvil: x', '192.0.2.1\rEvil: x', '192.0.2.1\nEvil: x', '192.0.2.1\0'])('%j never gets in', async (value) => {
    const { upstream } = suite;
    const client = await suite.client();
    client.send(`GET ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${value}\r\n\r\n`);
    if (value.includes('\r\n')) {
      // A line of its own, sent as what it is: a field of the client's.
      await client.has('ok');
      expect(upstream.take()).toMatch(/\r\nEvil: x\r\nVia: [^]*\r\nX-Forwarded-For: 192\.0\.2\.1, 127\.0\.0\.1\r\n\r\n$/);
    } else {
      await client.over();
      await suite.nothingForwarded();
    }
  });
});

describe('requirement 23: drop', () => {
  const suite = hostileSuite({ forwarded: { policy: 'drop' } });

  test('neither theirs nor ours', async () => {
    await seen(suite, []);
    expect(await seen(suite, MADE_UP)).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority, ['A: b']).replace('X-Forwarded-For: 127.0.0.1\r\n', ''));
  });
});

describe('requirement 23: pass', () => {
  const suite = hostileSuite({ forwarded: { policy: 'pass' } });

  test('as the client sent it', async () => {
    expect(await seen(suite, MADE_UP)).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority, MADE_UP).replace('X-Forwarded-For: 127.0.0.1\r\n', ''));
    expect(await seen(suite, ['Connection: X-Forwarded-For', ...MADE_UP])).toContain('192.0.2.3');
  });
});

describe('requirement 23: what an origin is named', () => {
  const suite = hostileSuite();

  test('no CR, LF or NUL through an escaped host', async () => {
    for (const host of ['a%0d%0aEvil:%20x', 'a%0aEvil', 'a%00', 'a%0d']) await suite.refused(`GET http://${host}:${suite.upstream.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`, 400);
  });
});
