/** Requirement 16: bytes nobody asked for end an upstream connection (RFC 9112 §9.2); what may be sent twice (§9.3.1). */
import { describe, expect, test } from '@jest/globals';
import { statuses, turn } from './support/connection.ts';
import type { Connection } from './support/connection.ts';
import { forwarded, hostileSuite } from './support/suite.ts';
import { OK } from './support/upstream.ts';
import type { UpstreamConnectionRecord } from './support/upstream.ts';

const suite = hostileSuite();
const get = (path: string, method = 'GET'): string => suite.request(method, path);
const arrives = (path: string, method = 'GET'): string =>
  forwarded(`${method} ${path} HTTP/1.1`, suite.upstream.authority);
const POISON = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';

/** Leaves one fresh idle connection to the origin in the pool. */
async function primed(): Promise<void> {
  const { upstream } = suite;
  // Whatever is idle is used up: the origin ends each connection.
  upstream.answer = (connection) =>
    void connection.send('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok');
  for (const connection of upstream.connections) connection.destroy();
  await suite.ask(get('/flush'), 'ok');
  upstream.reset();
  await suite.ask(get('/prime'), 'ok');
  upstream.take();
}

/**
 * The one idle connection, and a client whose request the proxy is going to read in the same turn of its loop as what the origin
 * does: the request takes the connection, then that is there.
 */
async function aboutToMeet(): Promise<{ readonly idle: UpstreamConnectionRecord; readonly client: Connection }> {
  await primed();
  const idle = suite.upstream.last;
  const client = await suite.client();
  await turn();
  await turn();
  return { idle, client };
}

describe('requirement 16: bytes after an answer', () => {
  const answers: [name: string, answer: string][] = [
    ['another answer', `${OK}${POISON}`],
    ['one byte', `${OK}x`],
    ['a CRLF', `${OK}\r\n`],
    ['after chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n${POISON}`],
    ['after a length of 0', `HTTP/1.1 200 OK\r\nX: ok\r\nContent-Length: 0\r\n\r\n${POISON}`],
    ['after 204', `HTTP/1.1 204 No Content\r\nX: ok\r\n\r\n${POISON}`],
    ['after 304', `HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\nX: ok\r\n\r\npoison`],
  ];
  test.each(answers)('%s: the connection is discarded, nothing of it reaches anybody', async (_, answer) => {
    const { upstream } = suite;
    upstream.answer = answer;
    const client = await suite.client();
    client.send(get('/1'));
    await client.has('ok');
    upstream.answer = OK;
    client.send(get('/2'));
    await client.until(({ received }) => statuses(received).length === 2 && received.endsWith('ok'));
    expect(client.received).not.toContain('poison');
    expect(upstream.last.requests).toEqual([arrives('/2')]);
    expect(upstream.requests).toEqual([arrives('/1'), arrives('/2')]);
    await upstream.connections.find(({ requests }) => requests[0]?.startsWith('GET /1 '))!.over();
  });

  test('to a HEAD: a body that should not be there', async () => {
    const { upstream } = suite;
    upstream.answer = POISON;
    const client = await suite.client();
    client.send(get('/1', 'HEAD'));
    await client.has('\r\n\r\n');
    upstream.answer = OK;
    client.send(get('/2'));
    await client.has('ok');
    expect(client.received).not.toContain('poison');
    expect(upstream.last.requests).toEqual([arrives('/2')]);
  });

  test.each([POISON, 'x', '\r\n'])('on an idle connection (%j): discarded at once', async (stray) => {
    await primed();
    const { upstream } = suite;
    const idle = upstream.last;
    await idle.send(stray).over();
    const received = await suite.ask(get('/next'), 'ok');
    expect(received).not.toContain('poison');
    expect(upstream.last).not.toBe(idle);
    expect(upstream.last.requests).toEqual([arrives('/next')]);
  });

  test.each([POISON, 'x', '\r\n', POISON.replace('200', '103')])(
    'on a connection that was just taken, before the request is written (%j): discarded, the request goes on another',
    async (stray) => {
      const { upstream } = suite;
      const { idle, client } = await aboutToMeet();
      client.send(get('/next'));
      idle.send(stray);
      await client.has('\r\n\r\nok');
      expect(client.received).not.toContain('poison');
      await idle.over();
      expect(upstream.last).not.toBe(idle);
      expect(upstream.take()).toBe(arrives('/next'));
    },
  );

  test.each([
    ['POST', ['Content-Length: 2'], 'hi', 'stray bytes'],
    ['POST', ['Content-Length: 9000'], 'x'.repeat(9000), 'stray bytes'],
    ['PATCH', [], '', 'stray bytes'],
    ['POST', ['Content-Length: 2'], 'hi', 'a reset'],
    ['POST', ['Content-Length: 2'], 'hi', 'an end'],
  ])('%s %j likewise: nothing of it has gone out, it is whole on the other', async (method, fields, body, ending) => {
    const { upstream } = suite;
    const { idle, client } = await aboutToMeet();
    const sent = suite.proxy.bytes('upstream_out');
    client.send(suite.request(method, '/next', fields, body));
    if (ending === 'a reset') idle.reset();
    else if (ending === 'an end') idle.end();
    else idle.send('x');
    await client.has('\r\n\r\nok');
    expect(statuses(client.received)).toEqual([200]);
    expect(upstream.last).not.toBe(idle);
    const arrived = upstream.take();
    expect(arrived).toBe(forwarded(`${method} /next HTTP/1.1`, upstream.authority, fields) + body);
    expect(suite.proxy.bytes('upstream_out') - sent).toBe(arrived.length);
    // The connection is as good as before.
    await client.send(get('/after')).has('\r\n\r\nok', 2);
    expect(upstream.take()).toBe(arrives('/after'));
  });

  test('an origin that half-closes behind a whole answer: the answer is good, its connection is not used again', async () => {
    const { upstream } = suite;
    upstream.answer = (connection) => connection.end(OK);
    const client = await suite.client();
    await client.send(get('/1')).has('\r\n\r\nok');
    const used = upstream.last;
    upstream.answer = OK;
    await client.send(get('/2')).has('\r\n\r\nok', 2);
    expect(upstream.last).not.toBe(used);
    await used.over();
    expect(used.requests).toEqual([arrives('/1')]);
    expect(statuses(client.received)).toEqual([200, 200]);
  });

  test('an idle connection that the origin ends is not used again', async () => {
    await primed();
    const { upstream } = suite;
    const idle = upstream.last;
    idle.end();
    await idle.over();
    await suite.ask(get('/next', 'POST'), 'ok');
    expect(upstream.last).not.toBe(idle);
  });
});

/** What the origin has seen of the request in question. */
const sent = (): string[] => suite.upstream.requests.filter((request) => request.includes('/again'));

describe('requirement 16: retries', () => {
  const closesFirst = (): void => {
    const { upstream } = suite;
    const idle = upstream.last;
    upstream.answer = (connection) => {
      if (connection === idle) connection.destroy();
      else connection.send(OK);
    };
  };

  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])(
    '%s on a reused connection that closes unanswered is sent once more',
    async (method) => {
      await primed();
      closesFirst();
      const received = await suite.ask(get('/again', method), '\r\n\r\n');
      expect(statuses(received)).toEqual([200]);
      expect(sent()).toEqual([arrives('/again', method), arrives('/again', method)]);
    },
  );

  test.each(['POST', 'PATCH', 'FOO', 'get', 'CONNECTX'])('%s is not', async (method) => {
    await primed();
    closesFirst();
    const received = await suite.ask(get('/again', method), '\r\n\r\n');
    expect(statuses(received)).toEqual([502]);
    expect(sent()).toEqual([arrives('/again', method)]);
  });

  test('a request with a body is not', async () => {
    await primed();
    closesFirst();
    const received = await suite.ask(suite.request('PUT', '/again', ['Content-Length: 2'], 'hi'), '\r\n\r\n');
    expect(statuses(received)).toEqual([502]);
    expect(sent()).toHaveLength(1);
  });

  test('at most once', async () => {
    await primed();
    suite.upstream.answer = (connection) => connection.destroy();
    const received = await suite.ask(get('/again'), '\r\n\r\n');
    expect(statuses(received)).toEqual([502]);
    expect(sent()).toHaveLength(2);
  });

  test.each(['H', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 200 OK\r\n'])(
    'not once a byte of an answer was received: %j',
    async (part) => {
      await primed();
      suite.upstream.answer = (connection) => connection.send(part).end();
      const received = await suite.ask(get('/again'), 'error=connection_terminated');
      expect(statuses(received).at(-1)).toBe(502);
      expect(sent()).toHaveLength(1);
    },
  );
});

describe('requirement 16: a connection that was opened for the request', () => {
  const fresh = hostileSuite({ upstream: { pool: { maxIdle: 0 } } });

  test('closes unanswered: nothing is sent again', async () => {
    const { upstream } = fresh;
    upstream.answer = (connection) => connection.destroy();
    const received = await fresh.ask(fresh.get('/again'), '\r\n\r\n');
    expect(statuses(received)).toEqual([502]);
    expect(upstream.requests).toEqual([forwarded('GET /again HTTP/1.1', upstream.authority)]);
    expect(upstream.connections).toHaveLength(1);
  });
});
