/** Requirement 17: answers without a body, and interim answers (RFC 9110 §6.4.1, §15.2). */
import { describe, expect, test } from '@jest/globals';
import { AFTER, relayed, sendAnswer } from './support/answers.ts';
import type { Pace } from './support/answers.ts';
import { statuses } from './support/connection.ts';
import { VIA, forwarded, hostileSuite } from './support/suite.ts';
import { OK } from './support/upstream.ts';

describe('requirement 17: HEAD, 204, 304 have no body', () => {
  const suite = hostileSuite();

  const answers: [name: string, method: string, answer: string, want: string][] = [
    [
      'HEAD with a length',
      'HEAD',
      'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n',
      `HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n${VIA}\r\n`,
    ],
    ['HEAD, chunked', 'HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', `HTTP/1.1 200 OK\r\n${VIA}\r\n`],
    ['HEAD without framing', 'HEAD', 'HTTP/1.1 200 OK\r\n\r\n', `HTTP/1.1 200 OK\r\n${VIA}\r\n`],
    [
      'HEAD that was not found',
      'HEAD',
      'HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\n',
      `HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n${VIA}\r\n`,
    ],
    ['204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n', `HTTP/1.1 204 No Content\r\n${VIA}\r\n`],
    [
      '204 with a length',
      'GET',
      'HTTP/1.1 204 No Content\r\nContent-Length: 1000\r\n\r\n',
      `HTTP/1.1 204 No Content\r\n${VIA}\r\n`,
    ],
    [
      '204, chunked',
      'GET',
      'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n',
      `HTTP/1.1 204 No Content\r\n${VIA}\r\n`,
    ],
    ['304', 'GET', 'HTTP/1.1 304 Not Modified\r\n\r\n', `HTTP/1.1 304 Not Modified\r\n${VIA}\r\n`],
    [
      '304 with a length',
      'GET',
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n',
      `HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n${VIA}\r\n`,
    ],
    [
      '304, chunked',
      'GET',
      'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n',
      `HTTP/1.1 304 Not Modified\r\n${VIA}\r\n`,
    ],
    [
      'a length of 0',
      'GET',
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${VIA}\r\n`,
    ],
  ];
  for (const pace of ['whole', 'bytes'] satisfies Pace[]) {
    test.each(answers)(`%s (${pace}): the next answer follows the head`, async (_name, method, answer, want) => {
      expect(await relayed(suite, answer, pace, method)).toBe(`${want}${AFTER}`);
    });
  }

  test('a body behind a 204 with its length is none: the connection is discarded', async () => {
    expect(await relayed(suite, 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nwrong')).toBe(
      `HTTP/1.1 204 No Content\r\n${VIA}\r\n${AFTER}`,
    );
  });

  test('all on one upstream connection, but for those that announce a body they cannot have (requirement 61)', async () => {
    const doubtful = new Set(['204 with a length', '204, chunked', '304, chunked']);
    for (const [, method, answer] of answers.filter(([name]) => !doubtful.has(name))) {
      suite.upstream.answer = answer;
      await suite.ask(suite.request(method, '/'), '\r\n\r\n');
    }
    expect(new Set(suite.upstream.connections.filter(({ requests }) => requests.length > 0)).size).toBe(1);
  });
});

describe('requirement 17: interim answers', () => {
  const MAX_INTERIM = 4;
  const suite = hostileSuite({ limits: { informationalResponses: MAX_INTERIM } });
  const INTERIM =
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX: y\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 199 Odd\r\n\r\n';

  test.each(['whole', 'bytes'] satisfies Pace[])('all are forwarded, in order (%s)', async (pace) => {
    suite.upstream.answer = (connection) => void sendAnswer(connection, `${INTERIM}${OK}`, pace);
    const received = await suite.ask(suite.get('/', 'Connection: close'));
    expect(statuses(received)).toEqual([100, 102, 103, 199, 200]);
    expect(received).toContain('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n');
    expect(received).toMatch(/\r\n\r\nok$/);
    expect(suite.upstream.requests).toEqual([forwarded('GET / HTTP/1.1', suite.upstream.authority)]);
  });

  test('a Content-Length or Transfer-Encoding in one frames nothing and is not forwarded', async () => {
    suite.upstream.answer = `HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nHTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n${OK}`;
    const received = await suite.ask(suite.get(), '\r\n\r\nok');
    expect(statuses(received)).toEqual([103, 103, 200]);
    expect(received.slice(0, received.indexOf('HTTP/1.1 200'))).not.toMatch(/content-length|transfer-encoding/i);
  });

  test('as many as are allowed, and not one more', async () => {
    const interim = 'HTTP/1.1 103 Early Hints\r\n\r\n';
    suite.upstream.answer = `${interim.repeat(MAX_INTERIM)}${OK}`;
    expect(statuses(await suite.ask(suite.get(), '\r\n\r\nok'))).toEqual([103, 103, 103, 103, 200]);
    for (const more of [`${interim.repeat(MAX_INTERIM + 1)}${OK}`, interim.repeat(1000)]) {
      suite.upstream.answer = more;
      const received = await suite.ask(suite.get('/', 'Connection: close'));
      expect(statuses(received)).toEqual([103, 103, 103, 103, 502]);
      await suite.upstream.last.over();
    }
  });

  test('none to a client of HTTP/1.0', async () => {
    suite.upstream.answer = `${INTERIM}${OK}`;
    const received = await suite.ask(suite.get().replace('HTTP/1.1', 'HTTP/1.0'));
    expect(received).toBe(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n${VIA}\r\nok`);
  });

  test('100 to a client that waits for it, then its body', async () => {
    const { upstream } = suite;
    upstream.onHead = (connection) => void connection.send('HTTP/1.1 100 Continue\r\n\r\n');
    const client = await suite.client();
    client.send(suite.request('POST', '/', ['Expect: 100-continue', 'Content-Length: 2']));
    await client.has('100 Continue');
    await client.send('hi').has('\r\n\r\nok');
    expect(statuses(client.received)).toEqual([100, 200]);
    expect(upstream.requests).toEqual([
      `${forwarded('POST / HTTP/1.1', upstream.authority, ['Expect: 100-continue', 'Content-Length: 2'])}hi`,
    ]);
  });
});

describe('requirement 17: interim answers, unless told', () => {
  const suite = hostileSuite();

  test('sixteen at most', async () => {
    suite.upstream.answer = `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)}${OK}`;
    const seen = statuses(await suite.ask(suite.get('/', 'Connection: close')));
    expect(seen.filter((status) => status === 103)).toHaveLength(16);
    expect(seen.at(-1)).toBe(502);
  });
});
