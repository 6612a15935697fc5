/**
 * Request bodies that come byte by byte, each byte in time (R-U-Dead-Yet), at the whole process: cut once too little has come
 * within a period. Who is honestly slow is not, nor who has to wait for an origin, nor an answer that drips: those are tests
 * by given time (test/hostile/35-deadlines.test.ts), which no busy machine makes late.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { within } from '../support/within.ts';
import { startOrigin } from '../support/origin.ts';
import type { Origin } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import type { RawClient } from '../support/raw-client.ts';

/** Seconds. */
const PERIOD = 0.6;
/** Milliseconds, far below a period: each byte alone would be in time. */
const DRIP = 100;
/** More than drips in a period and the half second by which a deadline may be acted on later. */
const MIN_BYTES = 100;
/** A connection to the origin for each request. */
const UPSTREAM = { allow: ['127.0.0.0/8', '::1/128'], pool: { maxIdlePerOrigin: 0 } };
const CUT = 'cleanfeed_connections_dropped_total{reason="body_timeout"}';

let origin: Origin;
let proxy: ProxyProcess;
let url: string;

beforeAll(async () => {
  origin = await startOrigin();
  url = `http://localhost:${origin.port}/`;
  proxy = await startProxy({
    config: { upstream: UPSTREAM, timeouts: { body: PERIOD, firstByte: 60 }, limits: { minBodyProgress: MIN_BYTES } },
  });
});
afterAll(async () => {
  await proxy.stop();
  await origin.close();
});

/** Sends `piece` again and again until the connection ends. */
async function drip(client: RawClient, piece: string): Promise<void> {
  const timer = setInterval(() => client.send(piece), DRIP);
  await within('the end of a body that drips', new Promise((resolve) => client.socket.once('close', resolve))).finally(
    () => clearInterval(timer),
  );
}

describe('requirement 35: a request body that drips', () => {
  test.each([
    { name: 'by length', fields: 'Content-Length: 1000000', piece: 'x' },
    { name: 'in chunks', fields: 'Transfer-Encoding: chunked', piece: '1\r\nx\r\n' },
    { name: 'in the size of one chunk', fields: 'Transfer-Encoding: chunked', piece: '0' },
  ])('$name: cut without an answer, and the origin sees no clean end', async ({ fields, piece }) => {
    const before = (await proxy.metrics()).get(CUT)!;
    await using client = await rawClient(proxy.port);
    client.send(`POST ${url} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n\r\n`);
    const server = await origin.connection();
    await server.head();
    await drip(client, piece);
    expect(client.reader.unread.toString()).toBe('');
    await server.reader.ended();
    expect(server.reader.unread.includes('0\r\n\r\n')).toBe(false);
    expect((await proxy.metrics()).get(CUT)).toBe(before + 1);
  });
});
