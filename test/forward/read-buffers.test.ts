/** Buffers that upstream sockets read into: lent, reused only when nobody refers to them, bounded. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { MAX_OWN_BUFFERS, ReadBuffers } from '../../src/forward/read-buffers.ts';
import { ClientOutbox } from '../../src/forward/client-outbox.ts';
import { WriteBatch } from '../../src/forward/write-batch.ts';
import { UpstreamCapacity } from '../../src/forward/upstream-capacity.ts';
import { UpstreamConnection } from '../../src/forward/upstream-connection.ts';
import { COUNTER_LAYOUT } from '../../src/workers/counter-slots.ts';
import { dataCounters } from '../../src/observe/data-counters.ts';
import { eventually } from '../support/eventually.ts';
import { Resources } from '../support/resources.ts';

const counters = dataCounters(COUNTER_LAYOUT, new SharedArrayBuffer(COUNTER_LAYOUT.bytes(1)), 0);

function outboxOf(reader: Socket): ClientOutbox {
  return new ClientOutbox(reader, { batch: new WriteBatch(1024), counters, native: { sockets: null } });
}

test('a buffer that was given back goes to the next, one that was dropped does not', () => {
  const buffers = new ReadBuffers();
  const [first, second] = [buffers.takeOwn()!, buffers.takeOwn()!];
  expect(second).not.toBe(first);
  buffers.giveBack(first);
  buffers.drop();
  const next = [buffers.takeOwn(), buffers.takeOwn()];
  expect(next[0]).toBe(first);
  expect(next[1]).not.toBe(second);
});

test('no more than so many are in use, however they came back', () => {
  const buffers = new ReadBuffers();
  const taken = Array.from({ length: MAX_OWN_BUFFERS }, () => buffers.takeOwn()!);
  expect(taken.every((buffer) => buffer !== null)).toBe(true);
  expect(buffers.takeOwn()).toBeNull();
  buffers.drop();
  buffers.giveBack(taken[1]!);
  expect([buffers.takeOwn(), buffers.takeOwn(), buffers.takeOwn()].map((buffer) => buffer === null)).toEqual([
    false,
    false,
    true,
  ]);
});

describe('a reader that has not taken all', () => {
  const BODY = Buffer.alloc(32 * 1024 * 1024, 'x');
  const resources = new Resources();
  afterEach(async () => await resources.end());

  /** The near ends of connections to a server of this process that does so with each. */
  async function port(serve: (socket: Socket) => void): Promise<number> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => {}));
      serve(socket);
    }).listen(0, '127.0.0.1');
    resources.defer(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** An upstream connection of which the reader has not taken the last piece, and the end that may take it. */
  async function heldBack(
    buffers: ReadBuffers,
  ): Promise<{ readonly upstream: UpstreamConnection; readonly reader: Socket; readonly far: Socket }> {
    const accepted = Promise.withResolvers<Socket>();
    const readerPort = await port((socket) => accepted.resolve(socket.pause()));
    const reader = connect(readerPort, '127.0.0.1').on('error', () => {});
    resources.defer(async () => void reader.destroy());
    const far = await accepted.promise;
    const originPort = await port((socket) => socket.end(BODY));
    const capacity = new UpstreamCapacity(Infinity, { discardOldest: () => false });
    const upstream = new UpstreamConnection(
      (onread) => connect({ host: '127.0.0.1', port: originPort, allowHalfOpen: true, onread }),
      { key: 'a', way: capacity.way },
      { buffers, counters, capacity },
    );
    resources.defer(async () => upstream.destroy());
    upstream.user = {
      onUpstreamData: (buffer, length) => {
        reader.write(upstream.ownsBuffer ? buffer.subarray(0, length) : Buffer.from(buffer.subarray(0, length)));
        if (reader.writableLength > 0) upstream.pause();
      },
      onUpstreamEnd: () => {},
      onUpstreamClosed: () => {},
      onUpstreamDrained: () => {},
    };
    await eventually('the reader is held back', () => upstream.ownsBuffer && reader.writableLength > 0);
    return { upstream, reader, far };
  }

  test.each(['stays open', 'is closed'])(
    'keeps the buffer from counting as free until it has, where the origin %s',
    async (origin) => {
      const buffers = new ReadBuffers();
      const { upstream, reader, far } = await heldBack(buffers);
      upstream.detachBuffer(outboxOf(reader));
      if (origin === 'is closed') upstream.destroy();
      await new Promise((resolve) => setImmediate(resolve));
      expect(buffers.inUse).toBe(1);
      far.resume();
      await eventually('it has taken all', () => buffers.inUse === 0);
    },
  );

  test('or until it is gone', async () => {
    const buffers = new ReadBuffers();
    const { upstream, reader } = await heldBack(buffers);
    upstream.detachBuffer(outboxOf(reader));
    reader.destroy();
    await eventually('it is gone', () => buffers.inUse === 0);
    upstream.destroy();
    await eventually('the connection is closed', () => upstream.socket.closed);
    expect(buffers.inUse).toBe(0);
  });

  test('an end that was said already changes nothing', async () => {
    const buffers = new ReadBuffers();
    const { upstream, reader, far } = await heldBack(buffers);
    reader.end();
    upstream.detachBuffer(outboxOf(reader));
    expect(buffers.inUse).toBe(1);
    far.resume().on('end', () => far.end());
    reader.resume();
    await eventually('it is closed', () => buffers.inUse === 0);
  });
});
