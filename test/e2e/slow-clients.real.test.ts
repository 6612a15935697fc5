/** Clients that go away or do not read: the origin is let go at once, or held back; nothing piles up in between. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { beginDownload } from '../support/begun-download.ts';
import { eventually } from '../support/eventually.ts';
import { startOrigin } from '../support/origin.ts';
import type { Origin } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';

const MIB = 1024 * 1024;
const BLOCK = randomBytes(MIB);
const BLOCKS = 220;

const resources = new Resources();
let origin: Origin;
let proxy: ProxyProcess;
let url: string;

beforeAll(async () => {
  origin = resources.use(await startOrigin());
  proxy = resources.use(
    await startProxy({
      config: {
        connect: { ports: [origin.port] },
        upstream: { allow: ['127.0.0.0/8'], pool: { maxIdlePerOrigin: 0 } },
      },
    }),
  );
  url = `http://localhost:${origin.port}/`;
});
afterAll(async () => await resources.end());

describe('a client that goes away', () => {
  const ways = [
    { how: 'with FIN', leave: (socket: Socket) => socket.end() },
    { how: 'with RST', leave: (socket: Socket) => socket.resetAndDestroy() },
    { how: 'by closing', leave: (socket: Socket) => socket.destroy() },
  ];

  test.each(ways)('$how before the answer: the origin sees the end', async ({ leave }) => {
    await using client = await rawClient(proxy.port);
    client.request(url);
    const server = await origin.connection();
    await server.head();
    leave(client.socket);
    expect(await server.reader.ended()).not.toBeNull();
  });

  test.each(ways)('$how in the middle of the answer', async ({ leave }) => {
    await using client = await rawClient(proxy.port);
    const server = await beginDownload(client, origin, 1000);
    leave(client.socket);
    expect(await server.reader.ended()).not.toBeNull();
  });

  test.each(ways)('$how in the middle of the request: the origin sees no clean end', async ({ leave }) => {
    await using client = await rawClient(proxy.port);
    client.send(`POST ${url} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`);
    const server = await origin.connection();
    await server.head();
    await server.reader.until('abc');
    leave(client.socket);
    expect(await server.reader.ended()).not.toBeNull();
    expect(server.reader.unread.includes('0\r\n\r\n')).toBe(false);
  });

  test('while its answer waits for it: the origin is let go', async () => {
    await using client = await rawClient(proxy.port);
    client.socket.pause();
    client.request(url);
    const server = await origin.connection();
    await server.head();
    server.send(`HTTP/1.1 200 OK\r\nContent-Length: ${BLOCKS * MIB}\r\n\r\n`);
    await cameToRest(sendBlocks(server.socket));
    client.socket.resetAndDestroy();
    expect(await server.reader.ended()).not.toBeNull();
  });

  test('with FIN, where that is configured to be no abort: it gets its answer', async () => {
    await using patient = await startProxy({ config: { clients: { abortOnFin: false } } });
    await using client = await rawClient(patient.port);
    client.request(url);
    client.socket.end();
    const server = await origin.connection();
    await server.head();
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect((await client.response()).body.toString()).toBe('ok');
  });
});

test('six hundred clients that leave at every possible moment leave nothing behind', async () => {
  await using server = await startOrigin(async (connection) => {
    for (;;) {
      const length = Number(/^Content-Length: (\d+)$/im.exec(await connection.head())?.[1] ?? 0);
      await connection.reader.exactly(length);
      connection.send(
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4000\r\n${'x'.repeat(0x4000)}\r\n0\r\n\r\n`,
      );
    }
  });
  await using own = await startProxy({
    config: {
      workers: 2,
      connect: { ports: [server.port] },
      upstream: { allow: ['127.0.0.0/8'], pool: { maxIdlePerOrigin: 0 } },
    },
  });
  const address = `localhost:${server.port}`;
  const whole = `GET http://${address}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
  const openings = [
    '',
    'GET http://',
    whole,
    whole.repeat(20),
    `POST http://${address}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\nabc`,
    `POST http://${address}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab`,
    `CONNECT ${address} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `CONNECT ${address} HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n\r\n`,
    'GET http://10.0.0.1/ HTTP/1.1\r\nHost: x\r\n\r\n',
    'nonsense\r\n\r\n',
  ];
  const descriptors = openDescriptors(own.pid);
  const leaves = ['destroy', 'resetAndDestroy', 'end'] as const;
  await Promise.all(
    Array.from({ length: 600 }, async (_, i) => {
      const client = await rawClient(own.port);
      client.send(openings[i % openings.length]!);
      // Some leave at once, some after the first bytes or the end of what they get.
      if (i % 4 === 1 && openings[i % openings.length]!.endsWith('\r\n\r\n')) await client.reader.until('\r\n');
      client.socket[leaves[i % 3]!]();
      if (i % 3 === 2) await client.reader.ended();
      await client[Symbol.asyncDispose]();
    }),
  );
  await eventually(
    'no connection is left',
    async () => (await own.metrics()).get('cleanfeed_connections{listener="explicit"}') === 0,
  );
  expect(
    await eventually(
      'no descriptor is left',
      () => openDescriptors(own.pid),
      (open) => open <= descriptors,
    ),
  ).toBeLessThanOrEqual(descriptors);
});

describe(`${BLOCKS} MiB to whoever does not read`, () => {
  test('an answer: the origin is held back, all of it arrives later', async () => {
    const client = connect(proxy.port, '127.0.0.1');
    client.pause();
    client.write(`GET ${url} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    const server = await origin.connection();
    await server.head();
    server.send(`HTTP/1.1 200 OK\r\nContent-Length: ${BLOCKS * MIB}\r\n\r\n`);
    await expectHeldBack(server.socket);
    const received = digestOf(client, '\r\n\r\n');
    client.resume();
    expect(await received).toEqual({ bytes: BLOCKS * MIB, sha256: digestOfBlocks() });
  });

  test('a tunnel towards the client', async () => {
    const client = connect(proxy.port, '127.0.0.1');
    client.write(`CONNECT localhost:${origin.port} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const server = await origin.connection();
    await once(client, 'readable');
    client.read();
    client.pause();
    await expectHeldBack(server.socket);
    const received = digestOf(client, '');
    client.resume();
    expect(await received).toEqual({ bytes: BLOCKS * MIB, sha256: digestOfBlocks() });
    server.socket.destroy();
  });

  test.each([
    {
      name: 'a request body',
      head: () => `POST ${url} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${BLOCKS * MIB}\r\n\r\n`,
      mark: '\r\n\r\n',
    },
    {
      name: 'a tunnel towards the origin',
      head: () => `CONNECT localhost:${origin.port} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      mark: '',
    },
  ])('$name: the client is held back', async ({ head, mark }) => {
    await using client = await rawClient(proxy.port);
    client.send(head());
    const { socket } = await origin.connection();
    socket.pause();
    socket.removeAllListeners('data');
    const received = digestOf(socket, mark);
    socket.pause();
    await expectHeldBack(client.socket);
    socket.resume();
    expect(await received).toEqual({ bytes: BLOCKS * MIB, sha256: digestOfBlocks() });
  });
});

interface Sending {
  /** Bytes that the kernel has taken. */
  sent: number;
}

/** Each block is handed over when the one before has gone: what is counted has really left. */
function sendBlocks(socket: Socket): Sending {
  const sending = { sent: 0 };
  const next = (): void => {
    if (sending.sent === BLOCKS * MIB) return;
    socket.write(BLOCK, (error) => {
      if (error !== null && error !== undefined) return;
      sending.sent += MIB;
      next();
    });
  };
  next();
  return sending;
}

/** Sends all blocks; sees that they stop flowing while most are still here: what has left fits the kernel's buffers and a few reads. */
async function expectHeldBack(sender: Socket): Promise<void> {
  expect(await cameToRest(sendBlocks(sender))).toBeLessThan(socketBuffers() + 4 * MIB);
}

/** Bytes that have left once no more do: the same figure at many looks in a row. */
async function cameToRest(sending: Sending): Promise<number> {
  let same = 0;
  let last = 0;
  return await eventually(
    'the sender is held back',
    () => {
      same = sending.sent === last && last > 0 ? same + 1 : 0;
      last = sending.sent;
      return last;
    },
    () => same >= 40,
  );
}

/** What the kernel may hold on the way: one connection on either side of the proxy. */
function socketBuffers(): number {
  const largest = (name: string): number =>
    Number(readFileSync(`/proc/sys/net/ipv4/${name}`, 'latin1').trim().split(/\s+/)[2]);
  return 2 * (largest('tcp_rmem') + largest('tcp_wmem'));
}

function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Of all blocks, received behind `mark`. */
async function digestOf(socket: Socket, mark: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  let isBody = mark === '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on('data', (chunk: Buffer) => {
    const start = isBody ? 0 : chunk.indexOf(mark) + mark.length;
    isBody = true;
    hash.update(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes >= BLOCKS * MIB) resolve();
  });
  socket.on('end', resolve);
  socket.on('error', reject);
  await promise;
  socket.destroy();
  return { bytes, sha256: hash.digest('hex') };
}

function digestOfBlocks(): string {
  const hash = createHash('sha256');
  for (let i = 0; i < BLOCKS; i++) hash.update(BLOCK);
  return hash.digest('hex');
}
