/** Requirement 37: who does not read holds back who writes, both ways; nothing is ever decompressed. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { open } from './support/connection.ts';
import { hostileSuite } from './support/suite.ts';

const MIB = 1024 * 1024;
const TOTAL = 1024 * MIB;
const BLOCK = Buffer.alloc(MIB, 'x');
/** What the kernel's buffers of two connections and the proxy may hold at most. */
const HELD_BYTES = 128 * MIB;
/** Buffers of this process, the proxy's among them: of 1 GB that waits nothing is taken in. */
const OWN_BYTES = 8 * MIB;
/** Times the reader stops on the way. */
const STOPS = 8;

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

/** Resolves when nothing more is taken: the same count over several turns of the timer. */
async function stalled(poured: { readonly sent: number }): Promise<void> {
  let last = -1;
  let same = 0;
  await eventually('the writer is held back', () => {
    same = poured.sent === last ? same + 1 : 0;
    last = poured.sent;
    return same >= 10;
  });
}

/**
 * Reads to the total, and stops now and then until the writer is held back: what has been written and not yet read then
 * lies in kernels, and in the proxy. The most of it, in bytes.
 */
async function drink(socket: Socket, poured: { readonly sent: number }): Promise<number> {
  let bytes = 0;
  let most = 0;
  for (let stop = 1; stop <= STOPS; stop++) {
    const pause = (TOTAL / STOPS) * stop;
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        bytes += chunk.length;
        if (bytes < pause) return;
        socket.pause().off('data', read);
        resolve();
      };
      socket.on('error', reject).on('data', read).resume();
    });
    await stalled(poured);
    most = Math.max(most, poured.sent - bytes);
  }
  return most;
}

describe('requirement 37: a client that stalls, and an answer of 1 GB', () => {
  const suite = hostileSuite();

  test('the origin is held back, memory is flat, all of it arrives', async () => {
    suite.upstream.automatic = false;
    const client = connect(suite.proxy.port, '127.0.0.1');
    client.write(`GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    await suite.upstream.until(({ requests }) => requests.length === 1);
    const origin = suite.upstream.last;
    origin.send(`HTTP/1.1 200 OK\r\nContent-Length: ${TOTAL}\r\n\r\n`);
    await once(client, 'readable');
    client.read();
    const before = process.memoryUsage().arrayBuffers;
    const poured = pour(origin.socket);
    await stalled(poured);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(OWN_BYTES);
    expect(await drink(client, poured)).toBeLessThan(HELD_BYTES);
    client.destroy();
  });
});

describe('requirement 37: an origin that stalls, and a request body of 1 GB', () => {
  const suite = hostileSuite();

  test('the client is held back, memory is flat, all of it arrives', async () => {
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect(suite.proxy.port, '127.0.0.1');
    client.write(`POST http://127.0.0.1:${(server.address() as AddressInfo).port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${TOTAL}\r\n\r\n`);
    const [origin]: Socket[] = await once(server, 'connection');
    const before = process.memoryUsage().arrayBuffers;
    const poured = pour(client);
    await stalled(poured);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(OWN_BYTES);
    expect(await drink(origin!, poured)).toBeLessThan(HELD_BYTES);
    client.destroy();
    origin!.destroy();
    server.close();
  });
});

describe('requirement 37: nothing is decompressed', () => {
  const suite = hostileSuite();
  const bomb = gzipSync(Buffer.alloc(8 * MIB));

  test.each([
    ['a bomb', bomb],
    ['what is no gzip at all', Buffer.from('not gzip')],
  ])('%s arrives as it was sent, both ways', async (_name, body) => {
    const text = body.toString('latin1');
    suite.upstream.answer = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n${text}`;
    const client = await open(suite.proxy.port);
    client.send(`POST ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${text}`);
    await client.over();
    client.destroy();
    expect(client.received.endsWith(`\r\n\r\n${text}`)).toBe(true);
    expect(suite.upstream.take().endsWith(`\r\n\r\n${text}`)).toBe(true);
  });
});
