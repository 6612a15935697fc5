/**
 * Who is connected to the admin side. Whoever opens connections and says nothing, or half of a request, gets no other one in the way: a balancer
 * that asks `/readyz` and a Prometheus are answered all the same.
 *
 *   connection ─▶ as many of its address as one may have, or of all? ─▶ the oldest of that address, or of the one with the most, that has not asked yet is ended
 *                                                                        └─ all are being answered: this one is
 *
 * A request takes milliseconds, so that what has waited longest is what is not meant. It must not read or write anything.
 */
import type { Socket } from 'node:net';
import { maskedAddress, parseIpAddress } from '../lib/prefix.ts';

/** In all, and of one address (of IPv6 a customer's network). */
const MAX_ALL = 64;
const MAX_ONE = 16;
const IPV6_BITS = 64;

export class AdminConnections {
  /** By address; those that came first are first. */
  readonly #open = new Map<string, Set<Socket>>();
  /** Of which a whole request has come. */
  readonly #answered = new WeakSet<Socket>();
  #count = 0;

  add(socket: Socket): void {
    const address = keyOf(socket.remoteAddress ?? '');
    const own = this.#open.get(address) ?? new Set<Socket>();
    this.#open.set(address, own.add(socket));
    this.#count += 1;
    socket.once('close', () => this.#gone(address, socket));
    if (own.size > MAX_ONE) this.#end(own);
    else if (this.#count > MAX_ALL) this.#end(this.#most());
  }

  /** It has asked, and gets its answer. */
  answers(socket: Socket): void {
    this.#answered.add(socket);
  }

  #most(): ReadonlySet<Socket> {
    return [...this.#open.values()].reduce((most, each) => (each.size > most.size ? each : most));
  }

  /** The last one of them is new. */
  #end(sockets: ReadonlySet<Socket>): void {
    const waiting = [...sockets].find((socket) => !this.#answered.has(socket) && !socket.destroyed);
    (waiting ?? [...sockets].at(-1))?.destroy();
  }

  #gone(address: string, socket: Socket): void {
    const own = this.#open.get(address);
    own?.delete(socket);
    this.#count -= 1;
    if (own?.size === 0) this.#open.delete(address);
  }
}

function keyOf(address: string): string {
  const bytes = parseIpAddress(address);
  if (bytes === null) return address;
  return Buffer.from(bytes.length === 4 ? bytes : maskedAddress(bytes, IPV6_BITS)).toString('latin1');
}
