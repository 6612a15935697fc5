/** Origins that misbehave: the client gets a clear answer, or a broken connection; never a part that looks whole. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startBlackHole } from '../support/black-hole.ts';
import { curl } from '../support/curl.ts';
import { startOrigin } from '../support/origin.ts';
import type { Origin, OriginConnection } from '../support/origin.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import type { RawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** What an origin says before it misbehaves, all of it short of a whole answer. */
const PARTS = [
  { name: 'a body that is shorter than its length', part: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc' },
  { name: 'a chunk that is cut', part: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab' },
  { name: 'chunks without a last one', part: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n' },
  {
    name: 'a last chunk without its empty line',
    part: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n',
  },
];

const resources = new Resources();
let origin: Origin;
/** With the deadlines of the defaults: what must come has time, however busy the machine is. */
let proxy: ProxyProcess;
/** Where it is a deadline that ends the answer, and nothing else is waited for. */
let hasty: ProxyProcess;
/** Where the answer does not begin; what must be answered has some seconds. */
let mute: ProxyProcess;
let url: string;

beforeAll(async () => {
  origin = resources.use(await startOrigin());
  [proxy, hasty, mute] = [
    resources.use(await startProxy()),
    resources.use(await startProxy({ config: { timeouts: { body: '500ms' } } })),
    resources.use(await startProxy({ config: { timeouts: { firstByte: '4s', body: '4s', connect: '2s' } } })),
  ];
  url = `http://localhost:${origin.port}/`;
});
afterAll(async () => await resources.end());

/** Asks for something and hands out both ends once the origin has the request. */
async function ask({ version = 'HTTP/1.1', by = proxy } = {}): Promise<{
  client: RawClient;
  server: OriginConnection;
}> {
  const client = await rawClient(by.port);
  client.request(url, { version });
  const server = await origin.connection();
  await server.head();
  return { client, server };
}

describe('an answer that ends too early', () => {
  const ends = [
    { how: 'closed', end: (server: OriginConnection) => server.socket.end() },
    { how: 'reset', end: (server: OriginConnection) => server.socket.resetAndDestroy() },
    { how: 'silent', end: () => {} },
  ];
  const cases = PARTS.flatMap(({ name, part }) =>
    ends.flatMap(({ how, end }) => ['HTTP/1.1', 'HTTP/1.0'].map((version) => ({ name, part, how, end, version }))),
  );

  test.each(cases)('$name, then $how: an $version client sees an error', async ({ part, how, end, version }) => {
    const { client, server } = await ask({ version, by: how === 'silent' ? hasty : proxy });
    server.send(part);
    await client.reader.until('\r\n\r\n');
    end(server);
    expect(await client.reader.ended()).not.toBe('fin');
    expect(client.reader.unread.includes('0\r\n\r\n')).toBe(false);
    await client[Symbol.asyncDispose]();
  });

  test('malformed chunks', async () => {
    const { client, server } = await ask();
    server.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await client.reader.until('abc');
    server.send('zz\r\n');
    expect(await client.reader.ended()).toBe('ECONNRESET');
    expect(await server.reader.ended()).not.toBeNull();
    await client[Symbol.asyncDispose]();
  });
});

describeWith(['curl'])('curl', () => {
  test.each(PARTS)('takes no $name for whole', async ({ part }) => {
    const asked = curl(proxy.port, [url]);
    const server = await origin.connection();
    await server.head();
    server.send(part);
    server.socket.end();
    const result = await asked;
    expect(result.status).toBe(200);
    expect(result.exit).not.toBe(0);
  });
});

describe('no usable answer', () => {
  const cases = [
    {
      name: 'closes at once',
      say: (server: OriginConnection) => server.socket.end(),
      status: 502,
      error: 'connection_terminated',
    },
    {
      name: 'resets',
      say: (server: OriginConnection) => server.socket.resetAndDestroy(),
      status: 502,
      error: 'connection_terminated',
    },
    {
      name: 'ends within its head',
      say: (server: OriginConnection) => server.socket.end('HTTP/1.1 200 OK\r\nContent-'),
      status: 502,
      error: 'connection_terminated',
    },
    { name: 'says nothing', say: () => {}, status: 504, error: 'http_response_timeout' },
    {
      name: 'stops within its head',
      say: (server: OriginConnection) => server.send('HTTP/1.1 200 OK\r\n'),
      status: 504,
      error: 'http_response_timeout',
    },
    {
      name: 'names two lengths',
      say: (server: OriginConnection) =>
        server.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'),
      status: 502,
      error: 'http_protocol_error',
    },
    {
      name: 'switches protocols unasked',
      say: (server: OriginConnection) =>
        server.send('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
      status: 502,
      error: 'http_protocol_error',
    },
  ];

  test.each(cases)(
    "an origin that $name: $status, and the client's connection is kept",
    async ({ say, status, error }) => {
      const { client, server } = await ask({ by: status === 504 ? mute : proxy });
      say(server);
      const answer = await client.response();
      expect([answer.status, answer.fields.get('content-type')]).toEqual([status, 'text/plain; charset=utf-8']);
      expect(answer.fields.get('proxy-status')).toContain(`; error=${error}`);
      await server.reader.ended();
      client.request(url);
      const next = await origin.connection();
      await next.head();
      next.send(OK);
      expect((await client.response()).body.toString()).toBe('ok');
      next.socket.destroy();
      await client[Symbol.asyncDispose]();
    },
  );

  test('an address that swallows connections: 504', async () => {
    const hole = await startBlackHole('127.0.0.3');
    await using client = await rawClient(mute.port);
    client.request(`http://127.0.0.3:${hole.port}/`);
    const { status, fields } = await client.response();
    await hole.close();
    expect(status).toBe(504);
    expect(fields.get('proxy-status')).toContain('; error=connection_timeout');
  });
});

describe('a kept connection to the origin', () => {
  /** One exchange that leaves the connection in the pool. */
  async function settled(): Promise<{ client: RawClient; server: OriginConnection }> {
    const both = await ask();
    both.server.send(OK);
    await both.client.response();
    return both;
  }

  test('closed just as the request comes: GET is sent again on a new one', async () => {
    const { client, server } = await settled();
    client.request(url);
    await server.head();
    server.socket.end();
    const fresh = await origin.connection();
    await fresh.head();
    fresh.send(OK);
    expect((await client.response()).status).toBe(200);
    fresh.socket.destroy();
    await client[Symbol.asyncDispose]();
  });

  test('closed just as the request comes: POST is not sent twice', async () => {
    const { client, server } = await settled();
    const before = origin.accepted;
    client.send(`POST ${url} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx`);
    await server.head();
    server.socket.end();
    expect((await client.response()).status).toBe(502);
    expect(origin.accepted).toBe(before);
    await client[Symbol.asyncDispose]();
  });

  test('bytes behind an answer belong to nobody: it is not used again', async () => {
    const { client, server } = await ask();
    server.send(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
    expect((await client.response()).body.toString()).toBe('ok');
    expect(await server.reader.ended()).not.toBeNull();
    client.request(url);
    const fresh = await origin.connection();
    await fresh.head();
    fresh.send(OK);
    expect((await client.response()).body.toString()).toBe('ok');
    fresh.socket.destroy();
    await client[Symbol.asyncDispose]();
  });

  test('bytes on an idle connection end it', async () => {
    const { client, server } = await settled();
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
    expect(await server.reader.ended()).not.toBeNull();
    expect(client.reader.unread.length).toBe(0);
    await client[Symbol.asyncDispose]();
  });
});
