/**
 * Who is connected to the admin side. Whoever opens connections and says nothing, half of a request, or does not read what he asked for, gets no other one in the
 * way: a balancer that asks `/readyz` and a Prometheus are answered all the same.
 *
 *   connection ─▶ as many of its address as one may have, or of all? ─▶ one of that address, or of the one with the most, makes room, the oldest
 *                 of the first kind that there is:  has not asked ─▶ its answer waits for its reader ─▶ has asked ─▶ has a question that waits for its turn
 *
 * A request is short, and its answer too, so that what has taken longest is what is not meant. Questions wait for their turn, and never have more than half of
 * the connections of an address (explain-askers.ts). Who makes room is told why, unless he has a part of another answer already. It must not read anything.
 */
import type { Socket } from 'node:net';
import { DEADLINES, type Deadlines } from '../lib/deadlines.ts';
import { parseIpAddress, plainAddress, prefixKey } from '../lib/prefix.ts';
import { systemTime, type Time } from '../lib/time.ts';

/** In all, and of one address (of IPv6 a customer's network). */
const MAX_ALL = 64;
const MAX_ONE = 32;
const IPV4_BITS = 32;
const IPV6_BITS = 64;
/** As many that make room read why at a time, beside those that are open. */
const MAX_LEAVING = 16;

/** From the first to make room to the last. */
const STAGES = ['silent', 'answered', 'asked', 'waiting'] as const;
export type Stage = Exclude<(typeof STAGES)[number], 'silent'>;

export class AdminConnections {
  /** By address; those that came first are first. */
  readonly #open = new Map<string, Set<Socket>>();
  readonly #stages = new WeakMap<Socket, Stage>();
  readonly #leaving = new Set<Socket>();
  readonly #time: Time;
  readonly #leaveMs: number;
  #count = 0;

  constructor(time = systemTime, { leaveMs }: Pick<Deadlines['admin'], 'leaveMs'> = DEADLINES.admin) {
    this.#time = time;
    this.#leaveMs = leaveMs;
  }

  add(socket: Socket): void {
    const address = keyOf(socket.remoteAddress ?? '');
    const own = this.#open.get(address) ?? new Set<Socket>();
    this.#open.set(address, own.add(socket));
    this.#count += 1;
    socket.once('close', () => this.#gone(address, socket));
    if (own.size > MAX_ONE) this.#makeRoom([...own], socket, `at most ${MAX_ONE} of one address at a time`);
    else if (this.#count > MAX_ALL) this.#makeRoom(this.#ofMost(), socket, `at most ${MAX_ALL} in all at a time`);
  }

  /** `asked`: a whole request has come. `waiting`: its answer waits for a turn. `answered`: its answer is being sent. */
  is(socket: Socket, stage: Stage): void {
    this.#stages.set(socket, stage);
  }

  /** It has made room: it is told why, and gets no other answer. */
  hasMadeRoom(socket: Socket): boolean {
    return this.#leaving.has(socket) || socket.destroyed;
  }

  /** Of each address that has as many as none has more. */
  #ofMost(): readonly Socket[] {
    const all = [...this.#open.values()];
    const most = Math.max(...all.map(({ size }) => size));
    return all.filter(({ size }) => size === most).flatMap((sockets) => Array.from(sockets));
  }

  /** @param sockets the oldest first. @param next has just come. @param bound in words. */
  #makeRoom(sockets: readonly Socket[], next: Socket, bound: string): void {
    const older = sockets.filter((socket) => socket !== next && !socket.destroyed);
    const stageOf = (socket: Socket): (typeof STAGES)[number] => this.#stages.get(socket) ?? 'silent';
    for (const stage of STAGES) {
      const oldest = older.find((socket) => stageOf(socket) === stage);
      if (oldest === undefined) continue;
      if (stage === 'answered' || this.#leaving.size >= MAX_LEAVING) oldest.destroy();
      else this.#turnAway(oldest, bound);
      return;
    }
  }

  #turnAway(socket: Socket, bound: string): void {
    const address = socket.remoteAddress ?? '';
    this.#gone(keyOf(address), socket);
    this.#leaving.add(socket);
    const timer = this.#time.after(this.#leaveMs, () => socket.destroy()).unref();
    socket.once('close', () => {
      timer.cancel();
      this.#leaving.delete(socket);
    });
    socket.end(refusalText(`too many connections from ${plainAddress(address)}: ${bound}; ask again in a second`));
  }

  #gone(address: string, socket: Socket): void {
    const own = this.#open.get(address);
    if (own?.delete(socket) !== true) return;
    this.#count -= 1;
    if (own.size === 0) this.#open.delete(address);
  }
}

/** As a page or a program that asked `/explain` reads it, and everybody else can. */
function refusalText(error: string): string {
  const body = `${JSON.stringify({ error })}\n`;
  return [
    'HTTP/1.1 503 Service Unavailable',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Retry-After: 1',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

function keyOf(address: string): string {
  const bytes = parseIpAddress(address);
  return bytes === null ? address : prefixKey(bytes, bytes.length === 4 ? IPV4_BITS : IPV6_BITS);
}
