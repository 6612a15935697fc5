/**
 * Composition root of a data-plane thread: builds its rooms in the order of the pipeline and runs its one timer.
 *
 *   listeners ─▶ connections ─▶ judge (matcher ◀─ snapshot) ─▶ exchange ─▶ connector, pool
 *
 * It must not know where lists come from: the control thread hands it finished snapshots.
 */
import { ClientRegistry } from '../accept/client-registry.ts';
import { ExplicitListener } from '../accept/explicit-listener.ts';
import type { OpenConnection, Plane } from '../accept/plane.ts';
import { OwnAnswers } from '../block/own-answers.ts';
import { BlockPages } from '../block/pages.ts';
import { Connector } from '../forward/connector.ts';
import { scratchBytes } from '../forward/context.ts';
import { ReadBuffers } from '../forward/read-buffers.ts';
import { Scratch } from '../forward/scratch.ts';
import { UpstreamPool } from '../forward/upstream-pool.ts';
import { Matcher } from '../match/matcher.ts';
import { openSnapshot, type Snapshot } from '../match/snapshot.ts';
import { DataCounters, counterLayout } from '../observe/counters.ts';
import { Judge } from '../policy/judge.ts';
import { RequestHead } from '../wire/request-head.ts';
import { RequestTarget } from '../wire/request-target.ts';
import { ResponseHead } from '../wire/response-head.ts';
import { GENERATION_SLOT, type DataThreadInput } from './messages.ts';

/** Milliseconds between two looks at the deadlines. */
const TICK_MS = 250;
const DAY_MS = 86_400_000;

interface Prepared {
  readonly generation: number;
  readonly snapshot: Snapshot;
}

export class DataPlane {
  readonly #input: DataThreadInput;
  readonly #control: Int32Array;
  readonly #plane: Plane;
  readonly #listeners: readonly ExplicitListener[];
  readonly #timer: NodeJS.Timeout;
  #prepared: Prepared | null = null;
  #generation = 0;
  #counted = { hits: 0, misses: 0 };
  #onDrained: (() => void) | null = null;
  #drainDeadline = Infinity;

  constructor(input: DataThreadInput) {
    this.#input = input;
    this.#control = new Int32Array(input.control);
    this.#plane = this.#compose(input);
    this.#listeners = input.config.listeners.map((listener, index) => new ExplicitListener(this.#plane, listener, index));
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** The generation that requests are judged by now. */
  get generation(): number {
    this.#refresh();
    return this.#generation;
  }

  /** Opens a generation; it is used from the moment the control thread flips to it. Throws on a damaged snapshot. */
  prepare(generation: number, buffer: SharedArrayBuffer, byteLength: number): void {
    this.#prepared = { generation, snapshot: openSnapshot(buffer, byteLength) };
  }

  /** Opens the listeners; returns their real ports. Throws ListenError. */
  async listen(ports: readonly number[]): Promise<number[]> {
    const { config, admin } = this.#input;
    const real = await Promise.all(this.#listeners.map((listener, index) => listener.listen(ports[index] ?? 0)));
    const own = config.listeners.map(({ address }, index) => ({ address, port: real[index]! }));
    this.#plane.connector.setOwn([...own, admin]);
    return real;
  }

  /** Stops accepting, lets connections finish; resolves when all are gone, at the latest after `deadlineMs`. */
  drain(deadlineMs: number): Promise<void> {
    for (const listener of this.#listeners) listener.close();
    this.#plane.state.draining = true;
    this.#drainDeadline = performance.now() + deadlineMs;
    for (const connection of this.#plane.connections) connection.drain();
    return new Promise((resolve) => {
      this.#onDrained = resolve;
      this.#finishDrain();
    });
  }

  #compose(input: DataThreadInput): Plane {
    const { config, pseudonym } = input;
    const counters = new DataCounters(counterLayout(config), input.counters, input.worker);
    const readBuffers = new ReadBuffers();
    const matcher = new Matcher({ cacheEntries: config.hostCache.entries });
    return {
      config,
      counters,
      pseudonym,
      readBuffers,
      matcher,
      clock: { now: performance.now() },
      connector: new Connector(config, readBuffers, counters),
      pool: new UpstreamPool(config.upstream.pool),
      scratch: new Scratch(scratchBytes(config.limits, readBuffers.shared.length)),
      via: Buffer.from(`Via: 1.1 ${pseudonym}\r\n`),
      request: new RequestHead(config.limits),
      target: new RequestTarget(),
      response: new ResponseHead(config.limits),
      judge: new Judge(matcher, config.lists),
      pages: new BlockPages(config.lists, { pseudonym }),
      answers: new OwnAnswers(pseudonym),
      clients: new ClientRegistry(config),
      connections: new Set<OpenConnection>(),
      state: { today: Math.floor(Date.now() / DAY_MS), draining: false },
      refresh: () => this.#refresh(),
    };
  }

  /** Once per request: one atomic load; the flip itself happens once per generation. */
  #refresh(): void {
    const current = Atomics.load(this.#control, GENERATION_SLOT);
    if (current === this.#generation || this.#prepared?.generation !== current) return;
    this.#plane.matcher.use(this.#prepared.snapshot);
    this.#generation = current;
    this.#prepared = null;
  }

  #tick(): void {
    const now = performance.now();
    const { clock, state, connections, pool } = this.#plane;
    clock.now = now;
    state.today = Math.floor(Date.now() / DAY_MS);
    for (const connection of connections) connection.sweep(now);
    pool.sweep(now);
    this.#countCache();
    this.#finishDrain();
  }

  #countCache(): void {
    const { hits, misses } = this.#plane.matcher;
    this.#plane.counters.hostCache(hits - this.#counted.hits, misses - this.#counted.misses);
    this.#counted = { hits, misses };
  }

  #finishDrain(): void {
    if (this.#onDrained === null) return;
    const { connections, pool } = this.#plane;
    if (performance.now() >= this.#drainDeadline) for (const connection of connections) connection.socket.destroy();
    else if (connections.size > 0) return;
    pool.closeAll();
    clearInterval(this.#timer);
    this.#onDrained();
    this.#onDrained = null;
  }
}
