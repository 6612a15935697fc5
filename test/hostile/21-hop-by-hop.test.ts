/** Requirement 21: what Connection names goes no further, but it cannot take away what the origin relies on. */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { VIA, forwarded, hostileSuite } from './support/suite.ts';

const suite = hostileSuite({ list: 'listed.example' });

async function expectArrival(fields: readonly string[], want: readonly string[]): Promise<void> {
  const { upstream } = suite;
  await suite.ask(suite.get('/', ...fields), 'ok');
  expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, want));
}

describe('requirement 21: hop-by-hop fields of requests', () => {
  const cases: [fields: string[], want: string[]][] = [
    [['Connection: keep-alive', 'A: b'], ['A: b']],
    [
      [
        'Proxy-Connection: keep-alive',
        'Keep-Alive: timeout=5',
        'TE: trailers',
        'Trailer: X',
        'Upgrade: foo',
        'HTTP2-Settings: x',
        'A: b',
      ],
      ['A: b'],
    ],
    [
      ['B:1', 'A:  two\t ', 'a: \xe9', 'B: 1'],
      ['B:1', 'A:  two\t ', 'a: \xe9', 'B: 1'],
    ],
    [['Connection: X-A', 'X-A: 1', 'X-B: 2'], ['X-B: 2']],
    [['X-A: 1', 'X-B: 2', 'Connection: x-a'], ['X-B: 2']],
    [['Connection: X-A, X-C', 'X-A: 1', 'X-B: 2', 'x-c: 3', 'X-C: 4'], ['X-B: 2']],
    [['Connection: X-A', 'Connection: X-C', 'X-A: 1', 'X-B: 2', 'X-C: 3'], ['X-B: 2']],
    [['Connection: ,, \t x-a ,', 'X-A: 1'], []],
    [['Connection: keep-alive,X-A', 'X-A: 1'], []],
    [['Connection:', 'A: b'], ['A: b']],
    [['Connection: ,', 'A: b'], ['A: b']],
    [['Connection: connection', 'A: b'], ['A: b']],
    [['Connection: Host', 'A: b'], ['A: b']],
    [['Connection: cookie', 'Cookie: a=b'], ['Cookie: a=b']],
    [['Connection: Authorization', 'Authorization: Basic x'], ['Authorization: Basic x']],
    [['Connection: via', 'Via: 1.1 other'], ['Via: 1.1 other']],
    [
      ['Connection: range, expect, origin', 'Range: bytes=0-1', 'Origin: http://a.example'],
      ['Range: bytes=0-1', 'Origin: http://a.example'],
    ],
    [['Connection: content-type', 'Content-Type: a/b'], ['Content-Type: a/b']],
    [
      [
        'Connection: host, content-length, cookie, authorization, via, x-forwarded-for',
        'Cookie: c',
        'Authorization: Basic x',
      ],
      ['Cookie: c', 'Authorization: Basic x'],
    ],
    [['Connection: __proto__, constructor', '__proto__: 1', 'Constructor: 2', 'toString: 3'], ['toString: 3']],
    [['Connection: close, upgrade, X-A', 'X-A: 1', 'Upgrade: h2c', 'HTTP2-Settings: x'], []],
    [['Connection: "X-A"', 'X-A: 1'], ['X-A: 1']],
  ];
  test.each(cases)('%j', async (fields, want) => {
    await expectArrival(fields, want);
  });

  test('framing cannot be named away', async () => {
    const { upstream } = suite;
    await suite.ask(suite.request('POST', '/', ['Connection: content-length', 'Content-Length: 2'], 'hi'), 'ok');
    expect(upstream.take()).toBe(`${forwarded('POST / HTTP/1.1', upstream.authority, ['Content-Length: 2'])}hi`);
    await suite.ask(
      suite.request('POST', '/', ['Connection: transfer-encoding', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
      'ok',
    );
    expect(upstream.take()).toBe(
      `${forwarded('POST / HTTP/1.1', upstream.authority, ['Transfer-Encoding: chunked'])}0\r\n\r\n`,
    );
  });

  test('nor can what the proxy says itself', async () => {
    await expectArrival(['Connection: X-Forwarded-For, Via'], []);
  });

  test('nor the judgement', async () => {
    const received = await suite.ask(
      'GET http://listed.example/ HTTP/1.1\r\nHost: x\r\nConnection: close, host\r\n\r\n',
    );
    expect(statuses(received)).toEqual([403]);
    await suite.nothingForwarded();
  });

  test('as many names as there may be (requirement 60)', async () => {
    const names = Array.from({ length: 128 }, (_, i) => `x${i}`).join(',');
    await expectArrival([`Connection: ${names}`, 'x127: 1', 'y: 2'], ['y: 2']);
  });
});

describe('requirement 21: hop-by-hop fields of answers', () => {
  test('named ones go, what the client relies on stays', async () => {
    const stays = [
      'Set-Cookie: a=b',
      'Content-Type: a/b',
      'Location: /x',
      'WWW-Authenticate: Basic',
      'Cache-Control: no-store',
      'Content-Encoding: gzip',
    ];
    const goes = [
      'X-A: 1',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Proxy-Authenticate: Basic',
      'Proxy-Authentication-Info: x',
      'Trailer: x',
      'TE: x',
      'Upgrade: x',
    ];
    const names = [
      'X-A',
      'Set-Cookie',
      'Content-Type',
      'Location',
      'WWW-Authenticate',
      'Cache-Control',
      'Content-Encoding',
      'Content-Length',
      'Transfer-Encoding',
    ];
    suite.upstream.answer = `HTTP/1.1 200 OK\r\nConnection: ${names.join(', ')}\r\n${[...stays, ...goes].join('\r\n')}\r\nContent-Length: 2\r\n\r\nok`;
    for (const [fields, close] of [
      [[], ''],
      [['Connection: close'], 'Connection: close\r\n'],
    ] as const) {
      const received = await suite.ask(suite.get('/', ...fields), '\r\n\r\nok');
      expect(received).toBe(`HTTP/1.1 200 OK\r\n${stays.join('\r\n')}\r\nContent-Length: 2\r\n${close}${VIA}\r\nok`);
    }
  });
});
