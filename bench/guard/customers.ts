/**
 * Customers who open a new connection at a steady rate, whatever becomes of the ones before (an open loop): a filter that hangs gets no
 * rest, and none of its failures is left out. Each asks for a listed page: what comes back tells which way it went.
 */
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { ADDRESSES } from '../../test/network/support/inline-network.ts';
import type { Namespace } from '../../test/network/support/namespace.ts';
import { connectFrom } from '../../test/network/support/sockets.ts';

/** `refused`: reset at once, as a guard that closes the path wants it; `lost`: no answer, or a broken one. */
export type Fate = 'filtered' | 'direct' | 'refused' | 'lost';

export interface Visit {
  /** Milliseconds of `performance.now()`. */
  readonly begun: number;
  readonly fate: Fate;
}

/** Milliseconds after which a customer gives up. */
const PATIENCE_MS = 4000;
const REQUEST = `GET /listed HTTP/1.1\r\nHost: ${ADDRESSES.origin.ipv4}\r\nConnection: close\r\n\r\n`;

export class Customers {
  readonly visits: Visit[] = [];
  readonly #machine: Namespace;
  readonly #under = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  /** @param rate connections a second */
  constructor(machine: Namespace, rate: number) {
    this.#machine = machine;
    const began = performance.now();
    let opened = 0;
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - began) * rate) / 1000);
      for (; opened < due; opened += 1) this.#open();
    }, 5);
  }

  /** Resolves when the last has its answer. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#under);
  }

  #open(): void {
    const visit = (async () => {
      const begun = performance.now();
      this.visits.push({ begun, fate: await this.#visit() });
    })();
    this.#under.add(visit);
    void (async () => {
      await visit;
      this.#under.delete(visit);
    })();
  }

  async #visit(): Promise<Fate> {
    const giveUp = new AbortController();
    const asked = ask(this.#machine);
    const fate = await Promise.race([
      asked,
      (async (): Promise<Fate> => {
        await pause(PATIENCE_MS, null, { signal: giveUp.signal }).catch(() => {});
        return 'lost';
      })(),
    ]);
    giveUp.abort();
    return fate;
  }
}

async function ask(machine: Namespace): Promise<Fate> {
  let socket: Socket;
  try {
    socket = await connectFrom(machine, { address: ADDRESSES.origin.ipv4, port: 80 });
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'lost';
  }
  const { promise, resolve } = Promise.withResolvers<Fate>();
  socket.on('error', () => resolve('lost'));
  socket.on('end', () => resolve('lost'));
  socket.on('data', (bytes: Buffer) =>
    resolve(bytes.toString('latin1').startsWith('HTTP/1.1 200') ? 'direct' : 'filtered'),
  );
  socket.setTimeout(PATIENCE_MS, () => resolve('lost'));
  socket.write(REQUEST);
  const fate = await promise;
  socket.destroy();
  return fate;
}
