/** Requirements 14-16: answers before the body has come, bodies that break, bytes that belong to nobody. */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { hostileSuite } from './support/suite.ts';

const suite = hostileSuite({ list: 'http://127.0.0.1/listed', limits: { drainBytes: 100_000 } });
const request = (method: string, path: string, fields = '', body = ''): string => `${method} ${suite.upstream.url}${path} HTTP/1.1\r\nHost: x\r\n${fields}\r\n${body}`;
const smuggled = (): string => request('GET', '/smuggled');

describe('requirement 14: an answer before the body was read', () => {
  test('a block page: the body is never taken for a request', async () => {
    const body = smuggled();
    const client = await suite.client();
    await client.send(request('POST', '/listed', `Content-Length: ${body.length}\r\n`, body)).over();
    expect(statuses(client.received)).toEqual([403]);
    expect(client.received).toContain('\r\nConnection: close\r\n');
    await suite.nothingForwarded();
  });

  test('a chunked one neither', async () => {
    const client = await suite.client();
    await client.send(request('POST', '/listed', 'Transfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled()}`)).over();
    expect(statuses(client.received)).toEqual([403]);
    await suite.nothingForwarded();
  });

  test('what still comes is drained up to a bound, so that the answer is not lost', async () => {
    const client = await suite.client();
    client.send(request('POST', '/listed', 'Content-Length: 1000000\r\n', 'x'.repeat(50_000)));
    await client.has('\r\n\r\n');
    client.send('x'.repeat(40_000));
    await client.over();
    expect(client.ending).toBe('end');
    // More than the kernel takes: the end of the other side is noticed by the write that is still under way.
    client.send('x'.repeat(20_000_000));
    await client.until(({ closed }) => closed);
  });

  test('an origin that answers early: its answer is relayed, the connection ends', async () => {
    suite.upstream.automatic = false;
    const client = await suite.client();
    client.send(request('POST', '/early', 'Content-Length: 100\r\n', 'x'.repeat(10)));
    await suite.upstream.until(({ bytes }) => bytes.includes('POST /early '));
    const origin = suite.upstream.connections.findLast(({ received }) => received.includes('POST /early '))!;
    origin.send('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno');
    await client.over();
    expect(client.received).toMatch(/^HTTP\/1\.1 413 [^]*\r\nConnection: close\r\n[^]*\r\n\r\nno$/);
    await origin.over();
  });
});

describe('requirement 15: bodies that break', () => {
  test('a request body that breaks off destroys the upstream connection', async () => {
    suite.upstream.automatic = false;
    const client = await suite.client();
    client.send(request('POST', '/broken', 'Content-Length: 100\r\n', 'x'.repeat(10)));
    await suite.upstream.until(({ bytes }) => bytes.includes('POST /broken '));
    const origin = suite.upstream.connections.findLast(({ received }) => received.includes('POST /broken '))!;
    client.reset();
    await origin.over();
    expect(origin.received.endsWith('x'.repeat(10))).toBe(true);
  });

  const truncated = [
    { name: 'by length', answer: 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf' },
    { name: 'chunked, inside a chunk', answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf' },
    { name: 'chunked, between chunks', answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n' },
    { name: 'chunked, before the last line end', answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n' },
    { name: 'chunked, malformed', answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n' },
  ];
  test.each(truncated)('a response truncated $name has no clean end', async ({ answer }) => {
    suite.upstream.answer = (connection) => connection.end(answer);
    const client = await suite.client();
    await client.send(request('GET', '/truncated')).over();
    expect(client.received).not.toMatch(/\r\n0\r\n\r\n$/);
    expect(statuses(client.received)).toEqual(statuses(client.received).slice(0, 1));
    expect(client.ending).toBe('reset');
  });

  test('a reset while a response runs until close is not its end', async () => {
    suite.upstream.answer = (connection) => {
      connection.send('HTTP/1.1 200 OK\r\n\r\nhalf');
      setImmediate(() => setImmediate(() => connection.reset()));
    };
    const client = await suite.client();
    await client.send(request('GET', '/until-close')).over();
    expect(client.ending).toBe('reset');
  });
});

describe('requirement 16: bytes that belong to nobody', () => {
  test('bytes behind a response: that connection is discarded, the client never sees them', async () => {
    suite.upstream.answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong';
    const client = await suite.client();
    await client.send(request('GET', '/1')).has('\r\n\r\nok');
    const first = suite.upstream.connections.findLast(({ received }) => received.includes('GET /1 '))!;
    await first.over();
    suite.upstream.answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno';
    await client.send(request('GET', '/2')).has('\r\n\r\nno');
    expect(client.received).not.toContain('wrong');
    expect(first.received).not.toContain('GET /2 ');
  });

  test('bytes on an idle connection: discarded', async () => {
    const client = await suite.client();
    await client.send(request('GET', '/idle')).has('\r\n\r\nok');
    const idle = suite.upstream.connections.findLast(({ received }) => received.includes('GET /idle '))!;
    idle.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong');
    await idle.over();
    await client.send(request('GET', '/next')).has('\r\n\r\nok', 2);
    expect(client.received).not.toContain('wrong');
  });

  test.each([
    ['GET', 2],
    ['HEAD', 2],
    ['DELETE', 2],
    ['POST', 1],
    ['PATCH', 1],
  ] as const)('%s on a connection that closes as the request arrives is sent %d times in all', async (method, times) => {
    const warm = await suite.client();
    await warm.send(request('GET', '/warm')).has('\r\n\r\nok');
    let seen = 0;
    suite.upstream.answer = (connection) => {
      seen += 1;
      if (seen === 1) connection.destroy();
      else connection.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    };
    const client = await suite.client();
    await client.send(request(method, '/retry', 'Connection: close\r\n')).over();
    expect(seen).toBe(times);
    expect(statuses(client.received)).toEqual([times === 2 ? 200 : 502]);
  });

  test('nothing is sent again once a byte of an answer has come', async () => {
    const warm = await suite.client();
    await warm.send(request('GET', '/warm')).has('\r\n\r\nok');
    let seen = 0;
    suite.upstream.answer = (connection) => {
      seen += 1;
      connection.send('H');
      setImmediate(() => setImmediate(() => connection.destroy()));
    };
    const client = await suite.client();
    await client.send(request('GET', '/byte', 'Connection: close\r\n')).over();
    expect(seen).toBe(1);
    expect(statuses(client.received)).toEqual([502]);
  });
});
