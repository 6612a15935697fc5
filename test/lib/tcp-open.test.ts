/** Sockets right on libuv's handles, beside those of node:net: whoever uses them must not see which they are. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { TCP_HANDLES } from '../../src/lib/tcp-handles.ts';
import { acceptTcp, connectTcp } from '../../src/lib/tcp-open.ts';
import type { TcpSocket } from '../../src/lib/tcp-socket.ts';
import { eventually } from '../support/eventually.ts';
import { Resources } from '../support/resources.ts';

const resources = new Resources();
afterEach(async () => await resources.end());

test('Node is made as it is known to be: handles are there, and nothing else is taken for one', () => {
  expect(TCP_HANDLES).not.toBeNull();
  expect(TCP_HANDLES!.isHandle(TCP_HANDLES!.newHandle())).toBe(true);
  for (const other of [null, undefined, 5, {}, { readStart: () => 0 }])
    expect(TCP_HANDLES!.isHandle(other)).toBe(false);
});

type Handles = typeof TCP_HANDLES;
const BOTH: readonly (readonly [string, Handles])[] = [
  ['right on the handle', TCP_HANDLES],
  ['of node:net', null],
];

/** What was told of a socket, in order; bytes that follow each other are one line. */
class Told {
  readonly lines: string[] = [];
  #text = '';

  constructor(socket: TcpSocket) {
    socket.on('data', (bytes) => this.bytes(bytes));
    socket.on('end', () => this.#line('end'));
    socket.on('error', (error) => this.#line(`error ${(error as NodeJS.ErrnoException).code}`));
    socket.on('close', (hadError) => this.#line(`close ${hadError}`));
  }

  bytes(bytes: Uint8Array): void {
    this.#text += Buffer.from(bytes).toString('latin1');
  }

  get text(): string {
    return this.#text;
  }

  #line(line: string): void {
    this.lines.push(line);
  }
}

interface Accepted {
  readonly near: TcpSocket;
  readonly told: Told;
  readonly far: Socket;
}

/** A connection of which we have the end that was accepted. */
async function accepted(handles: Handles, host = '127.0.0.1'): Promise<Accepted> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  resources.defer(async () => void server.close());
  await once(server.listen(0, host), 'listening');
  const arrival = Promise.withResolvers<TcpSocket>();
  acceptTcp(server, (socket) => arrival.resolve(socket), handles);
  const far = connect({ host, port: (server.address() as AddressInfo).port, allowHalfOpen: true });
  far.on('error', () => {});
  resources.defer(async () => void far.destroy());
  const near = await arrival.promise;
  resources.defer(async () => void near.destroy());
  return { near, told: new Told(near), far };
}

interface Connected extends Accepted {
  readonly opened: string[];
  /** Bytes of each read. */
  readonly reads: number[];
}

/** A connection that we have made. */
async function connected(handles: Handles): Promise<Connected> {
  const server = createServer({ allowHalfOpen: true });
  resources.defer(async () => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const arrival = once(server, 'connection') as Promise<[Socket]>;
  const buffers = [Buffer.alloc(1000), Buffer.alloc(500)];
  const opened: string[] = [];
  const reads: number[] = [];
  const taken: Uint8Array[] = [];
  let turn = 0;
  const near = connectTcp(
    '127.0.0.1',
    (server.address() as AddressInfo).port,
    {
      buffer: () => buffers[turn++ % 2]!,
      callback: (length, buffer) => {
        reads.push(length);
        taken.push(Buffer.from(buffer.subarray(0, length)));
        told.bytes(buffer.subarray(0, length));
        return true;
      },
    },
    handles,
  );
  const told = new Told(near);
  near.once('connect', () => opened.push('connect'));
  resources.defer(async () => void near.destroy());
  const [far] = await arrival;
  far.on('error', () => {});
  resources.defer(async () => void far.destroy());
  await eventually('it is connected', () => opened.length === 1);
  return { near, told, far, opened, reads };
}

async function received(far: Socket, length: number): Promise<string> {
  let text = '';
  far.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
  far.resume();
  await eventually('all has come', () => text.length >= length);
  return text;
}

describe.each(BOTH)('a socket %s', (_, handles) => {
  test.each(['127.0.0.1', '::1'])('knows both its ends, %s', async (host) => {
    const { near, far } = await accepted(handles, host);
    if (far.connecting) await once(far, 'connect');
    expect([near.remoteAddress, near.remotePort]).toEqual([far.localAddress, far.localPort]);
    expect([near.localAddress, near.localPort]).toEqual([far.remoteAddress, far.remotePort]);
  });

  test('reads once it is resumed, each read in bytes of its own', async () => {
    const { near, told, far } = await accepted(handles);
    near.resume();
    far.write('one ');
    await eventually('the first has come', () => told.text === 'one ');
    far.write('two');
    await eventually('the second has come', () => told.text === 'one two');
    expect(told.lines).toEqual([]);
  });

  test('reads into the buffers that are given, one after the other', async () => {
    const { told, far, reads } = await connected(handles);
    const body = 'x'.repeat(10_000);
    far.write(body);
    await eventually('all has come', () => told.text.length === body.length);
    expect(told.text).toBe(body);
    expect(Math.max(...reads)).toBe(1000);
  });

  test('may be half open on either side, and closes when both have ended', async () => {
    const { near, told, far } = await accepted(handles);
    near.resume();
    far.end('question');
    await eventually('the end has come', () => told.lines.includes('end'));
    expect([near.writable, near.destroyed]).toEqual([true, false]);
    const answer = received(far, 6);
    near.write(Buffer.from('answer'));
    let isFinished = false;
    near.end(() => (isFinished = true));
    expect([near.writable, near.writableEnded, isFinished]).toEqual([false, true, false]);
    expect(await answer).toBe('answer');
    await eventually('it is closed', () => told.lines.length === 2);
    expect(told.lines).toEqual(['end', 'close false']);
    expect([isFinished, near.writableFinished, near.destroyed]).toEqual([true, true, true]);
  });

  test('goes on reading behind an end of its own', async () => {
    const { near, told, far } = await connected(handles);
    near.end();
    await once(far.resume(), 'end');
    far.end('late');
    await eventually('it is closed', () => told.lines.length === 2);
    expect([told.text, ...told.lines]).toEqual(['late', 'end', 'close false']);
  });

  test('what the kernel does not take waits, is counted, and goes on in order', async () => {
    const { near, told, far } = await accepted(handles);
    far.pause();
    near.resume();
    const pieces = Array.from({ length: 200 }, (_, i) => Buffer.alloc(64 * 1024, String.fromCharCode(97 + (i % 26))));
    const told2: string[] = [];
    near.once('drain', () => told2.push('drain'));
    for (const piece of pieces) near.write(piece);
    near.write('text', 'latin1');
    near.write(Buffer.alloc(0), (error) => told2.push(`written ${error ?? 'all'}`));
    const all = Buffer.concat([...pieces, Buffer.from('text')]).toString('latin1');
    expect(near.bytesWritten).toBe(all.length);
    expect(near.writableLength).toBeGreaterThan(0);
    expect([near.writableNeedDrain, told2.length]).toEqual([true, 0]);
    expect((await received(far, all.length)) === all).toBe(true);
    await eventually('both are told', () => told2.length === 2);
    expect(told2.toSorted()).toEqual(['drain', 'written all']);
    expect([near.writableLength, near.writableNeedDrain, told.lines.length]).toEqual([0, false, 0]);
  });

  test('what is written while it is corked goes out together, and the end behind it', async () => {
    const { near, far } = await connected(handles);
    near.cork();
    near.write(Buffer.from('a'));
    near.write('b', 'latin1');
    expect(near.writableLength).toBe(2);
    near.uncork();
    near.end();
    expect(await received(far, 2)).toBe('ab');
    if (!far.readableEnded) await once(far, 'end');
  });

  test('who waits for bytes that are never taken is told so', async () => {
    const { near, told, far } = await accepted(handles);
    far.pause();
    near.resume();
    const outcomes: string[] = [];
    for (let i = 0; i < 200; i += 1)
      near.write(Buffer.alloc(64 * 1024), (error) =>
        outcomes.push(error === null || error === undefined ? 'taken' : 'lost'),
      );
    await eventually('some is taken', () => outcomes.includes('taken'));
    near.destroy();
    near.write(Buffer.from('late'), (error) => outcomes.push(error instanceof Error ? 'lost' : 'taken'));
    await eventually('all are told', () => outcomes.length === 201);
    expect(outcomes.at(-1)).toBe('lost');
    await eventually('it is closed', () => told.lines.length === 1);
    expect(told.lines).toEqual(['close false']);
  });

  test('is destroyed behind all that was written, once that is with the kernel', async () => {
    const { near, told, far } = await accepted(handles);
    far.pause();
    near.resume();
    const body = Buffer.alloc(8 * 1024 * 1024, 'x');
    near.write(body);
    near.destroySoon();
    expect(near.destroyed).toBe(false);
    expect((await received(far, body.length)).length).toBe(body.length);
    await eventually('it is closed', () => told.lines.length === 1);
    expect(told.lines).toEqual(['close false']);
  });

  test('a reset is an error, and then the close', async () => {
    const { near, told, far } = await accepted(handles);
    near.resume();
    far.resetAndDestroy();
    await eventually('it is closed', () => told.lines.length === 2);
    expect(told.lines).toEqual(['error ECONNRESET', 'close true']);
    near.write(Buffer.from('late'));
    near.end();
    near.resetAndDestroy();
    expect(near.destroyed).toBe(true);
  });

  test.each(['open', 'with bytes that are not taken', 'behind an end that is with the kernel'])(
    'resets a connection: %s',
    async (which) => {
      const { near, told, far } = await accepted(handles);
      near.resume();
      if (which.startsWith('with')) near.write(Buffer.alloc(64 * 1024 * 1024));
      if (which.startsWith('behind')) await new Promise<void>((resolve) => near.end(resolve));
      near.resetAndDestroy();
      await eventually('it is closed', () => told.lines.length === 1);
      expect(told.lines).toEqual(['close false']);
      // Who has had the end does not look again.
      if (which.startsWith('behind')) return;
      far.resume();
      if (!far.closed) await once(far, 'close');
      expect(far.errored).toMatchObject({ code: 'ECONNRESET' });
    },
  );

  test('nobody listens there: an error with its name, and then the close', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const near = connectTcp('127.0.0.1', port, { buffer: Buffer.alloc(10), callback: () => true }, handles);
    const told = new Told(near);
    near.write(Buffer.from('x'));
    await eventually('it is closed', () => told.lines.length === 2);
    expect(told.lines).toEqual(['error ECONNREFUSED', 'close true']);
  });

  test('what is written before it is connected goes out then; one that is destroyed before tells nothing but its close', async () => {
    const server = createServer({ allowHalfOpen: true });
    resources.defer(async () => void server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const onread = { buffer: Buffer.alloc(10), callback: (): boolean => true };
    const arrival = once(server, 'connection') as Promise<[Socket]>;
    const near = connectTcp('127.0.0.1', port, onread, handles);
    near.write('early', 'latin1');
    near.end();
    const [far] = await arrival;
    expect(await received(far, 5)).toBe('early');
    if (!far.readableEnded) await once(far, 'end');
    near.destroy();
    far.destroy();
    const other = connectTcp('127.0.0.1', port, onread, handles);
    const told = new Told(other);
    other.once('connect', () => told.lines.push('connect'));
    other.destroy();
    await eventually('it is closed', () => told.lines.length > 0);
    expect(told.lines).toEqual(['close false']);
  });

  test('while it is paused nothing is told; what was put back comes first', async () => {
    const { near, told, far } = await accepted(handles);
    near.pause();
    far.write('behind');
    const other = await accepted(handles);
    other.near.resume();
    other.far.write('later');
    await eventually('what was sent later has come', () => other.told.text === 'later');
    expect(told.text).toBe('');
    near.unshift(Buffer.from('before '));
    near.resume();
    expect(told.text).toBe('');
    await eventually('all has come', () => told.text.endsWith('behind'));
    expect(told.text).toBe('before behind');
  });
});

test('right on the handle nothing is read while it is paused: it stays in the kernel, the end too', async () => {
  const { near, told, far } = await accepted(TCP_HANDLES);
  near.resume();
  far.write('one ');
  await eventually('the first bytes come', () => told.text === 'one ');
  near.pause();
  far.end('two');
  await once(far, 'finish');
  const other = await accepted(TCP_HANDLES);
  other.near.resume();
  other.far.write('later');
  await eventually('what was sent later has come', () => other.told.text === 'later');
  expect([told.text, told.lines]).toEqual(['one ', []]);
  near.resume();
  await eventually('the end comes', () => told.lines.length > 0);
  expect([told.text, told.lines]).toEqual(['one two', ['end']]);
});
