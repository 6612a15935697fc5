/** Requirement 21: what Connection names goes no further, but it cannot take away what the origin relies on. */
import { describe, expect, test } from '@jest/globals';
import { forwarded, hostileSuite } from './support/suite.ts';

const suite = hostileSuite();

async function expectArrival(fields: readonly string[], want: readonly string[]): Promise<void> {
  const { upstream } = suite;
  await suite.ask(`GET ${upstream.url}/ HTTP/1.1\r\nHost: x\r\n${fields.join('\r\n')}\r\n\r\n`, 'ok');
  expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, want));
}

describe('requirement 21: hop-by-hop fields of requests', () => {
  const cases: [fields: string[], want: string[]][] = [
    [['Connection: keep-alive', 'A: b'], ['A: b']],
    [['Proxy-Connection: keep-alive', 'Keep-Alive: timeout=5', 'TE: trailers', 'Trailer: X', 'A: b'], ['A: b']],
    [['Connection: X-A', 'X-A: 1', 'X-B: 2'], ['X-B: 2']],
    [['X-A: 1', 'X-B: 2', 'Connection: x-a'], ['X-B: 2']],
    [['Connection: X-A, X-C', 'X-A: 1', 'X-B: 2', 'x-c: 3', 'X-C: 4'], ['X-B: 2']],
    [['Connection: X-A', 'Connection: X-C', 'X-A: 1', 'X-B: 2', 'X-C: 3'], ['X-B: 2']],
    [['Connection: ,, \t X-A ,', 'X-A: 1'], []],
    [['Connection: keep-alive,X-A', 'X-A: 1'], []],
    [['Connection:', 'A: b'], ['A: b']],
    [['Connection: ,', 'A: b'], ['A: b']],
    [['Connection: connection', 'A: b'], ['A: b']],
    [['Connection: Host', 'A: b'], ['A: b']],
    [['Connection: cookie', 'Cookie: a=b'], ['Cookie: a=b']],
    [['Connection: Authorization', 'Authorization: Basic x'], ['Authorization: Basic x']],
    [['Connection: via', 'Via: 1.1 other'], ['Via: 1.1 other']],
    [['Connection: range, expect, origin', 'Range: bytes=0-1', 'Origin: http://a.example'], ['Range: bytes=0-1', 'Origin: http://a.example']],
    [['Connection: content-type', 'Content-Type: a/b'], ['Content-Type: a/b']],
    [['Connection: __proto__, constructor', '__proto__: 1', 'Constructor: 2', 'toString: 3'], ['toString: 3']],
    [['Connection: close, upgrade, X-A', 'X-A: 1', 'Upgrade: h2c', 'HTTP2-Settings: x'], []],
    [['Connection: "X-A"', 'X-A: 1'], ['X-A: 1']],
  ];
  test.each(cases)('%j', async (fields, want) => {
    await expectArrival(fields, want);
  });

  test('framing cannot be named away', async () => {
    const { upstream } = suite;
    await suite.ask(`POST ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nConnection: content-length\r\nContent-Length: 2\r\n\r\nhi`, 'ok');
    expect(upstream.take()).toBe(`${forwarded('POST / HTTP/1.1', upstream.authority, ['Content-Length: 2'])}hi`);
    await suite.ask(`POST ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nConnection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 'ok');
    expect(upstream.take()).toBe(`${forwarded('POST / HTTP/1.1', upstream.authority, ['Transfer-Encoding: chunked'])}0\r\n\r\n`);
  });

  test('X-Forwarded-For cannot be named away', async () => {
    const { upstream } = suite;
    await suite.ask(`GET ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nConnection: X-Forwarded-For, Via\r\n\r\n`, 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority));
  });

  test('thousands of names', async () => {
    const names = Array.from({ length: 8000 }, (_, i) => `x${i}`).join(',');
    await expectArrival([`Connection: ${names}`, 'x7999: 1', 'y: 2'], ['y: 2']);
  });
});

describe('requirement 21: hop-by-hop fields of answers', () => {
  test('named ones go, what the client relies on stays', async () => {
    const stays = ['Set-Cookie: a=b', 'Content-Type: a/b', 'Location: /x', 'WWW-Authenticate: Basic', 'Cache-Control: no-store', 'Content-Encoding: gzip'];
    const goes = ['X-A: 1', 'Keep-Alive: timeout=5', 'Proxy-Connection: keep-alive', 'Proxy-Authenticate: Basic', 'Proxy-Authentication-Info: x', 'Trailer: x', 'TE: x', 'Upgrade: x'];
    const names = ['X-A', 'Set-Cookie', 'Content-Type', 'Location', 'WWW-Authenticate', 'Cache-Control', 'Content-Encoding', 'Content-Length', 'Transfer-Encoding'];
    suite.upstream.answer = `HTTP/1.1 200 OK\r\nConnection: ${names.join(', ')}\r\n${[...stays, ...goes].join('\r\n')}\r\nContent-Length: 2\r\n\r\nok`;
    const received = await suite.ask(`GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`, '\r\n\r\nok');
    expect(received).toBe(`HTTP/1.1 200 OK\r\n${stays.join('\r\n')}\r\nContent-Length: 2\r\nVia: 1.1 hop-0123456789abcdef\r\n\r\nok`);
  });
});
