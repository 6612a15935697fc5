/**
 * Connections of clients that speak to an origin, ended at every few bytes, by an end or a reset, towards origins that end in ways of their
 * own: nothing of a refused request arrives, and nothing is left behind (connections, descriptors).
 */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { helloFor } from '../support/reference/made-hello.ts';
import { Resources } from '../support/resources.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const HALF = ANSWER.slice(0, -1);
const REFUSED = 'GET / HTTP/1.1\r\nHost: listed.localhost\r\n\r\n';
/** Descriptors that the admin side may have more than before. */
const ADMIN_DESCRIPTORS = 8;
/** Bytes from one place where a client ends to the next. */
const STEP = 11;

const ORIGINS: Readonly<Record<string, (socket: Socket) => void>> = {
  'answers once': (socket) => socket.once('data', () => socket.write(ANSWER)),
  'ends in an answer': (socket) => socket.once('data', () => socket.end(HALF)),
  'is reset in an answer': (socket) => socket.once('data', () => socket.write(HALF, () => socket.resetAndDestroy())),
  'never answers': () => undefined,
  'ends at once': (socket) => socket.end(),
  'is reset at once': (socket) => socket.resetAndDestroy(),
  'speaks first': (socket) => socket.write('220 ready\r\n'),
};

const CLIENTS: readonly (readonly [string, Buffer])[] = [
  ['two requests', Buffer.from(`GET /a HTTP/1.1\r\nHost: a.localhost\r\n\r\n${REFUSED}`)],
  ['a body', Buffer.from(`POST /a HTTP/1.1\r\nHost: a.localhost\r\nContent-Length: 5\r\n\r\nhello${REFUSED}`)],
  [
    'chunks',
    Buffer.from(
      `PUT /a HTTP/1.1\r\nHost: a.localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n${REFUSED}`,
    ),
  ],
  ['TLS', helloFor('listed.localhost')],
  ['neither', Buffer.from('\0\x01\x02other\n')],
];

/** Where the steered listener is, at the origins' ports. */
const STEERED = '127.0.0.5';
const WAYS = ['inside CONNECT', 'steered'] as const;
type WayName = (typeof WAYS)[number];
const LISTENERS = ['explicit', 'steered'] as const;

const resources = new Resources();
const servers: Server[] = [];
let proxy: ProxyProcess;
/** Connections that are open at the origins. */
let open = 0;
let hasLeaked = false;
/** Before the first client. */
let descriptorsBefore = 0;

beforeAll(async () => {
  for (const speak of Object.values(ORIGINS)) {
    const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, speak)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    resources.defer(async () => {
      server.close();
      await once(server, 'close');
    });
  }
  const second = '1s';
  proxy = resources.use(
    await startProxy({
      config: {
        connect: { ports: servers.map(portOf) },
        listeners: [
          { name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 0 },
          { name: 'steered', mode: 'steered', addresses: [`${STEERED}/32`], ports: servers.map(portOf) },
        ],
        brake: { differentHits: 0 },
        timeouts: {
          header: second,
          body: second,
          firstByte: second,
          idle: second,
          tunnelFirstByte: second,
          tunnelIdle: second,
        },
      },
      lists: { own: 'listed.localhost\n' },
    }),
  );
  descriptorsBefore = descriptors();
});
afterAll(async () => await resources.end());

function serve(socket: Socket, speak: (socket: Socket) => void): void {
  let text = '';
  open += 1;
  socket.on('close', () => (open -= 1));
  socket.on('error', () => undefined);
  socket.on('end', () => socket.end());
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
    hasLeaked ||= text.includes('listed');
  });
  speak(socket);
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** A client that sends so much to the origin at this port, and ends. */
async function endAfter(way: WayName, port: number, bytes: Buffer, isReset: boolean): Promise<void> {
  const socket = way === 'steered' ? connect(port, STEERED) : connect(proxy.port, '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  if (way !== 'steered') socket.write(`CONNECT localhost:${port} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`);
  socket.once(way === 'steered' ? 'connect' : 'data', () => {
    socket.resume();
    if (!isReset) return void socket.end(bytes);
    socket.write(bytes, () => socket.resetAndDestroy());
  });
  await closed;
}

function descriptors(): number {
  return readdirSync(`/proc/${proxy.pid}/fd`).length;
}

async function left(): Promise<string> {
  const counts = await proxy.metrics();
  const connections = LISTENERS.map((name) => counts.get(`cleanfeed_connections{listener="${name}"}`)).join('+');
  const isMore = descriptors() > descriptorsBefore + ADMIN_DESCRIPTORS;
  return `${connections} of clients, ${open} of origins, ${isMore ? 'more' : 'no more'} descriptors`;
}

describe.each(WAYS)('%s', (way) => {
  test.each(CLIENTS)('%s: wherever it ends, nothing is left and nothing has leaked', async (_name, input) => {
    const ends: Promise<void>[] = [];
    for (const server of servers)
      for (let cut = input.length; cut >= 0; cut -= STEP)
        for (const isReset of [false, true]) ends.push(endAfter(way, portOf(server), input.subarray(0, cut), isReset));
    await Promise.all(ends);
    const nothing = '0+0 of clients, 0 of origins, no more descriptors';
    await eventually('everything has ended', left, (what) => what === nothing);
    expect(hasLeaked).toBe(false);
  });
});

test.each(LISTENERS)('whole requests and hellos were among them, and were judged: %s', async (listener) => {
  const counts = await proxy.metrics();
  expect(counts.get(`cleanfeed_requests_total{listener="${listener}",verdict="block"}`)).toBeGreaterThan(0);
  expect(counts.get('cleanfeed_client_hellos_total{name="sni"}')).toBeGreaterThan(0);
  expect(counts.get(`cleanfeed_not_http_total{listener="${listener}"}`)).toBeGreaterThan(0);
});
