/** Requirement 14: an answer before the body has come: what is unread is thrown away or cut off, never read as a request (RFC 9112 §9.3). */
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { statuses } from './support/connection.ts';
import { PSEUDONYM } from './support/proxy.ts';
import { forwarded, hostileSuite, timedSuite } from './support/suite.ts';

const DRAIN = 64 * 1024;
/** More than all buffers on the way hold together. */
const MUCH = 64 * 1024 * 1024;
/** More than the system of a client takes that does not read; what is left lies in the filter's. */
const ANSWER = 200_000;
const suite = hostileSuite({ list: '127.0.0.1/listed\n', limits: { lingerBytes: DRAIN } });
const smuggled = (): string => suite.get('/smuggled');

describe('requirement 14: an answer of our own, the body unread', () => {
  test.each([
    ['by length', (length: number) => `Content-Length: ${length}`, ''],
    ['by length, that ends before what follows', () => 'Content-Length: 5', ''],
    ['chunked, that ends before what follows', () => 'Transfer-Encoding: chunked', '0\r\n\r\n'],
    ['chunked', () => 'Transfer-Encoding: chunked', '1000\r\n'],
  ] as const)('a block page, and a body %s: no byte of it is a request', async (_name, framing, before) => {
    for (const method of ['POST', 'GET', 'FOO']) {
      const received = await suite.ask(
        suite.request(method, '/listed', [framing(smuggled().length)], before + smuggled()),
      );
      expect(statuses(received)).toEqual([403]);
      expect(received).toContain('\r\nConnection: close\r\n');
      await suite.nothingForwarded();
    }
  });

  const answers: [name: string, line: () => string, status: number][] = [
    ['malformed', () => 'POST / HTTP/1.1\r\nHost: x', 400],
    ['a loop', () => `POST ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\nVia: 1.1 ${PSEUDONYM}`, 508],
    ['TRACE', () => `TRACE ${suite.upstream.url}/ HTTP/1.1\r\nHost: x`, 501],
    ['OPTIONS *', () => 'OPTIONS * HTTP/1.1\r\nHost: x', 200],
    ['a private destination', () => 'POST http://10.0.0.1/ HTTP/1.1\r\nHost: x', 403],
    ['fields too large', () => `POST ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(70_000)}`, 431],
  ];
  test.each(answers)('%s: no byte of the body is a request', async (_name, line, status) => {
    const received = await suite.ask(`${line()}\r\nContent-Length: ${smuggled().length}\r\n\r\n${smuggled()}`);
    expect(statuses(received)).toEqual([status]);
    expect(received).toContain('\r\nConnection: close\r\n');
    await suite.nothingForwarded();
  });

  test('no connection to the origin: no byte of the body is a request', async () => {
    const received = await suite.ask(
      `POST http://127.0.0.1:${await freePort()}/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${smuggled().length}\r\n\r\n${smuggled()}`,
    );
    expect(statuses(received)).toEqual([502]);
    expect(received).toContain('\r\nConnection: close\r\n');
    await suite.nothingForwarded();
  });

  test('a body that comes after the answer neither', async () => {
    const client = await suite.client();
    await client.send(suite.request('POST', '/listed', [`Content-Length: ${smuggled().length}`])).has('\r\n\r\n');
    await client.send(smuggled().repeat(3)).over();
    expect(statuses(client.received)).toEqual([403]);
    await suite.nothingForwarded();
  });

  test('without a body the connection goes on after a block page', async () => {
    const received = await suite.ask(suite.get('/listed') + suite.get('/', 'Connection: close'));
    expect(statuses(received)).toEqual([403, 200]);
    expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority));
  });

  test('a client of HTTP/1.0 may wait for the end: it comes with the block page', async () => {
    const client = await suite.client();
    await client.send(`GET ${suite.upstream.url}/listed HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`).over();
    expect(client.received).toMatch(/^HTTP\/1\.1 403 [^]*\r\nConnection: close\r\n/);
    await suite.nothingForwarded();
  });

  // Was a bug: the version was that of the request that the thread had read last.
  test('whether it ends the connection depends on the client that is answered, whoever has asked since', async () => {
    const { upstream } = suite;
    upstream.automatic = false;
    const [old, recent] = [await suite.client(), await suite.client()];
    recent.send(suite.get('/recent'));
    await upstream.until(({ bytes }) => bytes.includes('/recent'));
    const ofRecent = upstream.last;
    old.send(`GET ${upstream.url}/old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`);
    await upstream.until(({ bytes }) => bytes.includes('/old'));
    const ofOld = upstream.last;
    ofRecent.send('HTTP/1.1 200 malformed\0\r\n\r\n');
    await recent.has('\r\n\r\n');
    expect(recent.received).not.toContain('\r\nConnection: close\r\n');
    upstream.automatic = true;
    await recent.send(suite.get('/')).has('\r\n\r\nok');
    ofOld.send('HTTP/1.1 200 malformed\0\r\n\r\n');
    await old.over();
    expect(old.received).toMatch(/^HTTP\/1\.1 502 [^]*\r\nConnection: close\r\n/);
    expect(statuses(recent.received)).toEqual([502, 200]);
  });
});

describe('requirement 14: an origin that answers early', () => {
  const LENGTH = { fields: ['Content-Length: 1000'], part: 'partial', seen: ['Content-Length: 1000'] };
  const early = [
    { name: 'by length', ...LENGTH, ends: false },
    { name: 'by length, and closes', ...LENGTH, ends: true },
    {
      name: 'by length, to a client that waits for 100',
      ...LENGTH,
      fields: ['Expect: 100-continue', ...LENGTH.fields],
      seen: ['Expect: 100-continue', ...LENGTH.seen],
      ends: false,
    },
    {
      name: 'chunked',
      fields: ['Transfer-Encoding: chunked'],
      part: '7\r\npartial\r\n',
      seen: ['Transfer-Encoding: chunked'],
      ends: false,
    },
    {
      name: 'chunked, and closes',
      fields: ['Transfer-Encoding: chunked'],
      part: '7\r\npartial\r\n',
      seen: ['Transfer-Encoding: chunked'],
      ends: true,
    },
  ];
  test.each(early)(
    '$name: its answer is relayed, what the client still sends is no request',
    async ({ fields, part, seen, ends }) => {
      const { upstream } = suite;
      const client = await suite.client();
      client.send(suite.request('POST', '/early', fields, part));
      await upstream.until(({ bytes }) => bytes.endsWith(part));
      const origin = upstream.last;
      origin.send('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno');
      if (ends) origin.end();
      await client.over();
      expect(client.received).toMatch(/^HTTP\/1\.1 413 [^]*\r\nConnection: close\r\n[^]*\r\n\r\nno$/);
      expect(statuses(client.received)).toEqual([413]);
      client.send(smuggled());
      client.end();
      await client.until(({ closed }) => closed);
      await origin.over();
      expect(upstream.take()).toBe(forwarded('POST /early HTTP/1.1', upstream.authority, seen) + part);
      await suite.nothingForwarded();
    },
  );
});

describe('requirement 14: what still comes', () => {
  const post = (length: number): string => suite.request('POST', '/listed', [`Content-Length: ${length}`]);

  test('is thrown away, so that the answer is not lost', async () => {
    const client = await suite.client();
    client.send(post(DRAIN - 1000)).send('b'.repeat(DRAIN - 1000));
    await client.over();
    expect(client.ending).toBe('end');
    expect(statuses(client.received)).toEqual([403]);
    client.end();
    await client.until(({ closed }) => closed);
  });

  test('behind the answer too, up to a bound', async () => {
    const before = suite.proxy.bytes('client_in');
    const client = await suite.client();
    client.send(post(100_000_000) + 'b'.repeat(DRAIN / 4));
    await client.has('\r\n\r\n');
    await client.send('b'.repeat(DRAIN / 2)).over();
    expect(client.ending).toBe('end');
    expect(client.closed).toBe(false);
    client.send(Buffer.alloc(MUCH));
    await client.until(({ closed }) => closed);
    // What is beyond the bound lies in the buffers of the kernel.
    expect(suite.proxy.bytes('client_in') - before).toBeLessThan(4 * DRAIN);
    await suite.nothingForwarded();
  });

  test('for a while: a client that keeps its side open after the last answer is let go', async () => {
    const client = await suite.client();
    client.send(post(1000));
    await client.over();
    const before = suite.proxy.connections();
    const after = await eventually(
      'the client is let go',
      () => suite.proxy.connections(),
      (count) => count < before,
    );
    expect(after).toBe(before - 1);
  });

  test.each([
    ['refused', '/listed', 403],
    ['passed', '/', 200],
  ])('not at all where the client has said that nothing will: %s', async (_, path, status) => {
    const before = suite.proxy.connections();
    const client = await suite.client();
    client.send(suite.get(path, 'Connection: close'));
    await client.over();
    expect([client.ending, statuses(client.received)]).toEqual(['end', [status]]);
    await eventually(
      'the client is let go',
      () => suite.proxy.connections(),
      (count) => count === before,
    );
  });

  test.each(['1.0', '1.1'])('though a body of HTTP/%s was never announced', async (version) => {
    const client = await suite.client();
    client.send(suite.request('POST', '/listed', ['Connection: close']).replace('HTTP/1.1', `HTTP/${version}`));
    await client.over();
    expect([client.ending, statuses(client.received)]).toEqual(['end', [403]]);
    expect(client.closed).toBe(false);
    client.send('late body').end();
    await client.until(({ closed }) => closed);
    expect(client.ending).toBe('end');
  });

  test.each([
    ['refused', '/listed', 403],
    ['passed', '/', 200],
  ])('though the client has said that nothing will: %s', async (_, path, status) => {
    const client = await suite.client();
    client.send(`${suite.get(path, 'Connection: close')}\r\n`);
    await client.over();
    expect([client.ending, statuses(client.received)]).toEqual(['end', [status]]);
    expect(client.closed).toBe(false);
    client.end();
    await client.until(({ closed }) => closed);
  });
});

describe('requirement 14: a client that sends more than is thrown away, and reads later', () => {
  const timed = timedSuite({ list: '127.0.0.1/listed\n', limits: { lingerBytes: DRAIN } });

  // Was a bug: it was closed at once, and what it had not taken was lost, of the answer to the request before, too.
  test('has all its answers, and is closed a while later', async () => {
    const { upstream, proxy, time } = timed;
    const body = 'a'.repeat(ANSWER);
    upstream.answer = `HTTP/1.1 200 OK\r\nContent-Length: ${ANSWER}\r\n\r\n${body}`;
    const client = await timed.client();
    client.socket.pause();
    client.send(timed.get('/first'));
    await eventually('the first answer is with the system', () => proxy.bytes('client_out') > ANSWER);
    const before = proxy.bytes('client_in');
    client.send(timed.request('POST', '/listed', [`Content-Length: ${MUCH}`])).send(Buffer.alloc(MUCH, 'b'));
    await eventually('more has come than is thrown away', () => proxy.bytes('client_in') - before > DRAIN);
    client.socket.resume();
    await client.over();
    expect([statuses(client.received), client.ending]).toEqual([[200, 403], 'end']);
    expect(client.received).toContain(`\r\n\r\n${body}HTTP/1.1 403 `);
    expect(client.closed).toBe(false);
    await eventually('it is closed', async () => {
      await time.pass(1000);
      return client.closed;
    });
    upstream.take();
  });
});
