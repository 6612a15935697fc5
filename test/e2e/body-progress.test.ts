/**
 * Request bodies that come byte by byte, each byte in time (R-U-Dead-Yet): cut once too little has come within a period.
 * Who is honestly slow is not, nor who has to wait for an origin, nor an answer that drips.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startOrigin } from '../support/origin.ts';
import type { Origin } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import type { RawClient } from '../support/raw-client.ts';

const PERIOD = 600;
/** Far below a period: each byte alone would be in time. */
const DRIP = 100;
/** More than drips in a period and the half second by which a deadline may be acted on later. */
const LEAST = 100;
/** A connection to the origin for each request. */
const UPSTREAM = { allow: ['127.0.0.0/8', '::1/128'], pool: { perOrigin: 0 } };
const CUT = 'cleanfeed_connections_dropped_total{reason="body_timeout"}';
const MIB = 1024 * 1024;

let origin: Origin;
let proxy: ProxyProcess;
let url: string;

beforeAll(async () => {
  origin = await startOrigin();
  url = `http://localhost:${origin.port}/`;
  proxy = await startProxy({ config: { upstream: UPSTREAM, timeouts: { body: PERIOD / 1000, firstByte: 10 }, limits: { bodyProgress: LEAST } } });
});
afterAll(async () => {
  await proxy.stop();
  await origin.close();
});

/** Sends `piece` again and again until the connection ends or `times` have gone; the milliseconds it took. */
async function drip(client: RawClient, piece: string, times: number): Promise<number> {
  const startedAt = performance.now();
  const { promise, resolve } = Promise.withResolvers<void>();
  let sent = 0;
  const timer = setInterval(() => {
    if (sent++ === times) resolve();
    else client.send(piece);
  }, DRIP);
  client.socket.once('close', () => resolve());
  await promise;
  clearInterval(timer);
  return performance.now() - startedAt;
}

const post = (fields: string): string => `POST ${url} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n\r\n`;

describe('requirement 35: a request body that drips', () => {
  test.each([
    { name: 'by length', fields: 'Content-Length: 4000', piece: 'x' },
    { name: 'in chunks', fields: 'Transfer-Encoding: chunked', piece: '1\r\nx\r\n' },
    { name: 'in the size of one chunk', fields: 'Transfer-Encoding: chunked', piece: '0' },
  ])('$name: cut after one period without an answer; the origin sees no clean end', async ({ fields, piece }) => {
    const before = (await proxy.metrics()).get(CUT)!;
    await using client = await rawClient(proxy.port);
    client.send(post(fields));
    const server = await origin.connection();
    await server.head();
    expect(await drip(client, piece, 200)).toBeLessThan(PERIOD * 6);
    expect(client.reader.unread.toString()).toBe('');
    await server.reader.ended();
    expect(server.reader.unread.includes('0\r\n\r\n')).toBe(false);
    expect((await proxy.metrics()).get(CUT)).toBe(before + 1);
  });

  test('what is left of a body may be less, where it comes within the period', async () => {
    await using client = await rawClient(proxy.port);
    client.send(post('Content-Length: 4'));
    const server = await origin.connection();
    await server.head();
    await drip(client, 'x', 4);
    expect((await server.reader.exactly(4)).toString()).toBe('xxxx');
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect((await client.response()).status).toBe(200);
  });

  test('just fast enough: passes, over many periods', async () => {
    await using client = await rawClient(proxy.port);
    client.send(post('Content-Length: 900'));
    const server = await origin.connection();
    await server.head();
    expect(await drip(client, 'x'.repeat(25), 36)).toBeGreaterThan(PERIOD * 4);
    expect(await server.reader.exactly(900)).toHaveLength(900);
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect((await client.response()).status).toBe(200);
  });

  test('an answer may drip', async () => {
    await using client = await rawClient(proxy.port);
    client.request(url);
    const server = await origin.connection();
    await server.head();
    server.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 40\r\n\r\n');
    const timer = setInterval(() => server.send('x'), DRIP);
    expect((await client.response()).body).toHaveLength(40);
    clearInterval(timer);
  });

  test('switched off: a byte is enough', async () => {
    await using patient = await startProxy({ config: { upstream: UPSTREAM, timeouts: { body: PERIOD / 1000 }, limits: { bodyProgress: '0B' } } });
    await using client = await rawClient(patient.port);
    client.send(post('Content-Length: 40'));
    const server = await origin.connection();
    await server.head();
    expect(await drip(client, 'x', 40)).toBeGreaterThan(PERIOD * 3);
    expect(await server.reader.exactly(40)).toHaveLength(40);
  });
});

test('requirement 35: time in which the origin took nothing is not counted against the client', async () => {
  const bytes = 12 * MIB;
  // No share of the body is enough: the client's time begins anew only because it had to wait.
  await using waiting = await startProxy({ config: { upstream: UPSTREAM, timeouts: { body: 2 }, limits: { bodyProgress: '16MiB' } } });
  await using client = await rawClient(waiting.port);
  client.send(post(`Content-Length: ${bytes + 1}`));
  const server = await origin.connection();
  await server.head();
  server.socket.pause();
  client.send(Buffer.alloc(bytes));
  await pause(1500);
  const all = server.reader.exactly(bytes + 1);
  server.socket.resume();
  await pause(1000);
  client.send('x');
  expect(await all).toHaveLength(bytes + 1);
  server.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  expect((await client.response()).status).toBe(200);
});

/** Time that passes is what is tested here. */
async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
