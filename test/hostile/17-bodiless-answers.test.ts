/** Requirement 17: answers without a body, and interim answers (RFC 9110 §6.4.1, §15.2). */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { hostileSuite } from './support/suite.ts';
import { OK } from './support/upstream.ts';

const suite = hostileSuite({ limits: { informational: 4 } });
const ask = (method: string, path = '/', version = '1.1'): string => `${method} ${suite.upstream.url}${path} HTTP/${version}\r\nHost: x\r\n\r\n`;

describe('requirement 17: HEAD, 204, 304 have no body', () => {
  const answers: [name: string, method: string, answer: string][] = [
    ['HEAD with a length', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n'],
    ['HEAD, chunked', 'HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['HEAD without framing', 'HEAD', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['204 with a length', 'GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 1000\r\n\r\n'],
    ['204, chunked', 'GET', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['304 with a length', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n'],
    ['304, chunked', 'GET', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ];
  test.each(answers)('%s: the next answer follows the head', async (_, method, answer) => {
    const { upstream } = suite;
    upstream.answer = (connection, request) => connection.send(request.includes('/next') ? OK : answer);
    const client = await suite.client();
    client.send(ask(method) + ask('GET', '/next'));
    await client.has('ok');
    expect(client.received).toMatch(/^HTTP\/1\.1 (?:200|204|304) [^]*?\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*?\r\n\r\nok$/);
    expect(client.received.split('\r\n\r\n')[0]).not.toMatch(/transfer-encoding/i);
  });

  test('204 carries no Content-Length, HEAD and 304 the one they came with', async () => {
    const { upstream } = suite;
    upstream.answer = 'HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n';
    expect(await suite.ask(ask('GET'), '\r\n\r\n')).not.toContain('Content-Length');
    upstream.answer = 'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n';
    expect(await suite.ask(ask('GET'), '\r\n\r\n')).toContain('Content-Length: 7\r\n');
    upstream.answer = 'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n';
    expect(await suite.ask(ask('HEAD'), '\r\n\r\n')).toContain('Content-Length: 7\r\n');
  });
});

describe('requirement 17: interim answers', () => {
  test('all are forwarded, in order', async () => {
    suite.upstream.answer = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX: y\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}`;
    const received = await suite.ask(ask('GET'), 'ok');
    expect(statuses(received)).toEqual([100, 102, 103, 200]);
    expect(received).toContain('\r\nLink: </a>\r\n');
  });

  test('byte by byte', async () => {
    const answer = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}`;
    suite.upstream.answer = (connection) => {
      void (async () => {
        for (const byte of answer) {
          connection.send(byte);
          await new Promise(setImmediate);
        }
      })();
    };
    expect(statuses(await suite.ask(ask('GET'), '\r\n\r\nok'))).toEqual([100, 103, 200]);
  });

  test('a Content-Length or Transfer-Encoding in one frames nothing and is not forwarded', async () => {
    suite.upstream.answer = `HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nHTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n${OK}`;
    const received = await suite.ask(ask('GET'), 'ok');
    expect(statuses(received)).toEqual([103, 103, 200]);
    expect(received.slice(0, received.indexOf('HTTP/1.1 200'))).not.toMatch(/content-length|transfer-encoding/i);
  });

  test('as many as are allowed, and not one more', async () => {
    const interim = 'HTTP/1.1 103 Early Hints\r\n\r\n';
    suite.upstream.answer = `${interim.repeat(4)}${OK}`;
    expect(statuses(await suite.ask(ask('GET'), 'ok'))).toEqual([103, 103, 103, 103, 200]);
    suite.upstream.answer = interim.repeat(1000);
    const received = await suite.ask(ask('GET').replace('Host', 'Connection: close\r\nHost'));
    expect(statuses(received)).toEqual([103, 103, 103, 103, 502]);
  });

  test('none to a client of HTTP/1.0', async () => {
    suite.upstream.answer = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${OK}`;
    const received = await suite.ask(ask('GET', '/', '1.0'));
    expect(statuses(received)).toEqual([200]);
    expect(received).toMatch(/\r\n\r\nok$/);
  });

  test('100 to a client that waits for it, then its body', async () => {
    const { upstream } = suite;
    upstream.onHead = (connection) => void connection.send('HTTP/1.1 100 Continue\r\n\r\n');
    const client = await suite.client();
    client.send(`POST ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
    await client.has('100 Continue');
    await client.send('hi').has('ok');
    expect(statuses(client.received)).toEqual([100, 200]);
    expect(upstream.requests.at(-1)).toMatch(/\r\nExpect: 100-continue\r\n[^]*hi$/);
  });
});
