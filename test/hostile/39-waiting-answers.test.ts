/** Requirement 39: what waits for a client costs about its size, into however many pieces client and origin cut it. */
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { open } from './support/connection.ts';
import type { Connection } from './support/connection.ts';
import { hostileSuite } from './support/suite.ts';

const MIB = 1024 * 1024;
/** Buffers outside the heap: a few reads of a few connections, in this process the origin's and the clients' too. */
const ROOM = 16 * MIB;

const connections: Connection[] = [];
let origin: Server | null = null;

afterEach(() => {
  for (const connection of connections) connection.destroy();
  connections.length = 0;
  origin?.close();
  origin = null;
});

/** The authority of an origin that does this with each connection. */
async function originThat(serves: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => serves(socket.on('error', () => {})));
  origin = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function client(port: number): Promise<Connection> {
  const connection = await open(port);
  connections.push(connection);
  return connection;
}

/** Bytes of buffers that somebody holds. */
function heldBuffers(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().arrayBuffers;
}

/** Waits until the count stands still: then whatever can wait for the readers waits. */
async function standsStill(count: () => number): Promise<void> {
  let last = -1;
  let same = 0;
  await eventually('nothing moves any more', () => {
    same = count() > 0 && count() === last ? same + 1 : 0;
    last = count();
    return same >= 20;
  });
}

/** Asked more than once: what is garbage is freed by a thread of its own, some time later. */
async function expectFewBuffers(before: number): Promise<void> {
  expect(await eventually('few buffers are held', () => heldBuffers() - before, (held) => held < ROOM)).toBeLessThan(ROOM);
}

describe('requirement 39: what waits for a client', () => {
  const suite = hostileSuite();

  test('small answers to pipelined requests, none of which is read', async () => {
    const authority = await originThat((socket) => {
      const answer = `HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n${'o'.repeat(400)}`;
      socket.on('data', (chunk) => socket.write(answer.repeat(chunk.toString('latin1').split('\r\n\r\n').length - 1)));
    });
    const before = heldBuffers();
    for (let i = 0; i < 8; i++) {
      const connection = await client(suite.proxy.port);
      connection.socket.pause();
      connection.send(`GET http://${authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(9999));
    }
    await standsStill(() => suite.proxy.bytes('client_out'));
    await expectFewBuffers(before);
  }, 60_000);

  test('an answer in chunks of one byte that are written anew', async () => {
    // Less than fills a read, so that it goes through the buffer that all connections share.
    const read = Buffer.from('01\r\nx\r\n'.repeat(8000));
    const authority = await originThat((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'));
      const timer = setInterval(() => {
        if (socket.writableLength === 0) socket.write(read);
      }, 2);
      socket.on('close', () => clearInterval(timer));
    });
    const before = heldBuffers();
    const connection = await client(suite.proxy.port);
    connection.socket.pause();
    connection.send(`GET http://${authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    await standsStill(() => suite.proxy.bytes('client_out'));
    await expectFewBuffers(before);
  }, 60_000);

  test('tunnels that had one large burst', async () => {
    const tunnels = 128;
    const burst = Buffer.alloc(4 * MIB);
    const authority = await originThat((socket) => {
      socket.once('data', () => {
        socket.write(burst);
        socket.on('data', () => socket.write('x'));
      });
    });
    const before = heldBuffers();
    for (let i = 0; i < tunnels; i++) {
      const connection = await client(suite.proxy.port);
      connection.send(`CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\nbegin`);
      await connection.until(({ received }) => received.length >= burst.length);
      connection.received = '';
      await connection.send('again').has('x');
    }
    await expectFewBuffers(before);
  }, 60_000);
});

describe('requirement 39: chunks that are written anew', () => {
  const suite = hostileSuite();

  test.each([
    { name: 'in reads of the shared buffer', chunks: 8000 },
    { name: 'in reads that fill it, and then a buffer of their own', chunks: 100_000 },
  ])('arrive whole, $name', async ({ chunks }) => {
    const authority = await originThat((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0');
        socket.write('a;x=y\r\n0123456789\r\n');
        for (let at = 0; at < chunks; at += 1000) socket.write(Array.from({ length: 1000 }, (_, i) => `02\r\n${String((at + i) % 100).padStart(2, '0')}\r\n`).join(''));
        socket.write('00\r\nTrailer: x\r\n\r\n');
      });
    });
    const connection = await client(suite.proxy.port);
    connection.send(`GET http://${authority}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    await connection.over();
    const body = connection.received.slice(connection.received.indexOf('\r\n\r\n') + 4);
    expect(body).toBe(`a\r\n0123456789\r\n${Array.from({ length: chunks }, (_, i) => `2\r\n${String(i % 100).padStart(2, '0')}\r\n`).join('')}0\r\n\r\n`);
  }, 30_000);
});
