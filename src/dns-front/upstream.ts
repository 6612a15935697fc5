/**
 * One resolver behind the front, and the ports by which it is asked.
 *
 *   open ─▶ ports[0 … n-1] ─(life is over, or somebody guesses)─▶ leaving, until nothing waits ─▶ closed
 *
 * All that is read in one turn goes out by one port, chosen at random each time: so many datagrams go in one system call. Renewal is
 * spread over the life of a port. It must not decide which upstream is asked.
 */
import { errnoOf } from '../lib/errors.ts';
import type { DatagramEnd, DatagramEvents, Datagrams, DatagramSocket } from './datagrams/datagrams.ts';
import type { RandomNumbers } from './random-numbers.ts';

/** Of one upstream, in milliseconds. */
export interface PortTerms {
  readonly count: number;
  readonly lifeMs: number;
  /** Nothing is waited for longer. */
  readonly waitMs: number;
  /** Bytes of answers that wait at each in the kernel. */
  readonly receiveBuffer: number;
}

/** Messages that are no answers after which a port is given up: somebody guesses, or answers come too late. */
const MAX_STRANGE = 64;
/** What the system says where it has no way to an address, or none of its own in that family. */
const NO_WAY: ReadonlySet<string> = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL']);

export interface Probe {
  readonly port: UpstreamPort;
  readonly id: number;
}

export class Upstream {
  readonly index: number;
  readonly at: DatagramEnd;
  /** Milliseconds, monotonic. */
  lastAnswerAt = -Infinity;
  /** Others are asked first. */
  isDown = false;
  /** While it is down: when a query is sent to it as well as to another one. */
  probeAt = 0;
  /** The last queries of that kind: an answer to one tells that it is there, though another resolver may have answered before. */
  probes: readonly Probe[] = [];
  /** The same of TCP, by coarse time. */
  isStreamDown = false;
  streamProbeAt = 0;
  #ports: UpstreamPort[] = [];
  #leaving: UpstreamPort[] = [];
  #current: UpstreamPort | null = null;
  #renewedAt = 0;
  #isRenewing = false;
  #isClosed = false;
  readonly #datagrams: Datagrams;
  readonly #random: RandomNumbers;
  readonly #events: (port: UpstreamPort) => DatagramEvents;

  constructor(
    index: number,
    at: DatagramEnd,
    parts: {
      readonly datagrams: Datagrams;
      readonly random: RandomNumbers;
      readonly events: (port: UpstreamPort) => DatagramEvents;
    },
  ) {
    this.index = index;
    this.at = at;
    this.#datagrams = parts.datagrams;
    this.#random = parts.random;
    this.#events = parts.events;
  }

  /** Open ports, those included that are left. */
  get openPorts(): number {
    return this.#ports.length + this.#leaving.length;
  }

  /** Whether it can be asked over UDP: there is none while there is no way to it. */
  get hasPort(): boolean {
    return this.#ports.length > 0;
  }

  /** Rejects if no port is to be had. Where there is no way to it (a boot before the network, a route that is gone) it is down, and a sweep opens its ports. */
  async open({ count, receiveBuffer }: PortTerms, now: number): Promise<void> {
    this.#renewedAt = now;
    try {
      for (let i = 0; i < count; i++) this.#ports.push(await this.#newPort(receiveBuffer));
    } catch (error) {
      if (!NO_WAY.has(errnoOf(error))) throw error;
      this.isDown = true;
      this.probeAt = now;
    }
  }

  /** The port of this turn; null while there is none. */
  port(): UpstreamPort | null {
    return (this.#current ??= this.#ports[this.#random.next() % Math.max(1, this.#ports.length)] ?? null);
  }

  /** Another port is chosen for what comes. */
  endTurn(): void {
    this.#current = null;
  }

  /** A few times a second. @returns how many answers the kernel had no room for since the last time. */
  sweep({ count, lifeMs, waitMs, receiveBuffer }: PortTerms, now: number): number {
    const drops = this.#newDrops();
    this.#leaving = this.#leaving.filter((port) => {
      if (port.leftAt === 0) port.leftAt = now;
      if (port.waiting > 0 && now - port.leftAt < 2 * waitMs) return true;
      port.socket.close();
      return false;
    });
    while (this.#ports.length > count) this.#leave(0);
    const guessed = this.#ports.findIndex(({ strange }) => strange >= MAX_STRANGE);
    if (this.#ports.length < count || guessed >= 0) this.#renew(guessed, receiveBuffer);
    else if (now - this.#renewedAt >= lifeMs / count) {
      this.#renewedAt = now;
      this.#renew(0, receiveBuffer);
    }
    return drops;
  }

  close(): void {
    this.#isClosed = true;
    for (const { socket } of [...this.#ports, ...this.#leaving]) socket.close();
    this.#ports = this.#leaving = [];
    this.#current = null;
  }

  #newDrops(): number {
    let drops = 0;
    for (const { socket } of this.#ports) drops += socket.newDrops();
    for (const { socket } of this.#leaving) drops += socket.newDrops();
    return drops;
  }

  /** Opens a port and leaves that one. The oldest is always the first. */
  #renew(index: number, receiveBuffer: number): void {
    if (this.#isRenewing || this.#isClosed) return;
    this.#isRenewing = true;
    const old = this.#ports[index];
    const done = (): void => void (this.#isRenewing = false);
    const replace = (port: UpstreamPort): void => {
      done();
      if (this.#isClosed) return port.socket.close();
      this.#ports.push(port);
      const place = old === undefined ? -1 : this.#ports.indexOf(old);
      if (place >= 0) this.#leave(place);
    };
    // Without a descriptor the old one goes on.
    this.#newPort(receiveBuffer).then(replace, done);
  }

  #leave(index: number): void {
    const [port] = this.#ports.splice(index, 1);
    if (port === undefined) return;
    if (this.#current === port) this.#current = null;
    this.#leaving.push(port);
  }

  async #newPort(receiveBuffer: number): Promise<UpstreamPort> {
    const port = new UpstreamPort(this, await this.#datagrams.connect(this.at));
    port.socket.setReceiveBuffer(receiveBuffer);
    port.socket.start(this.#events(port));
    return port;
  }
}

/**
 * One socket to an upstream, with a port that the kernel chose: who wants to forge an answer has to guess it and the id. It is used
 * for a while, then another one takes its place; what waits for an answer on it still gets that.
 */
export class UpstreamPort {
  readonly upstream: Upstream;
  readonly socket: DatagramSocket;
  /** When it was seen first among those that are left; 0: not yet. */
  leftAt = 0;
  /** Attempts that wait for an answer by it. */
  waiting = 0;
  /** Messages that were no answers to anything. */
  strange = 0;
  /** Something was queued on it since it was flushed. */
  isQueued = false;

  constructor(upstream: Upstream, socket: DatagramSocket) {
    this.upstream = upstream;
    this.socket = socket;
  }
}
