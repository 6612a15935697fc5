/**
 * Who is connected to the admin side. Whoever opens connections and says nothing, half of a request, or does not read what he asked for, gets no other one in the
 * way: a balancer that asks `/readyz` and a Prometheus are answered all the same.
 *
 *   connection ─▶ as many of its address as one may have, or of all? ─▶ one of that address, or of the one with the most, is ended:
 *                                                                       the oldest that has not asked yet; where all have, the oldest of all
 *
 * A request is short, and its answer too, so that what has taken longest is what is not meant. It must not read or write anything.
 */
import type { Socket } from 'node:net';
import { parseIpAddress, prefixKey } from '../lib/prefix.ts';

/** In all, and of one address (of IPv6 a customer's network). */
const MAX_ALL = 64;
const MAX_ONE = 16;
const IPV4_BITS = 32;
const IPV6_BITS = 64;

export class AdminConnections {
  /** By address; those that came first are first. */
  readonly #open = new Map<string, Set<Socket>>();
  /** Of which a whole request has come. */
  readonly #asked = new WeakSet<Socket>();
  #count = 0;

  add(socket: Socket): void {
    const address = keyOf(socket.remoteAddress ?? '');
    const own = this.#open.get(address) ?? new Set<Socket>();
    this.#open.set(address, own.add(socket));
    this.#count += 1;
    socket.once('close', () => this.#gone(address, socket));
    if (own.size > MAX_ONE) this.#makeRoom([...own], socket);
    else if (this.#count > MAX_ALL) this.#makeRoom(this.#ofMost(), socket);
  }

  /** A whole request has come: it gets its answer. */
  asked(socket: Socket): void {
    this.#asked.add(socket);
  }

  /** Of each address that has as many as none has more. */
  #ofMost(): readonly Socket[] {
    const all = [...this.#open.values()];
    const most = Math.max(...all.map(({ size }) => size));
    return all.filter(({ size }) => size === most).flatMap((sockets) => Array.from(sockets));
  }

  /** @param sockets the oldest first. @param next has just come. */
  #makeRoom(sockets: readonly Socket[], next: Socket): void {
    const older = sockets.filter((socket) => socket !== next && !socket.destroyed);
    (older.find((socket) => !this.#asked.has(socket)) ?? older[0])?.destroy();
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
  return bytes === null ? address : prefixKey(bytes, bytes.length === 4 ? IPV4_BITS : IPV6_BITS);
}
