/** Requirement 38: how much one connection may ask, and keep waiting, is bounded. */
import { describe, expect, test } from '@jest/globals';
import { atRest } from './support/at-rest.ts';
import { statuses } from './support/connection.ts';
import { forwarded, hostileSuite } from './support/suite.ts';
import { OK } from './support/upstream.ts';

describe('requirement 38: requests per connection', () => {
  const suite = hostileSuite({ limits: { requestsPerConnection: 3 }, list: '127.0.0.1/listed' });

  test('the last answer says so, what is behind it is not looked at', async () => {
    const received = await suite.ask(suite.get().repeat(5));
    expect(statuses(received)).toEqual([200, 200, 200]);
    expect(received.match(/Connection: close/g)).toHaveLength(1);
    expect(received).toMatch(/Connection: close\r\n[^]*?\r\n\r\nok$/);
    expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority).repeat(3));
  });

  test('refused ones count', async () => {
    const received = await suite.ask(suite.get('/listed') + suite.get('/') + suite.get('/listed') + suite.get('/'));
    expect(statuses(received)).toEqual([403, 200, 403]);
    expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority));
  });

  test('of another connection they do not', async () => {
    for (let i = 0; i < 5; i++) expect(statuses(await suite.ask(suite.get('/', 'Connection: close')))).toEqual([200]);
  });
});

describe('requirement 38: fields', () => {
  const suite = hostileSuite({ limits: { headerCount: 4, headerBytes: 200 } });

  test('as many as are allowed pass, one more is 431', async () => {
    const { upstream } = suite;
    await suite.ask(suite.get('/', 'A: 1', 'B: 2', 'Connection: close'));
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, ['A: 1', 'B: 2']));
    await suite.refused(suite.get('/', 'A: 1', 'B: 2', 'C: 3', 'D: 4'), 431);
  });

  test('their bytes too', async () => {
    const { upstream } = suite;
    const field = `A: ${'b'.repeat(150)}`;
    await suite.ask(suite.get('/', field), '\r\n\r\nok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, [field]));
    await suite.refused(suite.get('/', `A: ${'b'.repeat(200)}`), 431);
  });

  test('in each request of a connection anew', async () => {
    const client = await suite.client();
    for (let i = 1; i < 5; i++) await client.send(suite.get('/', 'A: 1', 'B: 2', 'C: 3')).has('\r\n\r\nok', i);
    await client.send(suite.get('/', 'A: 1', 'B: 2', 'C: 3', 'D: 4')).over();
    expect(statuses(client.received)).toEqual([200, 200, 200, 200, 431]);
  });
});

describe('requirement 38: pipelining', () => {
  const BYTES = 4096;
  const suite = hostileSuite({ limits: { pipelineBytes: BYTES } });
  /** One read of a socket at most is taken in before it is seen that it is too much. */
  const ONE_READ = 64 * 1024;

  test('no more is taken in than waits for the answer before it', async () => {
    const { upstream, proxy } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    client.send(suite.get('/1'));
    await upstream.until(({ bytes }) => bytes.includes('/1'));
    const before = proxy.bytes('client_in');
    const many = Buffer.from(suite.get('/more').repeat(50_000), 'latin1');
    client.send(many);
    expect((await atRest(() => proxy.bytes('client_in'))) - before).toBeLessThan(BYTES + ONE_READ);
    expect(upstream.take()).toBe(forwarded('GET /1 HTTP/1.1', upstream.authority));
    client.reset();
    upstream.last.send(OK);
    await upstream.last.over();
  });
});

describe('requirement 38: no room for pipelined bytes at all', () => {
  const suite = hostileSuite({ limits: { pipelineBytes: '0B' } });

  // Was a bug: bodies and tunnels stalled.
  test('a body that comes after its head', async () => {
    const { upstream } = suite;
    const client = await suite.client();
    client.send(suite.request('POST', '/', ['Content-Length: 6'], 'ab'));
    await upstream.until(({ bytes }) => bytes.endsWith('ab'));
    await client.send('cdef').has('\r\n\r\nok');
    expect(upstream.take()).toBe(`${forwarded('POST / HTTP/1.1', upstream.authority, ['Content-Length: 6'])}abcdef`);
  });

  test('a tunnel', async () => {
    const { upstream } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    await client
      .send(`CONNECT ${upstream.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
      .has('Connection established\r\n\r\n');
    client.send('hello\n');
    await upstream.until(({ bytes }) => bytes === 'hello\n');
    upstream.last.send('back');
    await client.has('\r\n\r\nback');
    expect(client.ending).toBeNull();
    client.reset();
    await upstream.last.over();
  });

  test('pipelined requests, one after the other', async () => {
    const received = await suite.ask(suite.get('/1') + suite.get('/2') + suite.get('/3', 'Connection: close'));
    expect(statuses(received)).toEqual([200, 200, 200]);
    expect(suite.upstream.take()).toBe(
      ['/1', '/2', '/3'].map((path) => forwarded(`GET ${path} HTTP/1.1`, suite.upstream.authority)).join(''),
    );
  });
});

describe('requirement 38: limits.headerCount bounds responses too', () => {
  const FIELDS = 20;
  const suite = hostileSuite({ limits: { headerCount: FIELDS } });
  const response = (fields: number): string =>
    `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${'A: b\r\n'.repeat(fields - 1)}\r\nok`;

  test('as many fields as are allowed', async () => {
    suite.upstream.answer = response(FIELDS);
    expect(statuses(await suite.ask(suite.get('/', 'Connection: close')))).toEqual([200]);
  });

  test('one more: 502', async () => {
    suite.upstream.answer = response(FIELDS + 1);
    expect(statuses(await suite.ask(suite.get('/', 'Connection: close')))).toEqual([502]);
  });
});
