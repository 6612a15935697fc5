/**
 * The data threads: started, told what to serve and where to listen, replaced when they die or stop answering.
 *
 *   spawn ─▶ prepare (newest snapshot) ─▶ flipped ─▶ listen (known ports) ─▶ … dies ─▶ back-off ─▶ spawn
 *
 * Every worker walks this path by itself, step by step, at start as after a death: `#advance` looks at where it stands and
 * gives the next order. A worker that has no current snapshot must never listen.
 */
import type { Config } from '../config/types.ts';
import { CleanfeedError, ListenError, originOf } from '../lib/errors.ts';
import type { Log } from '../observe/log.ts';
import type { WorkerStatus } from '../observe/control-view.ts';
import { DataWorker } from './data-worker.ts';
import type { StagedSnapshot } from './data-worker.ts';
import type { DataThreadInput, FromWorker, ListenEndpoint, ListenSpec } from './messages.ts';
import { Restarts } from './restarts.ts';
import { Waiting } from './waiting.ts';

export interface WorkerPoolOptions {
  readonly workers: number;
  readonly file: URL;
  readonly input: (worker: number) => DataThreadInput;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A worker has opened listeners. */
  readonly listening: () => void;
  /** What a worker gets of an inherited socket: a duplicate, or, where there is none to be had, the socket itself. */
  readonly handOver: { readonly descriptor: (original: number) => number; readonly outlives: boolean };
}

/** Where each worker is to listen; keys and ports are the same for all. */
export type ListenSpecsOf = (worker: number) => readonly ListenSpec[];

/** Beyond the deadline given to the workers. */
const DRAIN_GRACE_MS = 1000;

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #workers: DataWorker[] = [];
  readonly #waiting = new Waiting();
  readonly #restarts: Restarts;
  /** What a new worker is given: the snapshot that is being handed out, else the one in force. */
  #staged: StagedSnapshot | null = null;
  #inForce: StagedSnapshot | null = null;
  /** Null: nobody listens yet. */
  #specs: ListenSpecsOf | null = null;
  /** By key of the spec, as the first worker found them. */
  readonly #endpoints = new Map<string, ListenEndpoint>();
  /** Every worker has listened once. */
  #isOpen = false;
  /** Listeners are being tried out for a new configuration: a fault concerns that one. */
  #isTrying = false;
  #closing = false;
  #isLameDuck = false;
  /** Of the last `configure`. */
  #revision = 0;
  /** Rejects when there is no way to go on; never resolves. */
  readonly fatal: Promise<never>;
  readonly #onFatal: (error: Error) => void;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const { promise, reject } = Promise.withResolvers<never>();
    // Whoever cares awaits it; nobody has to.
    promise.catch(() => {});
    this.fatal = promise;
    this.#onFatal = reject;
    this.#restarts = new Restarts((index) => this.#spawn(index));
  }

  start(): void {
    for (let index = 0; index < this.#options.workers; index++) this.#spawn(index);
  }

  /** Living workers. */
  get alive(): readonly DataWorker[] {
    return this.#workers.filter((worker) => worker.isAlive);
  }

  get restarts(): number {
    return this.#restarts.total;
  }

  /** Where a listener really listens; null until it does. */
  endpointOf(key: string): ListenEndpoint | null {
    return this.#endpoints.get(key) ?? null;
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
    this.#advanceAll();
  }

  /** The staged snapshot has been flipped to. */
  commit(): void {
    this.#inForce = this.#staged;
    this.#advanceAll();
  }

  /** Opens the listeners: worker 0 finds the real ports, then all others follow. Throws ListenError. */
  async listen(specs: ListenSpecsOf): Promise<void> {
    this.#specs = specs;
    this.#advanceAll();
    const fault = (): ListenError | null =>
      this.#workers.find(({ listenFault }) => listenFault !== null)?.listenFault ?? null;
    const isListening = (): boolean =>
      this.#workers.length > 0 && this.#workers.every(({ state }) => state === 'listening');
    await Promise.race([this.until(() => fault() !== null || isListening()), this.fatal]);
    const found = fault();
    if (found !== null) throw found;
    this.#isOpen = true;
  }

  /**
   * Opens in every worker what these specs have and the present ones have not, held until `configure`. Throws ListenError;
   * then `configure` with the present specs closes what was opened.
   */
  async tryListeners(specs: ListenSpecsOf): Promise<void> {
    this.#isTrying = true;
    try {
      const [first, ...others] = this.alive.filter(({ state }) => state === 'listening');
      if (first !== undefined) await this.#tryIn([first], specs);
      await this.#tryIn(others, specs);
    } finally {
      this.#isTrying = false;
    }
  }

  /** Every worker, and those that come, works by this configuration and listens there and nowhere else. */
  async configure(config: Config, specs: ListenSpecsOf): Promise<void> {
    if (this.#closing) return;
    // Before the first list nobody listens, whatever the configuration says.
    if (this.#specs !== null) this.#specs = specs;
    const revision = ++this.#revision;
    const wanted = new Set(specs(0).map(({ key }) => key));
    for (const key of this.#endpoints.keys()) if (!wanted.has(key)) this.#endpoints.delete(key);
    for (const worker of this.alive) {
      for (const key of worker.listenKeys) if (!wanted.has(key)) worker.forget(key);
      const own = worker.hasListenOrder ? this.#listenOrder(worker, specs) : [];
      worker.post({ type: 'configure', revision, config, specs: own });
    }
    await this.until(() => this.alive.every((worker) => worker.isSilent || worker.configured >= revision));
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
    await this.until(() => this.alive.every((worker) => worker.state === 'drained'), deadlineMs + DRAIN_GRACE_MS);
    await this.close();
  }

  /** Ends every worker at once. */
  async close(): Promise<void> {
    this.#stopRestarts();
    await Promise.all(this.alive.map(async (worker) => await worker.terminate()));
    this.#waiting.release();
  }

  #stopRestarts(): void {
    this.#closing = true;
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

  #advanceAll(): void {
    for (const worker of this.alive) this.#advance(worker);
  }

  #advance(worker: DataWorker): void {
    if (!worker.isAlive || worker.isSilent || this.#closing) return;
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
    if (this.#specs === null || worker.serving === 0 || worker.hasListenOrder) return;
    const areKnown = this.#specs(worker.index).every(({ key }) => this.#endpoints.has(key));
    if (!areKnown && worker.index !== 0) return;
    worker.hasListenOrder = true;
    this.#orderToListen(worker, this.#specs);
  }

  #orderToListen(worker: DataWorker, specs: ListenSpecsOf): void {
    try {
      worker.post({ type: 'listen', specs: this.#listenOrder(worker, specs), held: false });
    } catch (error) {
      // No descriptor is left to hand over: one that serves and never listens would be of no use, and nobody would see why.
      void worker.terminate(`could not be told where to listen: ${originOf(error)}`);
    }
  }

  /** A worker's specs with what it needs to open those it has not: real port, a descriptor of its own. */
  #listenOrder(worker: DataWorker, specs: ListenSpecsOf): readonly ListenSpec[] {
    return specs(worker.index).map(({ key, listener, index, slot, port, descriptors }) => {
      const isNew = !worker.listenKeys.has(key);
      worker.listenKeys.add(key);
      const own = isNew ? descriptors.map((inherited) => this.#options.handOver.descriptor(inherited)) : [];
      return { key, listener, index, slot, port: this.#endpoints.get(key)?.port ?? port, descriptors: own };
    });
  }

  async #tryIn(workers: readonly DataWorker[], specs: ListenSpecsOf): Promise<void> {
    if (this.#closing) return;
    for (const worker of workers) {
      const missing = new Set(specs(worker.index).flatMap(({ key }) => (worker.listenKeys.has(key) ? [] : [key])));
      if (missing.size > 0)
        worker.post({
          type: 'listen',
          specs: this.#listenOrder(worker, specs).filter(({ key }) => missing.has(key)),
          held: true,
        });
    }
    const isDone = (worker: DataWorker): boolean =>
      !worker.isAlive ||
      worker.isSilent ||
      worker.listenFault !== null ||
      [...worker.listenKeys].every((key) => worker.open.has(key));
    await this.until(() => workers.every(isDone));
    const failed = workers.find(({ listenFault }) => listenFault !== null);
    const fault = failed?.listenFault ?? null;
    for (const worker of workers) worker.listenFault = null;
    if (fault !== null) throw fault;
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
        this.#onListening(worker, message.endpoints);
        break;
      case 'listen-failed':
        this.#onListenFailed(worker, message);
        break;
      case 'configured':
        worker.configured = message.revision;
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

  #onListening(worker: DataWorker, endpoints: ReadonlyMap<string, ListenEndpoint>): void {
    if (worker.state === 'serving') worker.state = 'listening';
    for (const [key, endpoint] of endpoints) {
      worker.open.add(key);
      if (!this.#endpoints.has(key)) this.#endpoints.set(key, endpoint);
    }
    this.#advanceAll();
    this.#options.listening();
  }

  #onListenFailed(
    worker: DataWorker,
    { key, address, port, code }: Extract<FromWorker, { type: 'listen-failed' }>,
  ): void {
    this.#options.log.event('error', 'worker.listen_failed', { worker: worker.index, key, address, port, code });
    if (!this.#isOpen || this.#isTrying) worker.listenFault = new ListenError({ key, address, port }, code);
    // A replacement that cannot listen is of no use; its successor tries again after the back-off.
    else void worker.terminate('could not listen');
  }

  #onExit(worker: DataWorker, code: number, reason: string): void {
    if (this.#closing) return;
    const { now, handOver } = this.#options;
    const holdsInherited =
      worker.hasListenOrder &&
      this.#specs !== null &&
      this.#specs(worker.index).some(({ descriptors }) => descriptors.length > 0);
    if (holdsInherited && !handOver.outlives) {
      this.#onFatal(
        new CleanfeedError(
          'internal',
          'socket_lost',
          `worker ${worker.index} ended (${reason}) and with it an inherited socket, which only the service manager can give again`,
        ),
      );
      return;
    }
    this.#beginLater(worker.index, now() - worker.startedAt, { code, reason });
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
