/**
 * Both ends of many tunnels: customers who begin with a ClientHello, and the origin that answers it and then gives back what it is sent.
 * All of them live in this process, on sockets in the namespaces of their machines; what they take is not the proxy's.
 *
 *   customer ── ClientHello ─▶ origin            then, of the customer:  E   one byte, which comes back
 *            ◀───── READY ────                                           F   the origin sends without end, and nobody reads
 *                                                                        S   the origin reads no more, and much is sent
 */
import type { Server, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connectFrom, listenOn } from '../../test/network/support/sockets.ts';
import { realHello } from '../data/real-hello.ts';
import type { ThreeMachines } from '../inline/three-machines.ts';

/** Between two addresses there are 64,000 connections, and the last of them are hard to find. */
export const ORIGINS = ['203.0.113.10', '203.0.113.11', '203.0.113.12', '203.0.113.13'] as const;
const PORT = 443;
const HELLO = realHello('curl');
const READY = 'ready';
const [ECHO, FLOOD, STOP] = ['E', 'F', 'S'].map((text) => Buffer.from(text));
/** More than all buffers on the way hold. */
const MUCH = Buffer.alloc(64 * 1024 * 1024);
const AT_ONCE = 64;
const PATIENCE_MS = 120_000;
const LOOK_MS = 200;
/** Looks in a row that must give the same. */
const SAME_LOOKS = 5;

export class Tunnels implements Disposable {
  readonly #machines: ThreeMachines;
  readonly #servers: Server[] = [];
  readonly #customers: Socket[] = [];
  readonly #origins = new Set<Socket>();
  #gone = 0;

  /** The origin listens; there is no tunnel yet. */
  static async create(machines: ThreeMachines): Promise<Tunnels> {
    const tunnels = new Tunnels(machines);
    for (const address of ORIGINS) {
      const server = await listenOn(machines.origin, { address, port: PORT });
      server.on('connection', (socket) => tunnels.#serve(socket));
      tunnels.#servers.push(server);
    }
    return tunnels;
  }

  private constructor(machines: ThreeMachines) {
    this.#machines = machines;
  }

  /** Ended by the proxy. */
  get gone(): number {
    return this.#gone;
  }

  async open(count: number): Promise<void> {
    for (let first = 0; first < count; first += AT_ONCE)
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - first) }, async () => await this.#openOne()));
  }

  /** All of them, with resets: no port waits. */
  close(): void {
    for (const socket of this.#customers.splice(0)) socket.removeAllListeners('close').resetAndDestroy();
    for (const socket of this.#origins) socket.resetAndDestroy();
    this.#gone = 0;
  }

  /** Milliseconds for a byte there and back. */
  async echo(index: number): Promise<number> {
    const socket = this.#customers[index]!;
    const began = performance.now();
    socket.write(ECHO!);
    await told(socket, 1, `tunnel ${index} gives nothing back`);
    return performance.now() - began;
  }

  /** So many from the first on are stalled in one direction, as many behind them in the other. Resolves when nothing moves any more. */
  async stall(count: number): Promise<void> {
    for (const socket of this.#customers.slice(0, count)) socket.pause().write(FLOOD!);
    for (const socket of this.#customers.slice(count, 2 * count)) {
      socket.write(STOP!);
      socket.write(MUCH);
    }
    const moved = (): number => sum(this.#customers.slice(0, 2 * count)) + sum(this.#origins);
    for (let [same, last] = [0, -1]; same < SAME_LOOKS; await pause(LOOK_MS)) {
      const now = moved();
      same = now === last ? same + 1 : 0;
      last = now;
    }
  }

  [Symbol.dispose](): void {
    for (const server of this.#servers) server.close();
    this.close();
  }

  async #openOne(): Promise<void> {
    const to = { address: ORIGINS[this.#customers.length % ORIGINS.length]!, port: PORT };
    const socket = await connectFrom(this.#machines.client, to);
    this.#customers.push(socket);
    socket.on('error', ignore);
    socket.on('close', () => (this.#gone += 1));
    socket.write(HELLO);
    await told(socket, READY.length, 'the origin does not answer');
  }

  #serve(socket: Socket): void {
    this.#origins.add(socket);
    socket.on('error', ignore);
    socket.on('close', () => this.#origins.delete(socket));
    let received = 0;
    socket.on('data', (bytes: Buffer) => {
      const isHello = received < HELLO.length;
      received += bytes.length;
      if (isHello) return received >= HELLO.length ? void socket.write(READY) : undefined;
      if (bytes[0] === FLOOD![0]) return void socket.write(MUCH);
      return bytes[0] === STOP![0] ? void socket.pause() : void socket.write(bytes);
    });
  }
}

/** Resolves when so many bytes have come. */
async function told(socket: Socket, count: number, otherwise: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let missing = count;
    const end = (error?: Error): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onClose = (): void => end(new Error(`${otherwise}: it was closed`));
    const onData = (bytes: Buffer): void => {
      missing -= bytes.length;
      if (missing <= 0) end();
    };
    const timer = setTimeout(() => end(new Error(otherwise)), PATIENCE_MS);
    socket.on('data', onData).on('close', onClose);
  });
}

function sum(sockets: Iterable<Socket>): number {
  let bytes = 0;
  for (const socket of sockets) bytes += socket.bytesWritten - socket.writableLength;
  return bytes;
}

function ignore(): void {
  // 'close' tells.
}
