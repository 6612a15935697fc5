/** Requirement 35: a deadline for each phase, somebody slow for each. */
import { describe, expect, test } from '@jest/globals';
import { startBlackHole } from '../support/black-hole.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import type { Connection } from './support/connection.ts';
import { statuses } from './support/connection.ts';
import { dnsForSuites, records } from './support/dns.ts';
import { atRest } from './support/at-rest.ts';
import { forwarded, hostileSuite, timedSuite } from './support/suite.ts';
import type { Suite } from './support/suite.ts';

const dns = dnsForSuites();
/** Time passes here when a test says so: nobody is late because the machine is busy. */
const suite = timedSuite({ timeouts: { header: 3, body: 3, firstByte: 3, idle: 6, tunnelIdle: 3 } });
const patient = timedSuite({ timeouts: { body: 0.8, firstByte: 10, idle: 60, tunnelFirstByte: 3 } });
/** Names and connections to origins go by the real time: what must succeed has plenty, what must fail little. */
const named = hostileSuite(() => ({ upstream: { dns: { servers: [dns().server], timeout: '60s', minTtl: 0 } } }));
const hasty = hostileSuite(() => ({
  upstream: { dns: { servers: [dns().server], timeout: 0.6, minTtl: 0 } },
  timeouts: { connect: 0.3 },
}));
const get = (authority: string): string => `GET http://${authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
const connect = (authority: string): string => `CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** Lets time pass until it holds. */
async function late(where: Suite, what: string, holds: () => boolean): Promise<void> {
  const look = async (): Promise<boolean> => {
    await where.time.pass(500);
    return holds();
  };
  await eventually(what, look);
}

function isOver({ ending, closed }: Connection): boolean {
  return ending !== null || closed;
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
    const [silent, dripping] = [await suite.client(), await suite.client()];
    silent.send(bytes());
    dripping.send(bytes());
    await suite.time.pass(2900);
    expect([silent, dripping].map(isOver)).toEqual([false, false]);
    await late(suite, 'both are cut off', () => {
      if (!isOver(dripping)) dripping.send('x');
      return isOver(silent) && isOver(dripping);
    });
    expect([silent.received, dripping.received]).toEqual(['', '']);
    expect(suite.proxy.dropped('header_timeout')).toBe(before + 2);
    await suite.nothingForwarded();
  });

  test('idle: one that says nothing, and one that says no more', async () => {
    const before = suite.proxy.dropped('idle_timeout');
    const silent = await suite.client();
    const served = await suite.client();
    await served.send(suite.get()).has('\r\n\r\nok');
    await suite.time.pass(5500);
    expect([silent, served].map(isOver)).toEqual([false, false]);
    await late(suite, 'both are cut off', () => isOver(silent) && isOver(served));
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
    client.send(suite.request('POST', '/', [field], part));
    await upstream.until(({ bytes }) => bytes.endsWith(part));
    await late(suite, 'it is cut off', () => isOver(client));
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
    client.send('hello\n');
    await upstream.until(({ bytes }) => bytes === 'hello\n');
    await late(suite, 'it is cut off', () => isOver(client));
    expect(statuses(client.received)).toEqual([200]);
    await upstream.last.over();
  });

  test('a tunnel that never begins, and none that has', async () => {
    const { upstream } = patient;
    upstream.automatic = false;
    const begun = await patient.client();
    await begun.send(connect(upstream.authority)).has('\r\n\r\n');
    begun.send('hello\n');
    await upstream.until(({ bytes }) => bytes === 'hello\n');
    const silent = await patient.client();
    await silent.send(connect(upstream.authority)).has('\r\n\r\n');
    await late(patient, 'the silent one is cut off', () => isOver(silent));
    expect(statuses(silent.received)).toEqual([200]);
    expect(begun.socket.readableEnded).toBe(false);
    begun.reset();
  });
});

describe('requirement 35: names', () => {
  const failing = [
    {
      name: 'nxdomain.example',
      replies: { A: 'NXDOMAIN', AAAA: 'NXDOMAIN' },
      status: 502,
      error: 'dns_error',
      metric: 'dns_not_found',
    },
    { name: 'nodata.example', replies: { A: [], AAAA: [] }, status: 502, error: 'dns_error', metric: 'dns_not_found' },
    {
      name: 'servfail.example',
      replies: { A: 'SERVFAIL', AAAA: 'SERVFAIL' },
      status: 502,
      error: 'dns_error',
      metric: 'dns_failed',
    },
    {
      name: 'refused.example',
      replies: { A: 'REFUSED', AAAA: 'REFUSED' },
      status: 502,
      error: 'dns_error',
      metric: 'dns_refused',
    },
    {
      name: 'silent.example',
      replies: { A: 'drop', AAAA: 'drop' },
      status: 504,
      error: 'dns_timeout',
      metric: 'dns_timeout',
    },
  ] as const;
  test.each(failing)('$name: $status, and the connection is kept', async ({ name, replies, status, error, metric }) => {
    dns().set(name, replies);
    const where = replies.A === 'drop' ? hasty : named;
    const before = where.proxy.upstreamErrors(metric);
    const client = await where.client();
    await client.send(get(name)).has('\r\n\r\n');
    expect(client.received).toContain(`; error=${error}`);
    await client.send(where.get()).has('\r\n\r\nok');
    expect(statuses(client.received)).toEqual([status, 200]);
    const tunnel = await where.ask(connect(`${name}:443`));
    expect(statuses(tunnel)).toEqual([status]);
    expect(tunnel).toContain(`; error=${error}`);
    expect(where.proxy.upstreamErrors(metric)).toBe(before + 2);
    expect(where.upstream.take()).toBe(forwarded('GET / HTTP/1.1', where.upstream.authority));
  });

  test('one that is slow: the request waits for it; a client that leaves meanwhile leaves nothing', async () => {
    const { upstream, proxy } = named;
    dns().set('slow.example', { A: { held: records('127.0.0.1') }, AAAA: [] });
    const client = await named.client();
    const leaving = await named.client();
    client.send(get(`slow.example:${upstream.port}`));
    leaving.send(get(`slow.example:${upstream.port}`).replace('/ ', '/left '));
    await dns().heldBack('slow.example', 'A');
    leaving.reset();
    await eventually(
      'the other is gone',
      () => proxy.connections(),
      (open) => open === 1,
    );
    dns().release('slow.example', 'A');
    await client.has('\r\n\r\nok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', `slow.example:${upstream.port}`));
  });
});

describe('requirement 35: origins', () => {
  test('not there: 502', async () => {
    const before = hasty.proxy.upstreamErrors('connect');
    const authority = `127.0.0.1:${await freePort()}`;
    for (const bytes of [get(authority), connect(authority)]) {
      const received = await hasty.ask(bytes, '\r\n\r\n');
      expect(statuses(received)).toEqual([502]);
      expect(received).toContain('; error=connection_refused');
    }
    expect(hasty.proxy.upstreamErrors('connect')).toBe(before + 2);
  });

  test('one that takes no connection: 504', async () => {
    const hole = await startBlackHole('127.0.0.9');
    const before = hasty.proxy.upstreamErrors('connect_timeout');
    for (const bytes of [get(`127.0.0.9:${hole.port}`), connect(`127.0.0.9:${hole.port}`)]) {
      const received = await hasty.ask(bytes, '\r\n\r\n');
      expect(statuses(received)).toEqual([504]);
      expect(received).toContain('error=connection_timeout');
    }
    expect(hasty.proxy.upstreamErrors('connect_timeout')).toBe(before + 2);
    await hole.close();
  });

  test.each(['GET', 'POST'])('one that never answers: 504, and it is let go (%s)', async (method) => {
    const { upstream, proxy } = suite;
    upstream.automatic = false;
    const before = proxy.upstreamErrors('first_byte_timeout');
    const client = await suite.client();
    client.send(suite.request(method, '/never'));
    await upstream.until(({ requests }) => requests.length === 1);
    await late(suite, 'it is answered', () => client.received.includes('\r\n\r\n'));
    expect(statuses(client.received)).toEqual([504]);
    expect(client.received).toContain('error=http_response_timeout');
    expect(proxy.upstreamErrors('first_byte_timeout')).toBe(before + 1);
    await upstream.last.over();
    // Late is not lost: it is not asked twice.
    expect(upstream.requests).toEqual([forwarded(`${method} /never HTTP/1.1`, upstream.authority)]);
  });

  test.each([
    ['inside its head: 504', 'HTTP/1.1 200 OK\r\nContent-', [504], 'first_byte_timeout'],
    [
      'inside its body, by length: the client is reset',
      'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc',
      [200],
      'body_timeout',
    ],
    [
      'inside its body, chunked: the client is reset',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc',
      [200],
      'body_timeout',
    ],
    ['inside a body until close: the client is reset', 'HTTP/1.1 200 OK\r\n\r\nabc', [200], 'body_timeout'],
  ] as const)('one that stops %s', async (_name, answer, want, metric) => {
    const { upstream, proxy } = suite;
    upstream.answer = answer;
    const before = proxy.upstreamErrors(metric);
    const client = await suite.client();
    client.send(suite.get('/half', 'Connection: close'));
    await upstream.until(({ requests }) => requests.length === 1);
    await late(suite, 'it is cut off', () => isOver(client));
    expect(statuses(client.received)).toEqual(want);
    expect(client.ending).toBe(want[0] === 200 ? 'reset' : 'end');
    expect(proxy.upstreamErrors(metric)).toBe(before + 1);
    await upstream.last.over();
  });
});

describe('requirement 35: who is slow, but moves', () => {
  const edge = timedSuite({ timeouts: { header: 0.3, idle: 0.6, firstByte: 0.3 } });
  const late50 = Array.from({ length: 50 }, (_, i) => i * 10);

  test('who is in time is heard, at whatever moment the connection came', async () => {
    const before = edge.proxy.dropped('idle_timeout') + edge.proxy.dropped('header_timeout');
    const head = edge.get('/', 'Connection: close');
    const clients = new Map<number, Connection>();
    // Over two looks at the deadlines; each waits less than `idle`, then less than `header`.
    const steps = late50.flatMap((start) => [
      { at: start, act: async (): Promise<void> => void clients.set(start, await edge.client()) },
      { at: start + 550, act: async (): Promise<void> => void clients.get(start)!.send(head.slice(0, 10)) },
      { at: start + 810, act: async (): Promise<void> => void clients.get(start)!.send(head.slice(10)) },
    ]);
    let now = 0;
    for (const { at, act } of steps.toSorted((a, b) => a.at - b.at)) {
      await edge.time.pass(at - now);
      now = at;
      await act();
    }
    for (const client of clients.values()) await client.over();
    expect([...clients.values()].map(({ received }) => statuses(received))).toEqual(late50.map(() => [200]));
    expect(edge.proxy.dropped('idle_timeout') + edge.proxy.dropped('header_timeout')).toBe(before);
  });

  test('what came while this side stood still is heard, however long that was', async () => {
    const silent = await edge.client();
    const client = await edge.client();
    await client.send(edge.get()).has('\r\n\r\nok');
    client.send(edge.get('/', 'Connection: close'));
    // Origin, proxy and client are this thread: it has not read yet when every deadline is past.
    edge.time.stall(1500);
    expect(statuses((await client.over()).received)).toEqual([200, 200]);
    await late(edge, 'the silent one is cut off', () => isOver(silent));
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
      await patient.time.pass(100);
    }
    await client.has('0\r\n\r\n');
    expect(client.received).toMatch(/\r\nTransfer-Encoding: chunked\r\n[^]*\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/);
  });

  test('an interim answer does not shorten the wait for the final one', async () => {
    const { upstream } = patient;
    upstream.answer = (connection) => void connection.send('HTTP/1.1 103 Early Hints\r\n\r\n');
    const client = await patient.client();
    await client.send(patient.get('/', 'Connection: close')).has('103');
    // Longer than `timeouts.body`, which is for what comes after the head; shorter than `timeouts.firstByte`.
    await patient.time.pass(5000);
    upstream.last.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect(statuses((await client.over()).received)).toEqual([103, 200]);
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

describe('requirement 35: a body byte by byte', () => {
  const PERIOD_MS = 600;
  const DRIP_MS = 100;
  const slow = timedSuite({
    timeouts: { body: PERIOD_MS / 1000, firstByte: 60, idle: 60 },
    limits: { minBodyProgress: '100B' },
  });
  const unbound = timedSuite({
    timeouts: { body: PERIOD_MS / 1000, firstByte: 60, idle: 60 },
    limits: { minBodyProgress: '0B' },
  });
  const waiting = timedSuite({ timeouts: { body: 2, firstByte: 60, idle: 60 }, limits: { minBodyProgress: '16MiB' } });
  const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  /** A request whose body drips, piece by piece, as often as said or until it is cut off. */
  async function post(
    where: Suite,
    framing: string,
    { piece, times }: { readonly piece: string; readonly times: number },
  ): Promise<Connection> {
    where.upstream.automatic = false;
    const client = await where.client();
    client.send(where.request('POST', '/', [framing]));
    for (let sent = 0; sent < times && !isOver(client); sent++) {
      client.send(piece);
      await where.time.pass(DRIP_MS);
    }
    return client;
  }

  async function expectAnswered(where: Suite, client: Connection, bytes: number): Promise<void> {
    await where.upstream.until(({ bytes: all }) => all.endsWith('x'.repeat(bytes)));
    where.upstream.last.send(OK);
    await client.has('\r\n\r\nok');
    expect(statuses(client.received)).toEqual([200]);
  }

  test('just fast enough: passes, over many periods', async () => {
    await expectAnswered(slow, await post(slow, 'Content-Length: 900', { piece: 'x'.repeat(25), times: 36 }), 900);
  });

  test('just too slow: cut after the first period, though each byte came in time', async () => {
    const before = slow.proxy.dropped('body_timeout');
    const client = await post(slow, 'Content-Length: 900', { piece: 'x'.repeat(10), times: 36 });
    await client.over();
    expect(client.received).toBe('');
    expect(slow.proxy.dropped('body_timeout')).toBe(before + 1);
    // Two looks and a period.
    expect(slow.upstream.bytes.split('\r\n\r\n')[1]!.length).toBeLessThan(((PERIOD_MS + 2 * 250) / DRIP_MS + 1) * 10);
  });

  test.each([
    { name: 'by length', framing: 'Content-Length: 1000000', piece: 'x' },
    { name: 'in chunks', framing: 'Transfer-Encoding: chunked', piece: '1\r\nx\r\n' },
    { name: 'in the size of one chunk', framing: 'Transfer-Encoding: chunked', piece: '0' },
  ])('$name: cut without an answer, and the origin sees no clean end', async ({ framing, piece }) => {
    const before = slow.proxy.dropped('body_timeout');
    const client = await post(slow, framing, { piece, times: 36 });
    await client.over();
    expect(client.received).toBe('');
    await slow.upstream.last.over();
    expect(slow.upstream.bytes.split('\r\n\r\n').slice(1).join('\r\n\r\n')).not.toContain('0\r\n\r\n');
    expect(slow.proxy.dropped('body_timeout')).toBe(before + 1);
  });

  test('what is left of a body may be less, where it comes within the period', async () => {
    await expectAnswered(slow, await post(slow, 'Content-Length: 4', { piece: 'x', times: 4 }), 4);
  });

  test('switched off: a byte is enough', async () => {
    await expectAnswered(unbound, await post(unbound, 'Content-Length: 40', { piece: 'x', times: 40 }), 40);
  });

  test('an answer may drip', async () => {
    const { upstream } = slow;
    upstream.automatic = false;
    const client = await slow.client();
    client.send(slow.get());
    await upstream.until(({ requests }) => requests.length === 1);
    upstream.last.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 40\r\n\r\n');
    for (let sent = 0; sent < 40; sent++) {
      upstream.last.send('x');
      await slow.time.pass(DRIP_MS);
    }
    await client.has('x'.repeat(40));
    expect(isOver(client)).toBe(false);
  });

  test('time in which the origin took nothing is not counted against the client', async () => {
    // No share of the body is enough: the client's time begins anew only because it had to wait.
    const bytes = 12 * 1024 * 1024;
    const { upstream, proxy } = waiting;
    upstream.automatic = false;
    upstream.onHead = ({ socket }) => void socket.pause();
    const client = await waiting.client();
    client.send(waiting.request('POST', '/', [`Content-Length: ${bytes + 1}`])).send(Buffer.alloc(bytes, 'b'));
    await upstream.until(({ connections }) => connections.length === 1);
    await atRest(() => proxy.bytes('client_in'));
    await waiting.time.pass(1500);
    upstream.last.socket.resume();
    await upstream.until(({ connections }) => connections[0]!.received.length >= bytes);
    await waiting.time.pass(1000);
    client.send('x');
    await upstream.until(({ connections }) => connections[0]!.received.endsWith('x'));
    upstream.last.send(OK);
    await client.has('\r\n\r\nok');
    expect(statuses(client.received)).toEqual([200]);
  });
});

describe('requirement 35: who does not read', () => {
  const BODY = Buffer.alloc(64 * 1024 * 1024, 'b');
  const MAX_BYTES = 32 * 1024 * 1024;

  test('a client that does not read its answer is reset, and the origin let go', async () => {
    const { upstream, proxy } = patient;
    upstream.answer = (connection) =>
      void connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n`).send(BODY);
    const before = proxy.bytes('upstream_in');
    const client = await patient.client();
    client.socket.pause();
    client.send(patient.get());
    await upstream.until(({ bytes }) => bytes !== '');
    await atRest(() => proxy.bytes('upstream_in'));
    await late(patient, 'the origin is let go', () => isOver(upstream.last));
    client.socket.resume();
    await client.over();
    expect(client.ending).toBe('reset');
    expect(proxy.dropped('body_timeout')).toBe(1);
    expect(proxy.upstreamErrors('body_timeout')).toBe(0);
    expect(proxy.bytes('upstream_in') - before).toBeLessThan(MAX_BYTES);
  });

  test('an origin that does not read a body: 504, and the client is read no further', async () => {
    const { upstream, proxy } = patient;
    upstream.automatic = false;
    upstream.onHead = ({ socket }) => void socket.pause();
    const before = proxy.bytes('upstream_out');
    const client = await patient.client();
    client.send(patient.request('POST', '/', [`Content-Length: ${BODY.length}`])).send(BODY);
    await atRest(() => proxy.bytes('upstream_out') - before);
    await late(patient, 'it is answered', () => isOver(client));
    expect(statuses(client.received)).toEqual([504]);
    expect(proxy.bytes('upstream_out') - before).toBeLessThan(MAX_BYTES);
    upstream.last.destroy();
  });
});
