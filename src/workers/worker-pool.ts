/**
 * The data threads: started, told what to serve and where to listen, replaced when they die or stop answering.
 *
 *   spawn ─▶ prepare (newest snapshot) ─▶ flipped ─▶ listen (known ports) ─▶ … dies ─▶ back-off ─▶ spawn
 *
 * Every worker walks this path by itself, step by step, at start as after a death: `#advance` looks at where it stands and
 * gives the next order. A worker that has no current snapshot must never listen.
 */
import { DEADLINES } from '../lib/deadlines.ts';
import { CleanfeedError, originOf, toldElsewhere } from '../lib/errors.ts';
import type { Time } from '../lib/time.ts';
import type { Log } from '../observe/log.ts';
import type { WorkerStatus } from '../observe/control-view.ts';
import type { EntryHits } from '../report/entry-ledger.ts';
import { DataWorker } from './data-worker.ts';
import type { StagedSnapshot } from './data-worker.ts';
import type { DataThreadInput, FromWorker } from './messages.ts';
import { PoolListeners } from './pool-listeners.ts';
import type { HandOver, ListeningPool } from './pool-listeners.ts';
import { Restarts } from './restarts.ts';
import { Waiting } from './waiting.ts';

export interface WorkerPoolOptions {
  readonly workers: number;
  readonly file: URL;
  readonly input: (worker: number) => DataThreadInput;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** It is called when a worker has opened listeners. */
  readonly listening: () => void;
  readonly handOver: HandOver;
  /** A worker tells which entries have matched. */
  readonly entries: (counted: EntryHits) => void;
  readonly time?: Time;
}

export class WorkerPool implements ListeningPool {
  readonly listeners: PoolListeners;
  readonly #options: WorkerPoolOptions;
  readonly #workers: DataWorker[] = [];
  readonly #waiting: Waiting;
  readonly #restarts: Restarts;
  /** A new worker is given this: the snapshot that is being handed out, else the one in force. */
  #staged: StagedSnapshot | null = null;
  #inForce: StagedSnapshot | null = null;
  #isClosing = false;
  #isLameDuck = false;
  /** They were told to end, and did not. */
  readonly #held = new Set<DataWorker>();
  /** Rejects when there is no way to go on; never resolves. */
  readonly fatal: Promise<never>;
  readonly #onFatal: (error: Error) => void;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const { log, handOver, listening, time } = options;
    this.#waiting = new Waiting(time);
    this.listeners = new PoolListeners({ pool: this, log, handOver, listening });
    const { promise, reject } = Promise.withResolvers<never>();
    // Whoever cares awaits it; nobody has to.
    void toldElsewhere(promise);
    this.fatal = promise;
    this.#onFatal = reject;
    this.#restarts = new Restarts((index) => this.#spawn(index), time);
  }

  start(): void {
    for (let index = 0; index < this.#options.workers; index++) this.#spawn(index);
  }

  get all(): readonly DataWorker[] {
    return this.#workers;
  }

  /** The workers that live. */
  get alive(): readonly DataWorker[] {
    return this.#workers.filter((worker) => worker.isAlive);
  }

  /** It is to end: nothing is started, and nothing is waited for any more. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  get restarts(): number {
    return this.#restarts.total;
  }

  /** No worker answers and none could be ended: nothing that this process can do helps any more. */
  get isUnrecoverable(): boolean {
    return this.#workers.length > 0 && this.#workers.every((worker) => worker.isAlive && worker.isSilent);
  }

  status(): readonly WorkerStatus[] {
    return this.#workers.map(({ index, state, serving, isSilent, startedAt }) => {
      return {
        worker: index,
        state,
        generation: serving,
        unresponsive: isSilent,
        startedAt,
        restarts: this.#restarts.of(index),
      };
    });
  }

  /** Hands a snapshot to every worker that answers, and to those that come. */
  stage(snapshot: StagedSnapshot): void {
    this.#staged = snapshot;
    // One that is being ended must not come to hold more and more of them.
    for (const worker of this.alive) if (!worker.isSilent && !worker.isLeaving) worker.stage(snapshot);
  }

  /** The staged snapshot is not to be used: whoever has nothing else gets the one in force. */
  abort(): void {
    this.#staged = this.#inForce;
    this.advanceAll();
  }

  /** The staged snapshot has been flipped to. */
  commit(): void {
    this.#inForce = this.#staged;
    this.advanceAll();
  }

  /** Gives every worker its next order. */
  advanceAll(): void {
    for (const worker of this.alive) this.#advance(worker);
  }

  /** Ends a worker that does not answer; its end brings a new one. */
  replace(worker: DataWorker, why: 'heartbeat' | 'snapshot', waitedMs: number): void {
    if (worker.isSilent || !worker.isAlive) return;
    worker.isSilent = true;
    this.#options.log.event('error', 'worker.unresponsive', {
      worker: worker.index,
      reason: why,
      waitedMs: Math.round(waitedMs),
      generation: worker.serving,
    });
    void worker.terminate(`did not answer (${why})`);
    this.#waiting.wake();
  }

  /** Resolves true when the check holds (asked after every message and exit), false after `timeoutMs`. */
  async until(check: () => boolean, timeoutMs?: number): Promise<boolean> {
    return await this.#waiting.until(check, timeoutMs);
  }

  /** Every worker, and those that come in place of one, tells its clients to close and goes on accepting. */
  beLameDuck(): void {
    this.#isLameDuck = true;
    for (const worker of this.alive) worker.post({ type: 'lame-duck' });
  }

  /** Lets every worker finish within the bound, then ends it. */
  async drain(deadlineMs: number): Promise<void> {
    this.#stopRestarts();
    for (const worker of this.alive) {
      worker.state = 'draining';
      worker.post({ type: 'drain', deadlineMs });
    }
    // Whoever waits for an answer need not any more.
    this.#waiting.wake();
    const boundMs = deadlineMs + DEADLINES.workers.drainGraceMs;
    await this.until(() => this.alive.every((worker) => worker.state === 'drained'), boundMs);
    await this.close();
  }

  /** Ends every worker at once. Whom a call of the system holds is not waited for long: `isHeld` tells. */
  async close(): Promise<void> {
    this.#stopRestarts();
    for (const worker of this.alive) void worker.terminate();
    await this.until(() => this.alive.every((worker) => this.#held.has(worker)), DEADLINES.workers.endMs);
    for (const worker of this.alive) this.#hold(worker);
    this.#waiting.release();
  }

  /** Some thread did not end: the process has to end without it. */
  get isHeld(): boolean {
    return this.alive.some((worker) => this.#held.has(worker));
  }

  #hold(worker: DataWorker): void {
    if (this.#held.has(worker)) return;
    this.#held.add(worker);
    this.#options.log.event('error', 'process.stop_failed', {
      stage: 'workers',
      reason: `worker ${worker.index} is held by a call of the system`,
    });
  }

  #stopRestarts(): void {
    this.#isClosing = true;
    this.#restarts.stop();
  }

  /** Whatever happens, somebody will try again: a fault here would be nobody's, and the worker gone for good. */
  #spawn(index: number): void {
    try {
      this.#begin(index);
    } catch (error) {
      // The system has no thread to give (ERR_WORKER_INIT_FAILED), for now.
      this.#beginLater(index, 0, { code: 1, reason: originOf(error) });
    }
  }

  #begin(index: number): void {
    const worker = new DataWorker(this.#options.file, this.#options.input(index), this.#options.now(), {
      message: (message) => {
        this.#onMessage(worker, message);
        this.#waiting.wake();
      },
      exit: (code, reason) => {
        this.#onExit(worker, code, reason);
        this.#waiting.wake();
      },
    });
    this.#workers[index] = worker;
    // Before it may listen.
    if (this.#isLameDuck) worker.post({ type: 'lame-duck' });
    this.#advance(worker);
  }

  #advance(worker: DataWorker): void {
    if (!worker.isAlive || worker.isSilent || this.#isClosing) return;
    const snapshot = this.#staged;
    const hasNothing =
      worker.staged === 0 || (snapshot !== null && worker.serving === 0 && worker.staged !== snapshot.generation);
    if (snapshot !== null && hasNothing) worker.stage(snapshot);
    const generation = this.#inForce?.generation ?? 0;
    if (generation === 0) return;
    if (worker.prepared === generation && worker.flipped !== generation) {
      worker.flipped = generation;
      worker.post({ type: 'flipped' });
    }
    this.listeners.advance(worker);
  }

  #onMessage(worker: DataWorker, message: FromWorker): void {
    switch (message.type) {
      case 'prepared':
        worker.opened(message.generation);
        break;
      case 'prepare-failed':
        worker.opened(message.generation, message.reason);
        break;
      case 'serving':
        worker.serves(message.generation);
        if (worker.state === 'starting') worker.state = 'serving';
        this.#restarts.hasServed = true;
        break;
      case 'listening':
        this.listeners.opened(worker, message.endpoints);
        break;
      case 'listen-failed':
        this.listeners.failed(worker, message);
        break;
      case 'configured':
        worker.configured = message.revision;
        break;
      case 'log':
        this.#options.log.event(message.level, message.event, { worker: worker.index, ...message.fields });
        break;
      case 'entries':
        this.#options.entries(message.counted);
        break;
      case 'drained':
        worker.state = 'drained';
        break;
    }
    this.#advance(worker);
  }

  #onExit(worker: DataWorker, code: number, reason: string): void {
    if (this.#isClosing) return;
    if (this.listeners.isSocketLostWith(worker)) {
      this.#onFatal(
        new CleanfeedError(
          'internal',
          'socket_lost',
          `worker ${worker.index} ended (${reason}) and with it an inherited socket, which only the service manager can give again`,
        ),
      );
      return;
    }
    this.#beginLater(worker.index, this.#options.now() - worker.startedAt, { code, reason });
  }

  #beginLater(
    index: number,
    livedMs: number,
    { code, reason }: { readonly code: number; readonly reason: string },
  ): void {
    const again = this.#restarts.after(index, livedMs);
    this.#options.log.event('error', 'worker.exited', { worker: index, code, reason, restartInMs: again ?? 0 });
    if (again === null)
      this.#onFatal(new CleanfeedError('internal', 'worker_start', `data thread ${index} does not start: ${reason}`));
  }
}
