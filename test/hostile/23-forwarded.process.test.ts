/** Requirement 23: X-Forwarded-For and Forwarded by policy; nothing a client sends ends a line of ours. */
import { describe, expect, test } from '@jest/globals';
import { startProxy } from '../support/proxy-process.ts';
import { statuses, tell } from './support/connection.ts';
import { forwarded, hostileSuite } from './support/suite.ts';
import type { Suite } from './support/suite.ts';

const MADE_UP = [
  'X-Forwarded-For: 192.0.2.1, 192.0.2.2',
  'x-forwarded-for: 192.0.2.3',
  'Forwarded: for=192.0.2.4;proto=https',
  'A: b',
];

async function seen(suite: Suite, fields: readonly string[]): Promise<string> {
  await suite.ask(suite.get('/', ...fields), 'ok');
  return suite.upstream.take();
}

describe('requirement 23: append', () => {
  const suite = hostileSuite({ forwarded: { policy: 'append' } });

  test('the client comes behind what it sent', async () => {
    const want = forwarded('GET / HTTP/1.1', suite.upstream.authority, ['A: b']).replace(
      'For: 127',
      'For: 192.0.2.1, 192.0.2.2, 192.0.2.3, 127',
    );
    expect(await seen(suite, MADE_UP)).toBe(
      want.replace(/\r\n\r\n$/, '\r\nForwarded: for=192.0.2.4;proto=https, for=127.0.0.1\r\n\r\n'),
    );
  });

  test('alone where there was none, or an empty one', async () => {
    expect(await seen(suite, [])).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority));
    expect(await seen(suite, ['X-Forwarded-For:'])).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority));
  });

  test('a quote that the client leaves open, and its empty elements, do not hide ours', async () => {
    const want = forwarded('GET / HTTP/1.1', suite.upstream.authority).replace(/\r\n$/, '');
    expect(await seen(suite, ['Forwarded: for="evil'])).toBe(`${want}Forwarded: for=127.0.0.1\r\n\r\n`);
    expect(await seen(suite, ['Forwarded: for="a";by="\\"'])).toBe(`${want}Forwarded: for=127.0.0.1\r\n\r\n`);
    expect(await seen(suite, ['X-Forwarded-For:', 'X-Forwarded-For: 192.0.2.1,', 'Forwarded: for=192.0.2.1,'])).toBe(
      `${want.replace('For: ', 'For: 192.0.2.1, ')}Forwarded: for=192.0.2.1, for=127.0.0.1\r\n\r\n`,
    );
  });

  test('thousands of addresses', async () => {
    const claimed = Array.from({ length: 120 }, () => 'a,'.repeat(200));
    const want = forwarded('GET / HTTP/1.1', suite.upstream.authority).replace(
      'For: ',
      `For: ${claimed.join(', ').slice(0, -1)}, `,
    );
    expect(
      await seen(
        suite,
        claimed.map((value) => `X-Forwarded-For:${value}`),
      ),
    ).toBe(want);
  });
});

describe('requirement 23: drop', () => {
  const suite = hostileSuite({ forwarded: { policy: 'drop' } });

  test('neither theirs nor ours', async () => {
    const want = (fields: readonly string[]): string =>
      forwarded('GET / HTTP/1.1', suite.upstream.authority, fields).replace('X-Forwarded-For: 127.0.0.1\r\n', '');
    expect(await seen(suite, [])).toBe(want([]));
    expect(await seen(suite, MADE_UP)).toBe(want(['A: b']));
  });
});

describe('requirement 23: pass', () => {
  const suite = hostileSuite({ forwarded: { policy: 'pass' } });

  test('as the client sent it, whatever Connection names', async () => {
    const want = forwarded('GET / HTTP/1.1', suite.upstream.authority, MADE_UP).replace(
      'X-Forwarded-For: 127.0.0.1\r\n',
      '',
    );
    expect(await seen(suite, MADE_UP)).toBe(want);
    expect(await seen(suite, ['Connection: X-Forwarded-For, Forwarded', ...MADE_UP])).toBe(want);
  });
});

describe('requirement 23: CR, LF and NUL', () => {
  const suite = hostileSuite();

  test.each([
    'X-Forwarded-For: 192.0.2.1\rEvil: x',
    'X-Forwarded-For: 192.0.2.1\nEvil: x',
    'X-Forwarded-For: 192.0.2.1\0',
    'Forwarded: for=a\nEvil: x',
    'Forwarded: for=a\rb',
    'Via: 1.1 a\0',
  ])('%j: 400', async (field) => {
    await suite.refused(suite.get('/', field), 400);
  });

  test('a line of its own is sent on as what it is: a field of the client', async () => {
    const want = forwarded('GET / HTTP/1.1', suite.upstream.authority, ['Evil: x']).replace(
      'For: ',
      'For: 192.0.2.1, ',
    );
    expect(await seen(suite, ['X-Forwarded-For: 192.0.2.1\r\nEvil: x'])).toBe(want);
  });

  test.each(['a%0d%0aEvil:%20x', 'a%0aEvil', 'a%00', 'a%0d', 'a%250d%250aEvil'])(
    'nor through an escaped host: %s',
    async (host) => {
      await suite.refused(`GET http://${host}:${suite.upstream.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`, 400);
      await suite.refused(`CONNECT ${host}:${suite.upstream.port} HTTP/1.1\r\nHost: x\r\n\r\n`, 400);
    },
  );

  test('escaped in a path they stay escaped', async () => {
    const { upstream } = suite;
    await suite.ask(suite.get('/%0d%0aEvil:%20x?%00'), 'ok');
    expect(upstream.take()).toBe(forwarded('GET /%0d%0aEvil:%20x?%00 HTTP/1.1', upstream.authority));
  });

  test('none reaches a line of the log, nor does anything else of them', async () => {
    await using proxy = await startProxy({ config: { log: { level: 'debug' } } });
    const EVIL = '\r\n{"level":"error","event":"evil"}\n\0\x1b[2J';
    const url = `http://127.0.0.1:${suite.upstream.port}/`;
    const requests = [
      `GET ${url}${EVIL} HTTP/1.1\r\nHost: x\r\n\r\n`,
      `GET ${url} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${EVIL}\r\n\r\n`,
      `${EVIL} ${url} HTTP/1.1\r\nHost: x\r\n\r\n`,
      `CONNECT evil%0a%0d%00:443 HTTP/1.1\r\nHost: ${EVIL}\r\n\r\n`,
      `GET http://evil%0a.example/ HTTP/1.1\r\nHost: x\r\n\r\n`,
    ];
    for (const request of requests) expect(statuses((await tell(proxy.port, request)).received)).toEqual([400]);
    suite.upstream.answer = (connection) => connection.end(`HTTP/1.1 200 ${EVIL}\r\nContent-Length: ${EVIL}\r\n\r\n`);
    expect(
      statuses((await tell(proxy.port, `GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).received),
    ).toEqual([502]);
    proxy.signal('SIGTERM');
    await proxy.exited;
    const lines = proxy.stderr.split('\n').slice(0, -1);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
    // oxlint-disable-next-line no-control-regex -- control bytes are what is looked for
    expect(proxy.stderr).not.toMatch(/evil|[\0-\x09\x0b-\x1f]/i);
  });
});
