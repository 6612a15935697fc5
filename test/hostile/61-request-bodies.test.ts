/**
 * Requirement 61: an origin that does not read a request's body takes it for the next request. The connection it came on
 * serves nobody else, and nobody at all where a request inside it could have asked for a listed page. The same against
 * real origins: test/e2e/unread-bodies.real.test.ts.
 */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { hostileSuite } from './support/suite.ts';
import { OK } from './support/upstream.ts';

const suite = hostileSuite(
  { list: '127.0.0.2/listed\n', upstream: { pool: { idleTimeoutAfterBody: '5s' } } },
  '0.0.0.0',
);

const FRAMINGS: readonly (readonly [name: string, field: string, body: string])[] = [
  ['by length', 'Content-Length: 2', 'hi'],
  ['chunked', 'Transfer-Encoding: chunked', '2\r\nhi\r\n0\r\n\r\n'],
  ['chunked and empty', 'Transfer-Encoding: chunked', '0\r\n\r\n'],
];
/** Cannot be told apart from a request without a body by an origin that reads none. */
const NO_BODY: readonly (readonly [name: string, method: string, fields: readonly string[]])[] = [
  ['no length', 'GET', []],
  ['Content-Length: 0', 'POST', ['Content-Length: 0']],
  ['Content-Length: 0 of a GET', 'GET', ['Content-Length: 0']],
  ['Content-Length: 000', 'FOO', ['Content-Length: 000']],
];

/** Of the origin whose host has path entries; the list names 127.0.0.2, the origin listens everywhere. */
const onListedHost = (bytes: string): string => bytes.replace('http://127.0.0.1:', 'http://127.0.0.2:');
const post = (fields: readonly string[], body: string, method = 'POST'): string =>
  suite.request(method, '/post', fields, body);

/** The paths that each connection has carried, in order; only those that have carried any. */
function carried(): string[][] {
  return suite.upstream.connections
    .map(({ requests }) => requests.map((request) => request.split(' ')[1]!))
    .filter((paths) => paths.length > 0);
}

describe('requirement 61: a connection that has carried a body', () => {
  test.each(
    ['POST', 'PUT', 'PATCH'].flatMap((method) =>
      FRAMINGS.map(([name, field, body]) => ({ name: `${method} ${name}`, method, field, body })),
    ),
  )('$name: serves its client on, and nobody else', async ({ method, field, body }) => {
    const client = await suite.client();
    await client.send(post([field], body, method)).has('\r\n\r\nok');
    await suite.ask(suite.get('/other'), '\r\n\r\nok');
    await client.send(suite.get('/mine')).has('\r\n\r\nok', 2);
    await suite.ask(suite.get('/another'), '\r\n\r\nok');
    await client.send(post([field], body, method)).has('\r\n\r\nok', 3);
    expect(carried().find((paths) => paths.includes('/post'))).toEqual(['/post', '/mine', '/post']);
  });

  test('is closed with its client', async () => {
    const client = await suite.client();
    await client.send(post(['Content-Length: 2'], 'hi')).has('\r\n\r\nok');
    const used = suite.upstream.last;
    client.destroy();
    await used.over();
    expect(used.requests).toHaveLength(1);
  });

  test.each(['Connection: close', 'Connection: close, x'])(
    'is closed at once where the client has said that this was its last request: %s',
    async (field) => {
      const client = await suite.client();
      await client.send(post([field, 'Content-Length: 2'], 'hi')).has('\r\n\r\nok');
      expect((await suite.upstream.last.over()).requests).toHaveLength(1);
    },
  );

  test('is closed where its client goes on to post elsewhere: one is kept', async () => {
    const client = await suite.client();
    await client.send(post(['Content-Length: 2'], 'hi')).has('\r\n\r\nok');
    const first = suite.upstream.last;
    await client
      .send(post(['Content-Length: 2'], 'hi').replace('http://127.0.0.1:', 'http://127.0.0.3:'))
      .has('\r\n\r\nok', 2);
    expect(suite.upstream.last).not.toBe(first);
    expect((await first.over()).requests).toHaveLength(1);
  });

  test.each(NO_BODY)('%s is no body: the connection serves whoever is next', async (_, method, fields) => {
    const client = await suite.client();
    await client.send(post(fields, '', method)).has('\r\n\r\nok');
    await suite.ask(suite.get('/other'), '\r\n\r\nok');
    expect(carried().find((paths) => paths.includes('/post'))).toContain('/other');
  });

  test.each(
    ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'FOO', 'post', 'PATCHX', 'PROPFIND'].flatMap((method) =>
      FRAMINGS.map(([name, field, body]) => ({ name: `${method} ${name}`, method, field, body })),
    ),
  )('$name: closed after the response', async ({ method, field, body }) => {
    suite.upstream.answer = method === 'HEAD' ? 'HTTP/1.1 200 OK\r\nX: ok\r\n\r\n' : OK;
    const client = await suite.client();
    await client.send(post([field], body, method)).has('ok');
    const used = suite.upstream.last;
    await used.over();
    suite.upstream.answer = OK;
    await client.send(suite.get('/mine')).has('\r\n\r\nok', method === 'HEAD' ? 1 : 2);
    expect(suite.upstream.last).not.toBe(used);
  });

  test('where the origin had answered before the body was there: closed', async () => {
    const { upstream } = suite;
    upstream.onHead = (connection) => void connection.send(OK);
    upstream.automatic = false;
    const client = await suite.client();
    client.send(post(['Content-Length: 2'], 'h'));
    await client.has('\r\n\r\nok');
    await upstream.last.over();
    expect(statuses(client.received)).toEqual([200]);
  });
});

describe('requirement 61: a host with path entries', () => {
  test.each(
    ['POST', 'PUT', 'PATCH', 'GET', 'FOO'].flatMap((method) =>
      FRAMINGS.map(([name, field, body]) => ({ name: `${method} ${name}`, method, field, body })),
    ),
  )('$name: closed after the response', async ({ method, field, body }) => {
    const client = await suite.client();
    await client.send(onListedHost(post([field], body, method))).has('\r\n\r\nok');
    const used = suite.upstream.last;
    await used.over();
    expect(used.requests).toHaveLength(1);
    await client.send(onListedHost(suite.get('/mine'))).has('\r\n\r\nok', 2);
    expect(suite.upstream.last).not.toBe(used);
    // Listed or not, the client's connection is as good as before.
    await client.send(onListedHost(suite.get('/listed'))).until(({ received }) => statuses(received).at(-1) === 403);
  });

  test.each(NO_BODY)('%s is no body: the connection is kept', async (_, method, fields) => {
    await suite.ask(onListedHost(post(fields, '', method)), '\r\n\r\nok');
    await suite.ask(onListedHost(suite.get('/other')), '\r\n\r\nok');
    expect(carried().find((paths) => paths.includes('/post'))).toContain('/other');
  });
});

describe('requirement 61: what is inside of a body', () => {
  /** An origin that knows no bodies: every head is a request, answered with its own path. */
  function bodyless(): void {
    const { upstream } = suite;
    upstream.automatic = false;
    upstream.onHead = (connection) => {
      const heads = connection.received.slice(connection.consumed).split('\r\n\r\n').slice(0, -1);
      connection.consumed = connection.received.length;
      for (const head of heads) {
        const path = head.split(' ')[1] ?? 'none';
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
      }
    };
  }

  const inside = (host: string, path: string): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

  test.each(['GET', 'POST', 'PUT', 'FOO'])('%s: a request for a listed page is answered to nobody', async (method) => {
    bodyless();
    const body = inside('127.0.0.2', '/listed');
    for (let round = 0; round < 20; round++) {
      const attacker = await suite.client();
      await attacker.send(onListedHost(post([`Content-Length: ${body.length}`], body, method))).has('/post');
      const other = suite.ask(onListedHost(suite.get('/other')), '\r\n\r\n/other');
      await attacker.send(onListedHost(suite.get('/mine'))).has('/mine');
      expect(attacker.received).not.toContain('listed');
      expect(await other).not.toContain('listed');
      attacker.destroy();
    }
    expect(suite.upstream.bytes).toContain('GET /listed');
  });

  test.each(['GET', 'POST', 'PUT', 'FOO'])(
    '%s: a request for another page is answered to nobody else',
    async (method) => {
      bodyless();
      const body = inside('127.0.0.1', '/evil');
      for (let round = 0; round < 20; round++) {
        const attacker = await suite.client();
        await attacker.send(post([`Content-Length: ${body.length}`], body, method)).has('/post');
        expect(await suite.ask(suite.get('/other'), '\r\n\r\n/')).toMatch(/\r\n\r\n\/other$/);
        attacker.destroy();
        expect(await suite.ask(suite.get('/other'), '\r\n\r\n/')).toMatch(/\r\n\r\n\/other$/);
      }
      expect(suite.upstream.bytes).toContain('GET /evil');
    },
  );
});

describe('requirement 61: beside authentication', () => {
  const ntlm = (path: string): string => suite.get(path, 'Authorization: NTLM ann');

  test('a connection that is bound is not closed for one that has carried a body', async () => {
    const client = await suite.client();
    await client.send(ntlm('/ann')).has('\r\n\r\nok');
    const bound = suite.upstream.last;
    await client
      .send(post(['Content-Length: 2'], 'hi').replace('http://127.0.0.1:', 'http://127.0.0.3:'))
      .has('\r\n\r\nok', 2);
    await suite.upstream.last.over();
    await client.send(suite.get('/ann')).has('\r\n\r\nok', 3);
    expect(suite.upstream.last).toBe(bound);
  });

  test('a body on a bound connection: it stays with its client, who stays authenticated', async () => {
    const client = await suite.client();
    await client.send(ntlm('/ann')).has('\r\n\r\nok');
    const bound = suite.upstream.last;
    await client.send(post(['Content-Length: 2'], 'hi')).has('\r\n\r\nok', 2);
    await client.send(suite.get('/ann')).has('\r\n\r\nok', 3);
    await suite.ask(suite.get('/other'), '\r\n\r\nok');
    expect(bound.requests.map((request) => request.split(' ')[1])).toEqual(['/ann', '/post', '/ann']);
  });
});

describe('requirement 61: idle after a body', () => {
  const brief = hostileSuite({ upstream: { pool: { idleTimeoutAfterBody: '10ms' } } });

  test('the connection is closed before its time in the pool would end', async () => {
    const client = await brief.client();
    await client.send(brief.request('POST', '/', ['Content-Length: 2'], 'hi')).has('\r\n\r\nok');
    await brief.upstream.last.over();
    const used = brief.upstream.last;
    await client.send(brief.get('/')).has('\r\n\r\nok', 2);
    expect(brief.upstream.last).not.toBe(used);
  });
});

describe('requirement 61: responses that announce a body that they cannot have', () => {
  const closing: readonly (readonly [name: string, response: string])[] = [
    ['204 with a length', 'HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\n'],
    ['204, chunked', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['304, chunked', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ];
  test.each(closing)('%s: the connection is closed', async (_, response) => {
    const { upstream } = suite;
    upstream.answer = response;
    await suite.ask(suite.get('/'), '\r\n\r\n');
    expect((await upstream.last.over()).requests).toHaveLength(1);
  });

  const kept: readonly (readonly [name: string, method: string, response: string])[] = [
    ['204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['204 with a length of 0', 'GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n'],
    ['304 with a length (RFC 9110 §8.6)', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\n'],
    ['HEAD with a length (RFC 9110 §8.6)', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n'],
    ['HEAD, chunked (RFC 9112 §6.1)', 'HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['a length of 0', 'GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ];
  test.each(kept)('%s: the connection is kept', async (_, method, response) => {
    const { upstream } = suite;
    upstream.answer = response;
    await suite.ask(suite.request(method, '/'), '\r\n\r\n');
    const used = upstream.last;
    await suite.ask(suite.request(method, '/'), '\r\n\r\n');
    expect(upstream.last).toBe(used);
  });
});
