/**
 * Customers of a fleet, seen from outside: some keep their connections and ask again and again, others open a new one each time (an open
 * loop: whoever waits keeps nobody else waiting). Both by IPv4 and IPv6.
 *
 * A kept connection is broken when it ends otherwise than announced (`Connection: close`, or an end between two requests) or an answer does not
 * come. A customer does not ask a second time: what is lost is counted.
 */
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { COMMON, FLEET_ORIGIN } from './fleet-network.ts';
import type { Namespace } from './namespace.ts';
import { connectFrom } from './sockets.ts';

export interface Visit {
  /** Milliseconds of `performance.now()`. */
  readonly begun: number;
  /** Milliseconds to the whole answer. */
  readonly took: number;
  readonly isLost: boolean;
  /** Address of the node, as the origin saw it; empty: none. */
  readonly node: string;
}

export interface Broken {
  readonly at: number;
  /** Who answered last on it. */
  readonly node: string;
  /** What there was in place of an answer. */
  readonly got: string;
}

/** Milliseconds between two requests of a kept connection. */
const REST_MS = 300;
const FAMILIES = ['ipv4', 'ipv6'] as const;
type Family = (typeof FAMILIES)[number];
const HOSTS = { ipv4: FLEET_ORIGIN.ipv4, ipv6: `[${FLEET_ORIGIN.ipv6}]` } as const;

interface Answer {
  readonly node: string;
  readonly closes: boolean;
}

export class FleetCustomers {
  readonly visits: Visit[] = [];
  readonly broken: Broken[] = [];
  /** Requests on kept connections that were answered, and times that one was opened anew because it was announced. */
  answered = 0;
  reopened = 0;
  readonly #machine: Namespace;
  readonly #patienceMs: number;
  readonly #open = new Set<Promise<void>>();
  /** Who answered last on each kept connection. */
  readonly #nodes: string[];
  readonly #answers: number[];
  readonly #timer: NodeJS.Timeout;
  #isOver = false;

  /** @param rate new connections a second; @param patienceMs after which a customer gives up: longer than three SYNs take. */
  constructor(
    machine: Namespace,
    {
      kept = 90,
      rate = 100,
      patienceMs = 10_000,
    }: { readonly kept?: number; readonly rate?: number; readonly patienceMs?: number } = {},
  ) {
    this.#machine = machine;
    this.#patienceMs = patienceMs;
    this.#nodes = Array.from({ length: kept }, () => '');
    this.#answers = this.#nodes.map(() => 0);
    for (let i = 0; i < kept; i += 1) this.#track(this.#keep(i));
    const began = performance.now();
    let opened = 0;
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - began) * rate) / 1000);
      for (; opened < due; opened += 1) this.#track(this.#visit(FAMILIES[opened % 2]!));
    }, 5);
  }

  /** How many kept connections each node has. */
  get shares(): ReadonlyMap<string, number> {
    return new Map(
      Object.entries(Object.groupBy(this.#nodes, (node) => node)).map(([node, all]) => [node, all!.length]),
    );
  }

  /** So many each kept connection has had. */
  get answers(): readonly number[] {
    return [...this.#answers];
  }

  /** Resolves when every kept connection has had an answer. */
  async settled(): Promise<void> {
    while (this.#nodes.includes('')) await pause(20);
  }

  /** Resolves when the last has its answer. */
  async end(): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }

  #track(run: Promise<void>): void {
    this.#open.add(run);
    void (async () => {
      await run;
      this.#open.delete(run);
    })();
  }

  async #keep(index: number): Promise<void> {
    const family = FAMILIES[index % 2]!;
    // Not all at once.
    await pause((index * REST_MS) / this.#nodes.length);
    while (!this.#isOver) {
      const exchange = await Kept.open(this.#machine, family, this.#patienceMs);
      if (exchange === null) {
        this.#break(index, 'no connection');
        continue;
      }
      await this.#use(exchange, index);
      exchange.end();
    }
  }

  /** Until it ends. */
  async #use(exchange: Kept, index: number): Promise<void> {
    while (!this.#isOver) {
      const answer = await exchange.ask('keep-alive');
      if (answer === null) return this.#break(index, exchange.got);
      this.answered += 1;
      this.#nodes[index] = answer.node;
      this.#answers[index]! += 1;
      if (answer.closes) return void (this.reopened += 1);
      await pause(REST_MS);
      // It was closed while nothing was asked, as may be at any time: nobody has lost anything.
      if (exchange.hasEnded) return void (this.reopened += 1);
    }
  }

  #break(index: number, got: string): void {
    this.broken.push({ at: performance.now(), node: this.#nodes[index] ?? '', got });
  }

  async #visit(family: Family): Promise<void> {
    const begun = performance.now();
    const exchange = await Kept.open(this.#machine, family, this.#patienceMs);
    const answer = (await exchange?.ask('close')) ?? null;
    exchange?.end();
    this.visits.push({ begun, took: performance.now() - begun, isLost: answer === null, node: answer?.node ?? '' });
  }
}

/** One connection to the common address. */
class Kept {
  readonly #socket: Socket;
  readonly #host: string;
  readonly #patienceMs: number;
  #text = '';
  #wake: () => void = () => {};
  #isEnded = false;
  #isFailed = false;

  static async open(machine: Namespace, family: Family, patienceMs: number): Promise<Kept | null> {
    const giveUp = new AbortController();
    const opening = connectFrom(machine, { address: COMMON[family], port: 3128 }).catch(() => null);
    const socket = await Promise.race([opening, pause(patienceMs, null, { signal: giveUp.signal }).catch(() => null)]);
    giveUp.abort();
    if (socket === null) void opening.then((late) => late?.destroy());
    return socket === null ? null : new Kept(socket, HOSTS[family], patienceMs);
  }

  private constructor(socket: Socket, host: string, patienceMs: number) {
    this.#socket = socket;
    this.#patienceMs = patienceMs;
    this.#host = host;
    socket.on('data', (piece: Buffer) => {
      this.#text += piece.toString('latin1');
      this.#wake();
    });
    socket.on('end', () => {
      this.#isEnded = true;
      this.#wake();
    });
    socket.on('error', () => {
      this.#isFailed = true;
      this.#wake();
    });
  }

  /** Without a fault. */
  get hasEnded(): boolean {
    return this.#isEnded && !this.#isFailed;
  }

  /** What has come, in a few words. */
  get got(): string {
    const how = this.#isFailed ? 'reset' : 'open';
    return `${this.#isEnded ? 'ended' : how}: ${this.#text.slice(0, 40)}`;
  }

  /** @returns null if no whole answer has come. */
  async ask(connection: 'keep-alive' | 'close'): Promise<Answer | null> {
    this.#text = '';
    const to = this.#host;
    if (this.#isFailed) return null;
    this.#socket.write(`GET http://${to}/ HTTP/1.1\r\nHost: ${to}\r\nConnection: ${connection}\r\n\r\n`);
    const deadline = performance.now() + this.#patienceMs;
    for (;;) {
      const answer = answerIn(this.#text);
      if (answer !== undefined) return answer;
      if (this.#isEnded || this.#isFailed || performance.now() > deadline) return null;
      const timer = new AbortController();
      await Promise.race([
        new Promise<void>((resolve) => (this.#wake = resolve)),
        pause(this.#patienceMs, null, { signal: timer.signal }).catch(() => {}),
      ]);
      timer.abort();
    }
  }

  end(): void {
    this.#socket.destroy();
  }
}

/** @returns undefined if it is not whole; null if it is none of the origin's. */
function answerIn(text: string): Answer | null | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const head = text.slice(0, end).toLowerCase();
  const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
  if (text.length < end + 4 + length) return undefined;
  if (!head.startsWith('http/1.1 200')) return null;
  return { node: text.slice(end + 4, end + 4 + length), closes: head.includes('\r\nconnection: close') };
}
