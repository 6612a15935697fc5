/** The end of a connection whose port the next one needs: what the system still had of a body arrives, and nobody waits for an origin that takes nothing. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { endSpent } from '../../src/forward/spent-connection.ts';
import { reset } from '../../src/forward/reset.ts';
import type { UpstreamConnection, UpstreamUser } from '../../src/forward/upstream-connection.ts';
import { loadNativeSockets, type NativeSockets } from '../../src/lib/native-sockets.ts';
import { eventually } from '../support/eventually.ts';

const sockets: NativeSockets = (await loadNativeSockets())!;
const PIECE = Buffer.alloc(32_768, 'x');
/** More than a peer that does not read has room for on this machine, and less than the system takes for it. */
const LEFT = Number(readFileSync('/proc/sys/net/ipv4/tcp_rmem', 'latin1').split(/\s+/)[1]) + 2 * PIECE.length;
const server = createServer({ pauseOnConnect: true });

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
const origins: Socket[] = [];
afterAll(() => {
  server.close();
  for (const origin of origins) origin.destroy();
});

/** What endSpent sees of a connection. */
class Spent implements Pick<UpstreamConnection, 'socket' | 'user' | 'reset'> {
  user: UpstreamUser | null = null;
  resets = 0;
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket.on('close', () => this.user?.onUpstreamClosed(null)).on('error', () => {});
  }

  reset(): void {
    this.user = null;
    this.resets += 1;
    reset(this.socket);
  }

  get real(): UpstreamConnection {
    return this as unknown as UpstreamConnection;
  }
}

interface Begun {
  readonly spent: Spent;
  readonly origin: Socket;
  /** Bytes. */
  sent: number;
  taken: number;
}

/** An origin that does not read, with so much on its way to it. */
async function begun(left: number): Promise<Begun> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[origin]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [[Socket], unknown];
  origins.push(origin);
  const begun = { spent: new Spent(socket), origin, sent: 0, taken: 0 };
  origin.on('error', () => {}).on('data', (chunk: Buffer) => (begun.taken += chunk.length));
  origin.pause();
  do {
    await new Promise((resolve) => socket.write(PIECE, resolve));
    begun.sent += PIECE.length;
  } while (sockets.unacknowledged(descriptorOf(socket)) < left);
  return begun;
}

test('what the origin reads late arrives whole, and then the connection is reset', async () => {
  const run = await begun(LEFT);
  const done = Promise.withResolvers<void>();
  expect(endSpent(run.spent.real, sockets, done.resolve)).toBeInstanceOf(Function);
  expect(run.spent.resets).toBe(0);
  run.origin.resume();
  await done.promise;
  expect(run.spent.resets).toBe(1);
  await closed(run.origin);
  expect(run.taken).toBe(run.sent);
});

test('an origin that has everything is not waited for, nor is one of which nobody can say', async () => {
  const empty = await begun(0);
  await eventually('it is acknowledged', () => sockets.unacknowledged(descriptorOf(empty.spent.socket)) === 0);
  const full = await begun(LEFT);
  for (const [{ spent }, by] of [
    [empty, sockets],
    [full, null],
  ] as const) {
    expect(endSpent(spent.real, by, () => expect(true).toBe(false))).toBeNull();
    expect(spent.resets).toBe(1);
  }
});

test('an origin that reads nothing is reset after a while', async () => {
  const { spent, origin } = await begun(LEFT);
  await new Promise<void>((resolve) => void endSpent(spent.real, sockets, resolve));
  expect(spent.resets).toBe(1);
  origin.destroy();
});

test('an origin that goes by itself has set the port free', async () => {
  const { spent, origin } = await begun(LEFT);
  const done = new Promise<void>((resolve) => void endSpent(spent.real, sockets, resolve));
  origin.resetAndDestroy();
  await done;
  expect(spent.resets).toBe(0);
});

test('a client that goes meanwhile ends it at once', async () => {
  const { spent, origin } = await begun(LEFT);
  let isDone = false;
  endSpent(spent.real, sockets, () => (isDone = true))?.();
  expect(spent.resets).toBe(1);
  await closed(spent.socket);
  origin.resume();
  await closed(origin);
  expect(isDone).toBe(false);
});

/** However it ended. */
async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

function descriptorOf(socket: Socket): number {
  return (socket as unknown as { readonly _handle: { readonly fd: number } })._handle.fd;
}
