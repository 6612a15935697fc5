/** Requirement 25: a client that ends its side has gone; later requests wait, unread, for the answers before them. */
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { statuses } from './support/connection.ts';
import { forwarded, hostileSuite } from './support/suite.ts';
import { OK } from './support/upstream.ts';

describe('requirement 25: FIN is an abort', () => {
  const suite = hostileSuite({ limits: { pipelineBytes: 4096 } });
  const get = (path: string): string => `GET ${suite.upstream.url}${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

  test.each(['fin', 'rst'])('before an answer, by %s: the upstream connection is closed at once', async (how) => {
    const { upstream } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    client.send(get('/slow'));
    await upstream.until(({ bytes }) => bytes.includes('/slow'));
    if (how === 'fin') client.end();
    else client.reset();
    await upstream.last.over();
    expect(statuses(client.received)).toEqual([]);
  });

  test.each(['fin', 'rst'])('in the middle of an answer, by %s', async (how) => {
    const { upstream } = suite;
    upstream.answer = (connection) => void connection.send('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\npart');
    const client = await suite.client();
    await client.send(get('/')).has('part');
    if (how === 'fin') client.end();
    else client.reset();
    await upstream.last.over();
    expect(statuses(client.received)).toEqual([200]);
  });

  test('while connecting', async () => {
    const client = await suite.client();
    client.send(`GET http://192.0.2.1/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    client.end();
    await client.until(({ closed }) => closed);
    await suite.nothingForwarded();
  });

  test('later requests are answered in order, and sent one after the other', async () => {
    const { upstream } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    client.send(get('/1') + get('/2') + get('/3'));
    for (const path of ['/1', '/2', '/3']) {
      await upstream.until(({ bytes }) => bytes.includes(path));
      expect(upstream.take()).toBe(forwarded(`GET ${path} HTTP/1.1`, upstream.authority));
      upstream.last.send(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${path}`);
      await client.has(`\r\n\r\n${path}`);
    }
    expect(statuses(client.received)).toEqual([200, 200, 200]);
  });

  test('a refused second request waits its turn, and ends the connection', async () => {
    const { upstream } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    client.send(`${get('/1')}GET / HTTP/1.1\r\nHost: x\r\n\r\n${get('/3')}`);
    await upstream.until(({ bytes }) => bytes.includes('/1'));
    expect(client.received).toBe('');
    upstream.last.send(OK);
    await client.over();
    expect(statuses(client.received)).toEqual([200, 400]);
    expect(upstream.take()).toBe(forwarded('GET /1 HTTP/1.1', upstream.authority));
  });

  test('what waits is bounded: the client is not read', async () => {
    const { upstream } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    client.send(get('/1'));
    await upstream.until(({ bytes }) => bytes.includes('/1'));
    const many = get('/more').repeat(2000);
    while (client.socket.writableLength < 64 * 1024 * 1024 / 8 && client.socket.bytesWritten < 64 * 1024 * 1024) {
      client.send(many);
      await new Promise(setImmediate);
    }
    // Far more was offered than a receive buffer holds: the rest is still with the client.
    expect(client.socket.writableLength).toBeGreaterThan(0);
    expect(upstream.take()).toBe(forwarded('GET /1 HTTP/1.1', upstream.authority));
    client.reset();
    // Not read, its end is seen once the answer is there.
    upstream.reset();
    upstream.last.send(OK);
    await eventually('the client is let go', () => suite.proxy.connections(), (count) => count === 0);
  });

  test('after Connection: close nothing more is read', async () => {
    const { upstream } = suite;
    const received = await suite.ask(get('/1').replace('Host', 'Connection: close\r\nHost') + get('/2'));
    expect(statuses(received)).toEqual([200]);
    expect(upstream.take()).toBe(forwarded('GET /1 HTTP/1.1', upstream.authority));
  });
});

describe('requirement 25: FIN is no abort where configured so', () => {
  const suite = hostileSuite({ forwarded: { finIsAbort: false } });

  test('the answer is still given, then the connection ends', async () => {
    const { upstream } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    client.end(`GET ${upstream.url}/1 HTTP/1.1\r\nHost: x\r\n\r\nGET ${upstream.url}/2 HTTP/1.1\r\nHost: x\r\n\r\n`);
    for (const path of ['/1', '/2']) {
      await upstream.until(({ bytes }) => bytes.includes(path));
      upstream.take();
      upstream.last.send(OK);
    }
    await client.until(({ closed }) => closed);
    expect(client.ending).toBe('end');
    expect(statuses(client.received)).toEqual([200, 200]);
  });

  test('a body that breaks off is an abort all the same', async () => {
    const { upstream } = suite;
    const client = await suite.client();
    client.send(`POST ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf`);
    await upstream.until(({ bytes }) => bytes.endsWith('half'));
    client.end();
    await upstream.last.over();
    expect(upstream.take()).toMatch(/half$/);
  });
});
