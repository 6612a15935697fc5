/** Requirement 37: who does not read holds back who writes, both ways, with memory flat; nothing is ever decompressed. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { helloFor } from '../support/reference/made-hello.ts';
import { Resources } from '../support/resources.ts';
import { share } from '../support/share.ts';
import { atRest } from './support/at-rest.ts';
import { heldBuffers } from '../support/held-buffers.ts';
import { VIA, forwarded, hostileSuite } from './support/suite.ts';

const MIB = 1024 * 1024;
const BLOCK = Buffer.alloc(MIB, 'x');
/** Of one connection, at its sender and at its reader: a system has bounds of its own. */
const KERNEL_BYTES = largestBuffer('rmem') + largestBuffer('wmem');
/** Buffers outside the heap: a few reads of a few connections, in this process the origin's and the clients' too. */
const ROOM = 16 * MIB;
/** What the kernel's buffers of two connections and the proxy may hold at most. */
const HELD_BYTES = 2 * KERNEL_BYTES + ROOM;
/** Were it held instead of held back, the bound would show it, with this as with any larger amount. */
const TOTAL = Math.ceil((HELD_BYTES + 2 * ROOM) / MIB) * MIB;
/** What the proxy may have taken when nobody reads: what the kernel's buffers towards the reader take, and a little. */
const TAKEN_BYTES = 2 * KERNEL_BYTES + 4 * MIB;
/** Times the reader stops on the way. */
const STOPS = 8;

const resources = new Resources();
afterEach(async () => await resources.end());

function largestBuffer(kind: 'rmem' | 'wmem'): number {
  return Number(readFileSync(`/proc/sys/net/ipv4/tcp_${kind}`, 'latin1').trim().split(/\s+/)[2]);
}

/** The authority of an origin that does this with each connection. */
async function originThat(serves: (socket: Socket) => void): Promise<string> {
  const server = createServer({ pauseOnConnect: true }, (socket) => serves(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  resources.defer(async () => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Writes the total in blocks, each when the one before has been handed over; counts what has been. */
function pour(socket: Socket): { sent: number } {
  const poured = { sent: 0 };
  const next = (): void => {
    if (poured.sent >= TOTAL) return;
    socket.write(BLOCK, (error) => {
      if (error !== null && error !== undefined) return;
      poured.sent += MIB;
      next();
    });
  };
  next();
  return poured;
}

/**
 * Reads this many bytes, and stops now and then until the writer is held back: what has been written and not yet read
 * then lies in kernels, and in the proxy. The most of it, in bytes.
 */
async function drink(socket: Socket, total: number, poured: { readonly sent: number }): Promise<number> {
  let bytes = 0;
  let most = 0;
  for (let stop = 1; stop <= STOPS; stop++) {
    const pause = Math.ceil((total / STOPS) * stop);
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        bytes += chunk.length;
        if (bytes < pause) return;
        socket.pause().off('data', read);
        resolve();
      };
      socket.on('error', reject).on('data', read).resume();
    });
    await atRest(() => poured.sent);
    most = Math.max(most, poured.sent - bytes);
  }
  // To the byte: nothing is missing, nothing comes behind it.
  expect(bytes).toBe(total);
  expect(poured.sent).toBe(TOTAL);
  return most;
}

describe('requirement 37: more than may be held, past who stalls', () => {
  const suite = hostileSuite();

  test('a client that stalls: the origin is held back, memory is flat, all of it arrives', async () => {
    const { upstream, proxy } = suite;
    upstream.automatic = false;
    const client = connect(proxy.port, '127.0.0.1');
    client.write(suite.get());
    await upstream.until(({ requests }) => requests.length === 1);
    const origin = upstream.last;
    origin.send(`HTTP/1.1 200 OK\r\nContent-Length: ${TOTAL}\r\n\r\n`);
    await once(client, 'readable');
    expect(String(client.read())).toBe(`HTTP/1.1 200 OK\r\nContent-Length: ${TOTAL}\r\n${VIA}\r\n`);
    const poured = pour(origin.socket);
    expect(await atRest(() => proxy.bytes('upstream_in'))).toBeLessThan(TAKEN_BYTES);
    expect(await drink(client, TOTAL, poured)).toBeLessThan(HELD_BYTES);
    expect(upstream.requests).toEqual([forwarded('GET / HTTP/1.1', upstream.authority)]);
    client.destroy();
  });

  test('an origin that stalls: the client is held back, memory is flat, all of it arrives', async () => {
    const { proxy } = suite;
    const origins: Socket[] = [];
    const authority = await originThat((socket) => void origins.push(socket));
    const client = connect(proxy.port, '127.0.0.1');
    client.write(`POST http://${authority}/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${TOTAL}\r\n\r\n`);
    const origin = await eventually('the origin is asked', () => origins[0]!);
    const taken = proxy.bytes('client_in');
    const poured = pour(client);
    expect((await atRest(() => proxy.bytes('client_in'))) - taken).toBeLessThan(TAKEN_BYTES);
    const head = forwarded('POST / HTTP/1.1', authority, [`Content-Length: ${TOTAL}`]);
    expect(await drink(origin, head.length + TOTAL, poured)).toBeLessThan(HELD_BYTES);
    origin.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await once(client, 'readable');
    expect(String(client.read())).toBe(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${VIA}\r\nok`);
    client.destroy();
    origin.destroy();
  });
});

describe('requirement 37: more than may be held, past who stalls, intercepted', () => {
  const STEERED = '127.0.0.5';
  const HELLO = helloFor('localhost').toString('latin1');
  const suite = hostileSuite(({ port }) => ({
    listeners: [
      { name: 'explicit', port: 0 },
      { name: 'steered', mode: 'steered', addresses: [`${STEERED}/32`], ports: [port] },
    ],
  }));
  const head = (line: string, fields: string): string => `${line} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`;
  const ANSWER = `HTTP/1.1 200 OK\r\nContent-Length: ${TOTAL}\r\n\r\n`;

  const steered = async (): Promise<Socket> => {
    const client = connect(suite.upstream.port, STEERED);
    await once(client, 'connect');
    return client;
  };
  const insideConnect = async (): Promise<Socket> => {
    const client = connect(suite.proxy.port, '127.0.0.1');
    client.write(`CONNECT ${suite.upstream.authority} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(client, 'readable');
    expect(String(client.read())).toMatch(/^HTTP\/1\.1 200 /);
    return client;
  };

  const http = { asks: head('GET /', ''), begins: ANSWER, sends: head('POST /', `Content-Length: ${TOTAL}\r\n`) };
  const tls = { asks: HELLO, begins: 'hello', sends: HELLO };
  const ways = [
    { name: 'HTTP, steered', open: steered, ...http },
    { name: 'HTTP, inside CONNECT', open: insideConnect, ...http },
    { name: 'TLS, steered', open: steered, ...tls },
    { name: 'TLS, inside CONNECT', open: insideConnect, ...tls },
  ];

  test.each(share(ways, 2))('$name: a client that stalls', async ({ open, asks, begins }) => {
    const { upstream, proxy } = suite;
    upstream.automatic = false;
    const client = await open();
    upstream.take();
    client.write(asks, 'latin1');
    await upstream.until(({ bytes }) => bytes === asks);
    const origin = upstream.last;
    origin.send(begins);
    await once(client, 'readable');
    expect(String(client.read())).toBe(begins);
    const taken = proxy.bytes('upstream_in');
    const poured = pour(origin.socket);
    expect((await atRest(() => proxy.bytes('upstream_in'))) - taken).toBeLessThan(TAKEN_BYTES);
    expect(await drink(client, TOTAL, poured)).toBeLessThan(HELD_BYTES);
    client.destroy();
    origin.destroy();
  });

  test.each(share(ways, 2, 1))('$name: an origin that stalls', async ({ open, sends }) => {
    const { upstream, proxy } = suite;
    upstream.automatic = false;
    const client = await open();
    upstream.take();
    client.write(sends, 'latin1');
    await upstream.until(({ bytes }) => bytes === sends);
    const origin = upstream.last;
    origin.socket.pause().removeAllListeners('data');
    const taken = proxy.bytes('client_in');
    const poured = pour(client);
    expect((await atRest(() => proxy.bytes('client_in'))) - taken).toBeLessThan(TAKEN_BYTES);
    expect(await drink(origin.socket, TOTAL, poured)).toBeLessThan(HELD_BYTES);
    client.destroy();
    origin.destroy();
  });
});

describe('requirement 37: what waits costs about its size, into however many pieces it is cut', () => {
  const suite = hostileSuite();

  /** Asked more than once: what is garbage is freed by a thread of its own, some time later. */
  async function expectFewBuffers(before: number): Promise<void> {
    expect(
      await eventually(
        'few buffers are held',
        () => heldBuffers() - before,
        (held) => held < ROOM,
      ),
    ).toBeLessThan(ROOM);
  }

  test('small answers to pipelined requests, none of which is read', async () => {
    const authority = await originThat((socket) => {
      const answer = `HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n${'o'.repeat(400)}`;
      socket
        .on('data', (chunk) => socket.write(answer.repeat(chunk.toString('latin1').split('\r\n\r\n').length - 1)))
        .resume();
    });
    const before = heldBuffers();
    for (let i = 0; i < 8; i++) {
      const client = await suite.client();
      client.socket.pause();
      client.send(`GET http://${authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(9999));
    }
    await atRest(() => suite.proxy.bytes('client_out'));
    await expectFewBuffers(before);
  });

  test('an answer in chunks of one byte that are written anew', async () => {
    // Less than fills a read, so that it goes through the buffer that all connections share.
    const read = Buffer.from('01\r\nx\r\n'.repeat(8000));
    const authority = await originThat((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')).resume();
      const timer = setInterval(() => {
        if (socket.writableLength === 0) socket.write(read);
      }, 2);
      socket.on('close', () => clearInterval(timer));
    });
    const before = heldBuffers();
    const client = await suite.client();
    client.socket.pause();
    client.send(`GET http://${authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    await atRest(() => suite.proxy.bytes('client_out'));
    await expectFewBuffers(before);
  });

  test('tunnels that had one large burst', async () => {
    const tunnels = 128;
    const burst = Buffer.alloc(4 * MIB);
    const authority = await originThat((socket) => {
      socket.once('data', () => {
        socket.write(burst);
        socket.on('data', () => socket.write('x'));
      });
      socket.resume();
    });
    const before = heldBuffers();
    for (let i = 0; i < tunnels; i++) {
      const client = await suite.client();
      client.send(`CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n\0begin`);
      await client.until(({ received }) => received.length >= burst.length);
      client.received = '';
      await client.send('again').has('x');
    }
    await expectFewBuffers(before);
  });
});

describe('requirement 37: nothing is decompressed', () => {
  const suite = hostileSuite();
  const bomb = gzipSync(Buffer.alloc(8 * MIB)).toString('latin1');

  test.each([
    ['gzip', 'a bomb', bomb],
    ['br', 'a bomb', bomb],
    ['deflate, gzip', 'a bomb', bomb],
    ['x-unknown', 'a bomb', bomb],
    ['gzip', 'what is no gzip at all', 'not gzip'],
  ])('Content-Encoding: %s, %s passes as it is, both ways', async (coding, _name, body) => {
    const { upstream } = suite;
    const fields = [`Content-Encoding: ${coding}`, 'Accept-Encoding: gzip;q=0.5, br, *;q=0'];
    upstream.answer = `HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const received = await suite.ask(
      suite.request('POST', '/', [...fields, 'Connection: close', `Content-Length: ${body.length}`], body),
    );
    expect(
      received ===
        `HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n${VIA}\r\n${body}`,
    ).toBe(true);
    expect(
      upstream.take() ===
        forwarded('POST / HTTP/1.1', upstream.authority, [...fields, `Content-Length: ${body.length}`]) + body,
    ).toBe(true);
  });
});
