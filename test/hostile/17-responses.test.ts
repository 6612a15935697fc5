/** Requirements 17, 18 and 20: answers without a body, interim answers, upgrades, and answers that are merely old. */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { PSEUDONYM } from './support/proxy.ts';
import { hostileSuite } from './support/suite.ts';

const suite = hostileSuite();
const VIA = `Via: 1.1 ${PSEUDONYM}\r\n`;
const request = (method: string, path = '/', fields = '', version = '1.1'): string => `${method} ${suite.upstream.url}${path} HTTP/${version}\r\nHost: x\r\n${fields}\r\n`;

/** What the client gets for an answer, with a second request behind it on the same connection. */
async function relayed(method: string, answer: string, path = '/'): Promise<string> {
  suite.upstream.answer = (connection, seen) => {
    connection.send(seen.startsWith('GET /after ') ? 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nafter' : answer);
  };
  return await suite.ask(`${request(method, path)}${request('GET', '/after', 'Connection: close\r\n')}`);
}
const AFTER = `HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n${VIA}\r\nafter`;

describe('requirement 17: no body', () => {
  const cases: [name: string, method: string, answer: string, want: string][] = [
    ['HEAD with a length', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n', `HTTP/1.1 200 OK\r\nContent-Length: 10\r\n${VIA}\r\n`],
    ['HEAD with chunks announced', 'HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', `HTTP/1.1 200 OK\r\n${VIA}\r\n`],
    ['204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n', `HTTP/1.1 204 No Content\r\n${VIA}\r\n`],
    ['204 with a length', 'GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', `HTTP/1.1 204 No Content\r\n${VIA}\r\n`],
    ['304 with a length', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', `HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n${VIA}\r\n`],
    ['length 0', 'GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${VIA}\r\n`],
  ];
  test.each(cases)('%s', async (_name, method, answer, want) => {
    expect(await relayed(method, answer)).toBe(`${want}${AFTER}`);
  });

  test('a body behind a 204 is not one: the connection is discarded', async () => {
    expect(await relayed('GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nwrong')).toBe(`HTTP/1.1 204 No Content\r\n${VIA}\r\n${AFTER}`);
  });

  test('all 1xx are forwarded to 1.1, none to 1.0', async () => {
    suite.upstream.answer = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 199 Odd\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    expect(statuses(await suite.ask(request('GET', '/', 'Connection: close\r\n')))).toEqual([100, 103, 199, 200]);
    expect(statuses(await suite.ask(request('GET', '/', '', '1.0')))).toEqual([200]);
  });

  test('their number is capped', async () => {
    suite.upstream.answer = `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`;
    const seen = statuses(await suite.ask(request('GET', '/', 'Connection: close\r\n')));
    expect(seen.filter((status) => status === 103)).toHaveLength(16);
    expect(seen.at(-1)).toBe(502);
  });
});

describe('requirement 18: Upgrade', () => {
  const upgrade = (protocols: string): string => request('GET', '/ws', `Connection: Upgrade\r\nUpgrade: ${protocols}\r\n`);

  test('a tunnel after 101 to a request that asked', async () => {
    suite.upstream.answer = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello';
    const client = await suite.client();
    await client.send(upgrade('websocket')).has('\r\n\r\nhello');
    expect(client.received).toBe(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${VIA}\r\nhello`);
    client.send('GET / HTTP/1.1\r\n\r\n');
    await suite.upstream.until(({ last }) => last.received.endsWith('\r\n\r\nGET / HTTP/1.1\r\n\r\n'));
    expect(suite.upstream.last.received).toContain('\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
  });

  test('h2c is stripped', async () => {
    await suite.ask(request('GET', '/', 'Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n'));
    expect(suite.upstream.take()).not.toMatch(/upgrade|http2|h2c/i);
    suite.upstream.answer = 'HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n';
    await suite.ask(request('GET', '/', 'Connection: close, Upgrade\r\nUpgrade: H2C, websocket\r\n'));
    expect(suite.upstream.take()).toContain('\r\nUpgrade: websocket\r\n');
  });

  test('without `Connection: Upgrade`, or on HTTP/1.0, nothing is offered', async () => {
    await suite.ask(request('GET', '/', 'Connection: close\r\nUpgrade: websocket\r\n'));
    await suite.ask(request('GET', '/', 'Connection: Upgrade\r\nUpgrade: websocket\r\n', '1.0'));
    expect(suite.upstream.take()).not.toMatch(/upgrade/i);
  });

  const unsolicited = [
    ['that nobody asked for', 'Connection: close\r\n', 'websocket'],
    ['to another protocol', 'Connection: close, Upgrade\r\nUpgrade: websocket\r\n', 'h2c'],
    ['to a request that offered only h2c', 'Connection: close, Upgrade\r\nUpgrade: h2c\r\n', 'h2c'],
  ] as const;
  test.each(unsolicited)('a 101 %s: 502', async (_name, fields, protocol) => {
    suite.upstream.answer = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;
    expect(statuses(await suite.ask(request('GET', '/', fields)))).toEqual([502]);
  });
});

describe('requirement 20: answers that are merely old', () => {
  const whole: [name: string, answer: string, want: string][] = [
    ['space before colon', 'HTTP/1.1 200 OK\r\nX : y\r\nContent-Length : 2\r\n\r\nok', `HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n${VIA}\r\nok`],
    ['obs-fold', 'HTTP/1.1 200 OK\r\nX: a\r\n\t b\r\nContent-Length: 2\r\n\r\nok', `HTTP/1.1 200 OK\r\nX: a b\r\nContent-Length: 2\r\n${VIA}\r\nok`],
    ['bare LF', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${VIA}\r\nok`],
    ['equal lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\nContent-Length: 2\r\n\r\nok', `HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n${VIA}\r\nok`],
    ['equal lengths in one line', 'HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok', `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${VIA}\r\nok`],
    ['no reason', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok', `HTTP/1.1 200\r\nContent-Length: 2\r\n${VIA}\r\nok`],
    ['a length with leading zeros', 'HTTP/1.1 200 OK\r\nContent-Length: 002\r\n\r\nok', `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${VIA}\r\nok`],
    ['a coding and a length: the coding counts', 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${VIA}\r\n2\r\nok\r\n0\r\n\r\n`],
    ['extensions and trailers', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n2;e=f\r\nok\r\n0;g\r\nT: v\r\n\r\n', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${VIA}\r\n2\r\nok\r\n0\r\n\r\n`],
  ];
  test.each(whole)('%s', async (_name, answer, want) => {
    expect(await relayed('GET', answer)).toBe(`${want}${AFTER}`);
  });

  test.each(whole)('%s, byte by byte', async (_name, answer, want) => {
    suite.upstream.answer = (connection, seen) => {
      if (seen.startsWith('GET /after ')) connection.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nafter');
      else for (const byte of answer) connection.send(byte);
    };
    const received = await suite.ask(`${request('GET')}${request('GET', '/after', 'Connection: close\r\n')}`);
    expect(received).toBe(`${want}${AFTER}`);
  });

  const untilClose: [name: string, answer: string, want: string][] = [
    ['ICY', 'ICY 200 OK\r\nicy-name: x\r\n\r\nstream', `HTTP/1.1 200 OK\r\nicy-name: x\r\nConnection: close\r\n${VIA}\r\nstream`],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nX: y\r\n\r\nbody', `HTTP/1.1 200 OK\r\nX: y\r\nConnection: close\r\n${VIA}\r\nbody`],
    ['HTTP/1.1 without framing', 'HTTP/1.1 200 OK\r\n\r\nbody', `HTTP/1.1 200 OK\r\nConnection: close\r\n${VIA}\r\nbody`],
    ['no head at all', '<html>hello', `HTTP/1.1 200 OK\r\nConnection: close\r\n${VIA}\r\n<html>hello`],
  ];
  test.each(untilClose)('%s: relayed until close', async (_name, answer, want) => {
    // On a new connection: what has no head is believed only there.
    for (const { socket } of suite.upstream.connections) socket.destroy();
    await suite.upstream.until(({ connections }) => connections.every(({ closed }) => closed));
    suite.upstream.answer = (connection) => connection.end(answer);
    expect(await suite.ask(request('GET'))).toBe(want);
  });

  const malformed: [name: string, answer: string][] = [
    ['lengths that differ', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!'],
    ['lengths that differ in one line', 'HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok!'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nok'],
    ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok'],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['chunked twice', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['bare CR in a value', 'HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: evil=1\r\nContent-Length: 2\r\n\r\nok'],
    ['NUL in a value', 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok'],
    ['a status that is none', 'HTTP/1.1 xyz OK\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['HTTP/2', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a head over the limit', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(200_000)}\r\n\r\n`],
    ['a head that never ends', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(40_000)}`],
  ];
  test.each(malformed)('%s: 502, and that connection is not used again', async (_name, answer) => {
    suite.upstream.answer = answer;
    expect(statuses(await suite.ask(request('GET', '/malformed', 'Connection: close\r\n')))).toEqual([502]);
    const origin = suite.upstream.connections.findLast(({ received }) => received.includes('GET /malformed '))!;
    await origin.over();
  });
});
