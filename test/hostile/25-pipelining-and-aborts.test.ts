/** Requirement 25: a client that ends its side has gone; later requests wait, unread, for the answers before them. */
import { describe, expect, test } from '@jest/globals';
import { startBlackHole } from '../support/black-hole.ts';
import { eventually } from '../support/eventually.ts';
import { statuses } from './support/connection.ts';
import { forwarded, hostileSuite } from './support/suite.ts';
import { OK } from './support/upstream.ts';

const ENDS = ['fin', 'rst'] as const;

describe('requirement 25: FIN is an abort', () => {
  const suite = hostileSuite();

  test.each(ENDS)('before an answer, by %s: the upstream connection is closed at once', async (how) => {
    const { upstream } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    client.send(suite.get('/slow'));
    await upstream.until(({ bytes }) => bytes.includes('/slow'));
    if (how === 'fin') client.end();
    else client.reset();
    await upstream.last.over();
    await client.over();
    expect(statuses(client.received)).toEqual([]);
    expect(upstream.requests).toEqual([forwarded('GET /slow HTTP/1.1', upstream.authority)]);
  });

  test.each(ENDS)('in the middle of an answer, by %s', async (how) => {
    const { upstream } = suite;
    upstream.answer = (connection) => void connection.send('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\npart');
    const client = await suite.client();
    await client.send(suite.get()).has('part');
    if (how === 'fin') client.end();
    else client.reset();
    await upstream.last.over();
    expect(statuses(client.received)).toEqual([200]);
  });

  test.each(ENDS)('with a second request behind the first, by %s: it is not sent', async (how) => {
    const { upstream } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    client.send(suite.get('/1') + suite.get('/2'));
    await upstream.until(({ bytes }) => bytes.includes('/1'));
    if (how === 'fin') client.end();
    else client.reset();
    await upstream.last.over();
    expect(upstream.take()).toBe(forwarded('GET /1 HTTP/1.1', upstream.authority));
    upstream.automatic = true;
    await suite.nothingForwarded();
  });

  test.each(ENDS)('while connecting, by %s', async (how) => {
    const hole = await startBlackHole('127.0.0.9');
    const client = await suite.client();
    const before = suite.proxy.bytes('client_in');
    client.send(`GET http://127.0.0.9:${hole.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    await eventually(
      'the request is there',
      () => suite.proxy.bytes('client_in'),
      (bytes) => bytes > before,
    );
    if (how === 'fin') client.end();
    else client.reset();
    await client.until(({ closed }) => closed);
    await eventually(
      'the client is let go',
      () => suite.proxy.connections(),
      (count) => count === 0,
    );
    await hole.close();
    expect(client.received).toBe('');
  });
});

describe('requirement 25: later requests', () => {
  const suite = hostileSuite({ limits: { pipelineBytes: 4096 } });

  test('are answered in order, and sent one after the other', async () => {
    const { upstream } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    client.send(suite.get('/1') + suite.get('/2') + suite.get('/3'));
    for (const path of ['/1', '/2', '/3']) {
      await upstream.until(({ bytes }) => bytes.includes(path));
      expect(upstream.take()).toBe(forwarded(`GET ${path} HTTP/1.1`, upstream.authority));
      upstream.last.send(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${path}`);
      await client.has(`\r\n\r\n${path}`);
    }
    expect(statuses(client.received)).toEqual([200, 200, 200]);
  });

  const refused = [
    ['refused', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['malformed', 'BROKEN\r\n\r\n', 400],
    ['of another version', 'GET http://x/ HTTP/3.0\r\nHost: x\r\n\r\n', 505],
  ] as const;
  test.each(refused)(
    'one that is %s waits its turn, unread, and ends the connection',
    async (_name, request, status) => {
      const { upstream } = suite;
      upstream.automatic = false;
      const client = await suite.client();
      client.send(suite.get('/1') + suite.get('/2') + request + suite.get('/4'));
      for (const path of ['/1', '/2']) {
        await upstream.until(({ bytes }) => bytes.includes(path));
        expect(client.received).not.toContain(String(status));
        expect(upstream.take()).toBe(forwarded(`GET ${path} HTTP/1.1`, upstream.authority));
        upstream.last.send(OK);
      }
      await client.over();
      expect(statuses(client.received)).toEqual([200, 200, status]);
      upstream.automatic = true;
      await suite.nothingForwarded();
    },
  );

  test('what waits is bounded: the client is not read, until the answer is there', async () => {
    const { upstream } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    client.send(suite.get('/1'));
    await upstream.until(({ bytes }) => bytes.includes('/1'));
    const many = suite.get(`/${'more'.repeat(250)}`).repeat(200);
    while (client.socket.writableLength < 8 * 1024 * 1024 && client.socket.bytesWritten < 64 * 1024 * 1024) {
      client.send(many);
      await new Promise(setImmediate);
    }
    // Far more was offered than a receive buffer holds: the rest is still with the client.
    expect(client.socket.writableLength).toBeGreaterThan(0);
    expect(upstream.take()).toBe(forwarded('GET /1 HTTP/1.1', upstream.authority));
    upstream.last.send(OK);
    await upstream.until(({ bytes }) => bytes.includes('GET /more'));
    client.reset();
    // Not read, its end is seen once the answer is there.
    upstream.reset();
    upstream.last.send(OK);
    await eventually(
      'the client is let go',
      () => suite.proxy.connections(),
      (count) => count === 0,
    );
    // The next request may have gone out just before.
    await upstream.last.over();
  });

  test('after Connection: close nothing more is read', async () => {
    const { upstream } = suite;
    const received = await suite.ask(suite.get('/1', 'Connection: close') + suite.get('/2'));
    expect(statuses(received)).toEqual([200]);
    expect(upstream.take()).toBe(forwarded('GET /1 HTTP/1.1', upstream.authority));
  });
});

describe('requirement 25: FIN is no abort where configured so', () => {
  // Without a pool there is a connection to wait for.
  const suite = hostileSuite({ clients: { abortOnFin: false }, upstream: { pool: { maxIdle: 0 } } });

  test('the answers are still given, then the connection ends', async () => {
    const { upstream } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    client.end(suite.get('/1') + suite.get('/2'));
    for (const path of ['/1', '/2']) {
      await upstream.until(({ bytes }) => bytes.includes(path));
      expect(upstream.take()).toBe(forwarded(`GET ${path} HTTP/1.1`, upstream.authority));
      upstream.last.send(OK);
    }
    await client.until(({ closed }) => closed);
    expect(client.ending).toBe('end');
    expect(statuses(client.received)).toEqual([200, 200]);
    expect(client.received).toMatch(/\r\n\r\nok$/);
  });

  const bodies = [
    ['by length', 'Content-Length: 5', 'whole'],
    ['by length, longer than what goes out with the head', 'Content-Length: 60000', 'w'.repeat(60_000)],
    ['chunked', 'Transfer-Encoding: chunked', '5\r\nwhole\r\n0\r\n\r\n'],
  ] as const;
  // Was a bug: the end came while the body waited for the connection to the origin, and was taken for an abort.
  test.each(bodies)('also where the end comes with a whole body, %s', async (_name, framing, body) => {
    const { upstream } = suite;
    const client = await suite.client();
    client.end(suite.request('POST', '/', [framing], body));
    await client.until(({ closed }) => closed);
    expect(statuses(client.received)).toEqual([200]);
    expect(upstream.take()).toBe(`${forwarded('POST / HTTP/1.1', upstream.authority, [framing])}${body}`);
  });

  test('a body that breaks off before there is a connection to the origin: it gets the head, and no end', async () => {
    const { upstream } = suite;
    const client = await suite.client();
    client.end(suite.request('POST', '/', ['Content-Length: 10'], 'half'));
    await client.until(({ closed }) => closed);
    await upstream.last.over();
    expect(client.received).toBe('');
    expect(upstream.requests).toEqual([]);
  });

  test('a body that breaks off is an abort all the same', async () => {
    const { upstream } = suite;
    const client = await suite.client();
    client.send(suite.request('POST', '/', ['Content-Length: 10'], 'half'));
    await upstream.until(({ bytes }) => bytes.endsWith('half'));
    client.end();
    await upstream.last.over();
    expect(upstream.take()).toBe(`${forwarded('POST / HTTP/1.1', upstream.authority, ['Content-Length: 10'])}half`);
    expect(upstream.requests).toEqual([]);
  });

  test('a reset is one too', async () => {
    const { upstream } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    client.send(suite.get('/slow'));
    await upstream.until(({ bytes }) => bytes.includes('/slow'));
    client.reset();
    await upstream.last.over();
    expect(upstream.requests).toHaveLength(1);
  });
});

describe('requirement 25: FIN is no abort, and connections to the origin are kept', () => {
  const suite = hostileSuite({ clients: { abortOnFin: false } });

  // Was a bug: nobody looked again, and the body was waited for until its deadline.
  test('a body that breaks off is an abort also where the end came while the request before it was answered', async () => {
    const { upstream } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    client.end(suite.get('/1') + suite.request('POST', '/2', ['Content-Length: 10'], 'half'));
    await upstream.until(({ bytes }) => bytes.includes('/1'));
    upstream.last.send(OK);
    await client.until(({ closed }) => closed);
    expect(statuses(client.received)).toEqual([200]);
    await eventually('nothing is left', () => upstream.connections.every(({ ending }) => ending !== null));
    expect(upstream.requests).toEqual([forwarded('GET /1 HTTP/1.1', upstream.authority)]);
  });
});
