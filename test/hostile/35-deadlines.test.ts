/** Requirement 35: a deadline for each phase, somebody slow for each. */
import { describe, expect, test } from '@jest/globals';
import { startBlackHole } from '../support/black-hole.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import type { Connection } from './support/connection.ts';
import { statuses } from './support/connection.ts';
import { dnsForSuites, records } from './support/dns.ts';
import { forwarded, hostileSuite } from './support/suite.ts';

const dns = dnsForSuites();
const suite = hostileSuite(() => ({
  upstream: { dns: { servers: [dns().server], timeout: 0.6, minTtl: 0 } },
  timeouts: { header: 0.3, body: 0.3, firstByte: 0.3, idle: 0.6, connect: 0.3, tunnelIdle: 0.3 },
}));
const patient = hostileSuite({ timeouts: { body: 0.8, firstByte: 10, idle: 10, tunnelStart: 0.3 } });
const get = (authority: string): string => `GET http://${authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
const connect = (authority: string): string => `CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`;

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Sends something now and then until the connection has ended. */
async function drip(connection: Connection, bytes: string, everyMs: number): Promise<void> {
  const timer = setInterval(() => connection.send(bytes), everyMs);
  await connection.over();
  clearInterval(timer);
}

describe('requirement 35: clients', () => {
  test.each([
    ['half a request line', (): string => 'GET http://x'],
    ['half a head', (): string => suite.get('/', 'A: b').slice(0, -4)],
  ])('%s is not waited for, nor does one byte now and then move its deadline', async (_name, bytes) => {
    const before = suite.proxy.dropped('header_timeout');
    const silent = await suite.client();
    const dripping = await suite.client();
    await Promise.all([silent.send(bytes()).over(), drip(dripping.send(bytes()), 'x', 50)]);
    expect([silent.received, dripping.received]).toEqual(['', '']);
    expect(suite.proxy.dropped('header_timeout')).toBe(before + 2);
    await suite.nothingForwarded();
  });

  test('idle: one that says nothing, and one that says no more', async () => {
    const before = suite.proxy.dropped('idle_timeout');
    const silent = await suite.client();
    const served = await suite.client();
    await served.send(suite.get()).has('\r\n\r\nok');
    await Promise.all([silent.over(), served.over()]);
    expect(silent.received).toBe('');
    expect(served.ending).toBe('end');
    expect(suite.proxy.dropped('idle_timeout')).toBe(before + 2);
  });

  test.each([
    ['by length', 'Content-Length: 10', 'abc'],
    ['chunked', 'Transfer-Encoding: chunked', '3\r\nabc\r\n'],
  ])('one that stops inside a body %s: both sides are cut off', async (_name, field, part) => {
    const { upstream, proxy } = suite;
    const before = proxy.dropped('body_timeout');
    const client = await suite.client();
    await client.send(suite.request('POST', '/', [field], part)).over();
    await upstream.last.over();
    expect(client.received).toBe('');
    expect(proxy.dropped('body_timeout')).toBe(before + 1);
    expect(upstream.take()).toBe(forwarded('POST / HTTP/1.1', upstream.authority, [field]) + part);
  });

  test('a tunnel in which nothing moves', async () => {
    const { upstream } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    await client.send(connect(upstream.authority)).has('\r\n\r\n');
    await client.send('hello').over();
    expect(statuses(client.received)).toEqual([200]);
    await upstream.last.over();
  });

  test('a tunnel that never begins, and none that has', async () => {
    const { upstream } = patient;
    upstream.automatic = false;
    const begun = await patient.client();
    await begun.send(connect(upstream.authority)).has('\r\n\r\n');
    begun.send('hello');
    const silent = await patient.client();
    await silent.send(connect(upstream.authority)).over();
    expect(statuses(silent.received)).toEqual([200]);
    expect(begun.socket.readableEnded).toBe(false);
    begun.reset();
  });
});

describe('requirement 35: names', () => {
  const failing = [
    { name: 'nxdomain.example', replies: { A: 'NXDOMAIN', AAAA: 'NXDOMAIN' }, status: 502, error: 'dns_error', metric: 'dns_no_name' },
    { name: 'nodata.example', replies: { A: [], AAAA: [] }, status: 502, error: 'dns_error', metric: 'dns_no_name' },
    { name: 'servfail.example', replies: { A: 'SERVFAIL', AAAA: 'SERVFAIL' }, status: 502, error: 'dns_error', metric: 'dns_failed' },
    { name: 'refused.example', replies: { A: 'REFUSED', AAAA: 'REFUSED' }, status: 502, error: 'dns_error', metric: 'dns_refused' },
    { name: 'silent.example', replies: { A: 'drop', AAAA: 'drop' }, status: 504, error: 'dns_timeout', metric: 'dns_timeout' },
  ] as const;
  test.each(failing)('$name: $status, and the connection is kept', async ({ name, replies, status, error, metric }) => {
    dns().set(name, replies);
    const before = suite.proxy.upstreamErrors(metric);
    const client = await suite.client();
    await client.send(get(name)).has('\r\n\r\n');
    expect(client.received).toContain(`; error=${error}`);
    await client.send(suite.get()).has('\r\n\r\nok');
    expect(statuses(client.received)).toEqual([status, 200]);
    const tunnel = await suite.ask(connect(`${name}:443`));
    expect(statuses(tunnel)).toEqual([status]);
    expect(tunnel).toContain(`; error=${error}`);
    expect(suite.proxy.upstreamErrors(metric)).toBe(before + 2);
    expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority));
  });

  test('one that is slow: the request waits for it; a client that leaves meanwhile leaves nothing', async () => {
    const { upstream, proxy } = suite;
    dns().set('slow.example', { A: { held: records('127.0.0.1') }, AAAA: [] });
    const client = await suite.client();
    const leaving = await suite.client();
    client.send(get(`slow.example:${upstream.port}`));
    leaving.send(get(`slow.example:${upstream.port}`).replace('/ ', '/left '));
    await dns().heldBack('slow.example', 'A');
    leaving.reset();
    await eventually('the other is gone', () => proxy.connections(), (open) => open === 1);
    dns().release('slow.example', 'A');
    await client.has('\r\n\r\nok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', `slow.example:${upstream.port}`));
  });
});

describe('requirement 35: origins', () => {
  test('not there: 502', async () => {
    const before = suite.proxy.upstreamErrors('connect');
    const authority = `127.0.0.1:${await freePort()}`;
    for (const bytes of [get(authority), connect(authority)]) {
      const received = await suite.ask(bytes, '\r\n\r\n');
      expect(statuses(received)).toEqual([502]);
      expect(received).toContain('; error=connection_refused');
    }
    expect(suite.proxy.upstreamErrors('connect')).toBe(before + 2);
  });

  test('one that takes no connection: 504', async () => {
    const hole = await startBlackHole('127.0.0.9');
    const before = suite.proxy.upstreamErrors('connect_timeout');
    for (const bytes of [get(`127.0.0.9:${hole.port}`), connect(`127.0.0.9:${hole.port}`)]) {
      const received = await suite.ask(bytes, '\r\n\r\n');
      expect(statuses(received)).toEqual([504]);
      expect(received).toContain('error=connection_timeout');
    }
    expect(suite.proxy.upstreamErrors('connect_timeout')).toBe(before + 2);
    await hole.close();
  });

  test.each(['GET', 'POST'])('one that never answers: 504, and it is let go (%s)', async (method) => {
    const { upstream, proxy } = suite;
    upstream.automatic = false;
    const before = proxy.upstreamErrors('first_byte_timeout');
    const client = await suite.client();
    await client.send(suite.request(method, '/never')).has('\r\n\r\n');
    expect(statuses(client.received)).toEqual([504]);
    expect(client.received).toContain('error=http_response_timeout');
    expect(proxy.upstreamErrors('first_byte_timeout')).toBe(before + 1);
    await upstream.last.over();
    // Late is not lost: it is not asked twice.
    expect(upstream.requests).toEqual([forwarded(`${method} /never HTTP/1.1`, upstream.authority)]);
  });

  test.each([
    ['inside its head: 504', 'HTTP/1.1 200 OK\r\nContent-', [504], 'first_byte_timeout'],
    ['inside its body, by length: the client is reset', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', [200], 'body_timeout'],
    ['inside its body, chunked: the client is reset', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc', [200], 'body_timeout'],
    ['inside a body until close: the client is reset', 'HTTP/1.1 200 OK\r\n\r\nabc', [200], 'body_timeout'],
  ] as const)('one that stops %s', async (_name, answer, want, metric) => {
    const { upstream, proxy } = suite;
    upstream.answer = answer;
    const before = proxy.upstreamErrors(metric);
    const client = await suite.client();
    await client.send(suite.get('/half', 'Connection: close')).over();
    expect(statuses(client.received)).toEqual(want);
    expect(client.ending).toBe(want[0] === 200 ? 'reset' : 'end');
    expect(proxy.upstreamErrors(metric)).toBe(before + 1);
    await upstream.last.over();
  });
});

describe('requirement 35: who is slow, but moves', () => {
  test('who is in time is heard, at whatever moment the connection came', async () => {
    const before = suite.proxy.dropped('idle_timeout') + suite.proxy.dropped('header_timeout');
    const head = suite.get('/', 'Connection: close');
    // Over two looks at the deadlines; each waits less than `idle`, then less than `header`.
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        await sleep(i * 10);
        const client = await suite.client();
        await sleep(550);
        client.send(head.slice(0, 10));
        await sleep(260);
        return statuses((await client.send(head.slice(10)).over()).received);
      }),
    );
    expect(answers).toEqual(answers.map(() => [200]));
    expect(suite.proxy.dropped('idle_timeout') + suite.proxy.dropped('header_timeout')).toBe(before);
  });

  test('what came while this side stood still is heard, however long that was', async () => {
    const silent = await suite.client();
    const client = await suite.client();
    await client.send(suite.get()).has('\r\n\r\nok');
    client.send(suite.get('/', 'Connection: close'));
    // Origin, proxy and client are this thread: it has not read yet when every deadline is past.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
    expect(statuses((await client.over()).received)).toEqual([200, 200]);
    await silent.over();
  });

  test('one that drips its answer, head and body: it arrives whole, however long it takes', async () => {
    const { upstream } = patient;
    upstream.automatic = false;
    const client = await patient.client();
    client.send(patient.get('/drip'));
    await upstream.until(({ requests }) => requests.length === 1);
    const text = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';
    // Each byte comes well before the deadline for the next; all of them together after it.
    for (const byte of text) {
      upstream.last.send(byte);
      await sleep(12);
    }
    await client.has('0\r\n\r\n');
    expect(client.received).toMatch(/\r\nTransfer-Encoding: chunked\r\n[^]*\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/);
  });

  test('an interim answer does not shorten the wait for the final one', async () => {
    const { upstream } = patient;
    upstream.answer = (connection) => {
      connection.send('HTTP/1.1 103 Early Hints\r\n\r\n');
      // Longer than `timeouts.body`, which is for what comes after the head; shorter than `timeouts.firstByte`.
      setTimeout(() => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), 1800);
    };
    expect(statuses(await patient.ask(patient.get('/', 'Connection: close')))).toEqual([103, 200]);
  });

  test('interim answers without end, slowly: their number is bounded all the same', async () => {
    const { upstream, proxy } = patient;
    upstream.answer = (connection) => void drip(connection, 'HTTP/1.1 103 Early Hints\r\n\r\n', 25);
    const before = proxy.upstreamErrors('bad_response');
    const received = await patient.ask(patient.get('/', 'Connection: close'));
    expect(statuses(received)).toEqual([...Array<number>(16).fill(103), 502]);
    expect(proxy.upstreamErrors('bad_response')).toBe(before + 1);
    await upstream.last.over();
  });
});

describe('requirement 35: who does not read', () => {
  const BODY = Buffer.alloc(64 * 1024 * 1024, 'b');
  const MOST = 32 * 1024 * 1024;

  test('a client that does not read its answer is reset, and the origin let go', async () => {
    const { upstream, proxy } = patient;
    upstream.answer = (connection) => void connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n`).send(BODY);
    const before = proxy.bytes('upstream_in');
    const client = await patient.client();
    client.socket.pause();
    client.send(patient.get());
    await upstream.until(({ bytes }) => bytes !== '');
    await upstream.last.over();
    client.socket.resume();
    await client.over();
    expect(client.ending).toBe('reset');
    expect(proxy.dropped('body_timeout')).toBe(1);
    expect(proxy.upstreamErrors('body_timeout')).toBe(0);
    expect(proxy.bytes('upstream_in') - before).toBeLessThan(MOST);
  });

  test('an origin that does not read a body: 504, and the client is read no further', async () => {
    const { upstream, proxy } = patient;
    upstream.automatic = false;
    upstream.onHead = ({ socket }) => void socket.pause();
    const before = proxy.bytes('upstream_out');
    const client = await patient.client();
    client.send(patient.request('POST', '/', [`Content-Length: ${BODY.length}`])).send(BODY);
    await client.over();
    expect(statuses(client.received)).toEqual([504]);
    expect(proxy.bytes('upstream_out') - before).toBeLessThan(MOST);
    upstream.last.destroy();
  });
});
