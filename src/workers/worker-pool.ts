/**
 * The data threads: started, told what to serve and where to listen, replaced when they die.
 *
 *   spawn ─▶ prepare (newest snapshot) ─▶ flipped ─▶ listen (known ports) ─▶ … dies ─▶ back-off ─▶ spawn
 *
 * Every worker walks this path by itself, step by step, at start as after a death: `#advance` looks at where it stands and
 * gives the next order. A worker that has no current snapshot must never listen.
 */
import type { Config } from '../config/types.ts';
import { CleanfeedError, ListenError } from '../lib/errors.ts';
import type { Log } from '../observe/log.ts';
import { DataWorker } from './data-worker.ts';
import type { WorkerState } from './data-worker.ts';
import type { DataThreadInput, FromWorker } from './messages.ts';

export interface WorkerPoolOptions {
  readonly config: Config;
  readonly file: URL;
  readonly input: (worker: number) => DataThreadInput;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A snapshot as the workers get it. */
export interface Offer {
  readonly generation: number;
  readonly buffer: SharedArrayBuffer;
  readonly byteLength: number;
}

export interface WorkerStatus {
  readonly worker: number;
  readonly state: WorkerState;
  readonly generation: number;
  readonly silent: boolean;
}

interface Waiter {
  readonly check: () => boolean;
  readonly resolve: (isDone: boolean) => void;
  readonly timer: NodeJS.Timeout | null;
}

const FIRST_RESTART_MS = 100;
const LAST_RESTART_MS = 10_000;
/** A worker that lived longer than this did not die of how it was started. */
const HEALTHY_MS = 60_000;
/** Deaths before any worker ever served: the program or its machine is at fault, not a request. */
const DEATHS_AT_START = 3;
/** Beyond the deadline given to the workers. */
const DRAIN_GRACE_MS = 1000;

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #workers: DataWorker[] = [];
  readonly #restartTimers = new Map<number, NodeJS.Timeout>();
  readonly #deathsInARow: number[];
  #waiters: Waiter[] = [];
  #restarts = 0;
  #hasServed = false;
  /** What a new worker is offered: the snapshot that is being handed out, else the one in force. */
  #offer: Offer | null = null;
  #inForce: Offer | null = null;
  #firstPorts: readonly number[] | null = null;
  #ports: readonly number[] | null = null;
  /** Every worker has listened once. */
  #isOpen = false;
  #listenFault: ListenError | null = null;
  #closing = false;
  /** Rejects when no worker can be started at all; never resolves. */
  readonly fatal: Promise<never>;
  readonly #onFatal: (error: Error) => void;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#deathsInARow = Array.from({ length: options.config.workers }, () => 0);
    const { promise, reject } = Promise.withResolvers<never>();
    // Whoever cares awaits it; nobody has to.
    promise.catch(() => {});
    this.fatal = promise;
    this.#onFatal = reject;
  }

  start(): void {
    for (let index = 0; index < this.#options.config.workers; index++) this.#spawn(index);
  }

  /** Living workers. */
  get alive(): readonly DataWorker[] {
    return this.#workers.filter((worker) => worker.isAlive);
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Real ports by listener; null until the first worker listens. */
  get ports(): readonly number[] | null {
    return this.#ports;
  }

  status(): readonly WorkerStatus[] {
    return this.#workers.map(({ index, state, serving, isSilent }) => ({ worker: index, state, generation: serving, silent: isSilent }));
  }

  /** Hands a snapshot to every worker, and to those that come. */
  offer(offer: Offer): void {
    this.#offer = offer;
    for (const worker of this.alive) worker.offer(offer.generation, offer.buffer, offer.byteLength);
  }

  /** The offered snapshot is not to be used: whoever has nothing else gets the one in force. */
  withdraw(): void {
    this.#offer = this.#inForce;
    for (const worker of this.alive) this.#advance(worker);
  }

  /** The offered snapshot has been flipped to. */
  confirm(): void {
    this.#inForce = this.#offer;
    for (const worker of this.alive) this.#advance(worker);
  }

  /** Opens the listeners: worker 0 finds the real ports, then all others follow. Throws ListenError. */
  async listen(ports: readonly number[]): Promise<readonly number[]> {
    this.#firstPorts = ports;
    for (const worker of this.alive) this.#advance(worker);
    const isListening = (): boolean => this.#workers.length > 0 && this.#workers.every((worker) => worker.state === 'listening');
    await Promise.race([this.until(() => this.#listenFault !== null || isListening()), this.fatal]);
    if (this.#listenFault !== null) throw this.#listenFault;
    this.#isOpen = true;
    return this.#ports ?? ports;
  }

  /** Resolves true when the check holds (asked after every message and exit), false after `timeoutMs`. */
  async until(check: () => boolean, timeoutMs?: number): Promise<boolean> {
    if (check()) return true;
    return await new Promise((resolve) => {
      const timer = timeoutMs === undefined ? null : setTimeout(() => this.#release(waiter, false), timeoutMs);
      const waiter: Waiter = { check, resolve, timer };
      this.#waiters.push(waiter);
    });
  }

  /** Lets every worker finish within the bound, then ends it. */
  async drain(deadlineMs: number): Promise<void> {
    this.#stopRestarts();
    for (const worker of this.alive) {
      worker.state = 'draining';
      worker.post({ type: 'drain', deadlineMs });
    }
    await this.until(() => this.alive.every((worker) => worker.state === 'drained'), deadlineMs + DRAIN_GRACE_MS);
    await this.close();
  }

  /** Ends every worker at once. */
  async close(): Promise<void> {
    this.#stopRestarts();
    await Promise.all(this.alive.map(async (worker) => await worker.terminate()));
    for (const waiter of this.#waiters) this.#release(waiter, false);
  }

  #stopRestarts(): void {
    this.#closing = true;
    for (const timer of this.#restartTimers.values()) clearTimeout(timer);
    this.#restartTimers.clear();
  }

  #spawn(index: number): void {
    const worker = new DataWorker(this.#options.file, this.#options.input(index), this.#options.now(), {
      message: (message) => {
        this.#onMessage(worker, message);
        this.#wake();
      },
      exit: (code, reason) => {
        this.#onExit(worker, code, reason);
        this.#wake();
      },
    });
    this.#workers[index] = worker;
    this.#advance(worker);
  }

  #advance(worker: DataWorker): void {
    if (!worker.isAlive || this.#closing) return;
    const offer = this.#offer;
    const hasNothing = worker.offered === 0 || (offer !== null && worker.serving === 0 && worker.offered !== offer.generation);
    if (offer !== null && hasNothing) worker.offer(offer.generation, offer.buffer, offer.byteLength);
    const generation = this.#inForce?.generation ?? 0;
    if (generation === 0) return;
    if (worker.prepared === generation && worker.flipped !== generation) {
      worker.flipped = generation;
      worker.post({ type: 'flipped' });
    }
    const ports = this.#ports ?? (worker.index === 0 ? this.#firstPorts : null);
    if (worker.serving === 0 || ports === null || this.#firstPorts === null || worker.hasListenOrder) return;
    worker.hasListenOrder = true;
    worker.post({ type: 'listen', ports });
  }

  #onMessage(worker: DataWorker, message: FromWorker): void {
    switch (message.type) {
      case 'prepared':
        worker.prepared = message.generation;
        break;
      case 'prepare-failed':
        worker.failed = message;
        break;
      case 'serving':
        worker.serving = message.generation;
        if (worker.state === 'starting') worker.state = 'serving';
        this.#hasServed = true;
        this.#noLongerSilent(worker);
        break;
      case 'listening':
        this.#onListening(worker, message.ports);
        break;
      case 'listen-failed':
        this.#onListenFailed(worker, message);
        break;
      case 'log':
        this.#options.log.event(message.level, message.event, { worker: worker.index, ...message.fields });
        break;
      case 'drained':
        worker.state = 'drained';
        break;
    }
    this.#advance(worker);
  }

  #onListening(worker: DataWorker, ports: readonly number[]): void {
    if (worker.state === 'serving') worker.state = 'listening';
    worker.ports = ports;
    this.#deathsInARow[worker.index] = 0;
    if (this.#ports !== null) return;
    this.#ports = ports;
    for (const other of this.alive) this.#advance(other);
  }

  #onListenFailed(worker: DataWorker, { key, address, port, code }: Extract<FromWorker, { type: 'listen-failed' }>): void {
    this.#options.log.event('error', 'worker.listen_failed', { worker: worker.index, key, address, port, code });
    if (!this.#isOpen) this.#listenFault ??= new ListenError({ key, address, port }, code);
    // A replacement that cannot listen is of no use; its successor tries again after the back-off.
    else void worker.terminate();
  }

  #onExit(worker: DataWorker, code: number, reason: string): void {
    if (this.#closing) return;
    const { log, now } = this.#options;
    this.#restarts += 1;
    const lived = now() - worker.startedAt;
    const deaths = lived > HEALTHY_MS ? 1 : (this.#deathsInARow[worker.index] ?? 0) + 1;
    this.#deathsInARow[worker.index] = deaths;
    const delay = Math.min(LAST_RESTART_MS, FIRST_RESTART_MS * 2 ** (deaths - 1));
    log.event('error', 'worker.died', { worker: worker.index, code, reason, restartInMs: delay });
    if (!this.#hasServed && deaths >= DEATHS_AT_START) {
      this.#onFatal(new CleanfeedError('internal', 'worker_start', `data thread ${worker.index} does not start: ${reason}`));
      return;
    }
    this.#restartTimers.set(worker.index, setTimeout(() => this.#spawn(worker.index), delay));
  }

  #noLongerSilent(worker: DataWorker): void {
    if (!worker.isSilent || worker.serving < (this.#inForce?.generation ?? 0)) return;
    worker.isSilent = false;
    this.#options.log.event('warn', 'worker.answers_again', { worker: worker.index, generation: worker.serving });
  }

  #wake(): void {
    for (const waiter of this.#waiters) if (waiter.check()) this.#release(waiter, true);
  }

  #release(waiter: Waiter, isDone: boolean): void {
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    if (waiter.timer !== null) clearTimeout(waiter.timer);
    waiter.resolve(isDone);
  }
}
