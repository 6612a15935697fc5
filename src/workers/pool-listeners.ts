/**
 * Where the workers listen: which sockets each was told to open, and on which real ports.
 *
 *   listen:  worker 0 finds the ports ─▶ all others follow        reload:  try (held) ─▶ configure: release, close
 *
 * It must not start or end a worker but for one case: one that cannot be told where to listen, or cannot listen where the
 * others do, is of no use.
 */
import type { Config } from '../config/types.ts';
import { ListenError, originOf } from '../lib/errors.ts';
import type { Log } from '../observe/log.ts';
import type { DataWorker } from './data-worker.ts';
import type { FromWorker, OpenListener, ListenSpec } from './messages.ts';

/** It tells where each worker is to listen; keys and ports are the same for all. */
export type ListenSpecsOf = (worker: number) => readonly ListenSpec[];

/** A worker gets a duplicate of an inherited socket, or the socket itself if it cannot be duplicated. */
export interface HandOver {
  readonly descriptor: (original: number) => number;
  readonly outlives: boolean;
}

/** Its listeners see this of the pool. */
export interface ListeningPool {
  readonly all: readonly DataWorker[];
  readonly alive: readonly DataWorker[];
  readonly isClosing: boolean;
  readonly fatal: Promise<never>;
  advanceAll(): void;
  until(check: () => boolean): Promise<boolean>;
}

export interface PoolListenersOptions {
  readonly pool: ListeningPool;
  readonly log: Log;
  readonly handOver: HandOver;
  /** It is called when a worker has opened listeners. */
  readonly listening: () => void;
}

export class PoolListeners {
  readonly #options: PoolListenersOptions;
  /** It is null until the listeners are to open. */
  #specs: ListenSpecsOf | null = null;
  /** The endpoints by the key of their spec, as the first worker found them. */
  readonly #endpoints = new Map<string, OpenListener>();
  /** Every worker has listened once. */
  #isOpen = false;
  /** Listeners are being tried out for a new configuration: a fault concerns that one. */
  #isTrying = false;
  /** The revision of the last `configure`. */
  #revision = 0;

  constructor(options: PoolListenersOptions) {
    this.#options = options;
  }

  /** @returns where a listener really listens; null if it does not yet. */
  endpointOf(key: string): OpenListener | null {
    return this.#endpoints.get(key) ?? null;
  }

  /** Opens the listeners: worker 0 finds the real ports, then all others follow. Throws ListenError. */
  async listen(specs: ListenSpecsOf): Promise<void> {
    const { pool } = this.#options;
    this.#specs = specs;
    pool.advanceAll();
    const fault = (): ListenError | null =>
      pool.all.find(({ listenFault }) => listenFault !== null)?.listenFault ?? null;
    const isListening = (): boolean => pool.all.length > 0 && pool.all.every(({ state }) => state === 'listening');
    await Promise.race([pool.until(() => fault() !== null || isListening()), pool.fatal]);
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
      const [first, ...others] = this.#options.pool.alive.filter(({ state }) => state === 'listening');
      if (first !== undefined) await this.#tryIn([first], specs);
      await this.#tryIn(others, specs);
    } finally {
      this.#isTrying = false;
    }
  }

  /** Every worker, and those that come, works by this configuration and listens there and nowhere else. */
  async configure(config: Config, specs: ListenSpecsOf): Promise<void> {
    const { pool } = this.#options;
    if (pool.isClosing) return;
    // Before the first list nobody listens, whatever the configuration says.
    if (this.#specs !== null) this.#specs = specs;
    const revision = ++this.#revision;
    const wanted = new Set(specs(0).map(({ key }) => key));
    for (const key of this.#endpoints.keys()) if (!wanted.has(key)) this.#endpoints.delete(key);
    for (const worker of pool.alive) {
      for (const key of worker.listenKeys) if (!wanted.has(key)) worker.forget(key);
      const own = worker.hasListenOrder ? this.#order(worker, specs) : [];
      worker.post({ type: 'configure', revision, config, specs: own });
    }
    await pool.until(() => pool.alive.every((worker) => worker.isSilent || worker.configured >= revision));
  }

  /** Tells a worker that serves a snapshot where to listen, once, and once the ports are known. */
  advance(worker: DataWorker): void {
    if (this.#specs === null || worker.serving === 0 || worker.hasListenOrder) return;
    const areKnown = this.#specs(worker.index).every(({ key }) => this.#endpoints.has(key));
    if (!areKnown && worker.index !== 0) return;
    worker.hasListenOrder = true;
    try {
      worker.post({ type: 'listen', specs: this.#order(worker, this.#specs), held: false });
    } catch (error) {
      // No descriptor is left to hand over: one that serves and never listens would be of no use, and nobody would see why.
      void worker.terminate(`could not be told where to listen: ${originOf(error)}`);
    }
  }

  opened(worker: DataWorker, endpoints: ReadonlyMap<string, OpenListener>): void {
    if (worker.state === 'serving') worker.state = 'listening';
    for (const [key, endpoint] of endpoints) {
      worker.open.add(key);
      if (!this.#endpoints.has(key)) this.#endpoints.set(key, endpoint);
    }
    this.#options.pool.advanceAll();
    this.#options.listening();
  }

  failed(worker: DataWorker, { key, address, port, code }: Extract<FromWorker, { type: 'listen-failed' }>): void {
    this.#options.log.event('error', 'worker.listen_failed', { worker: worker.index, key, address, port, code });
    if (!this.#isOpen || this.#isTrying) worker.listenFault = new ListenError({ key, address, port }, code);
    // A replacement that cannot listen is of no use; its successor tries again after the back-off.
    else void worker.terminate('could not listen');
  }

  /** An inherited socket has ended with the worker, and only the service manager can give it again. */
  isSocketLostWith({ hasListenOrder, index }: DataWorker): boolean {
    if (this.#options.handOver.outlives || !hasListenOrder || this.#specs === null) return false;
    return this.#specs(index).some(({ descriptors }) => descriptors.length > 0);
  }

  /** @returns a worker's specs with what it needs to open those that it has not: the real port, a descriptor of its own. */
  #order(worker: DataWorker, specs: ListenSpecsOf): readonly ListenSpec[] {
    return specs(worker.index).map((spec) => {
      const { key, port, descriptors } = spec;
      const isNew = !worker.listenKeys.has(key);
      worker.listenKeys.add(key);
      const own = isNew ? descriptors.map((inherited) => this.#options.handOver.descriptor(inherited)) : [];
      return Object.assign({}, spec, { port: this.#endpoints.get(key)?.port ?? port, descriptors: own });
    });
  }

  async #tryIn(workers: readonly DataWorker[], specs: ListenSpecsOf): Promise<void> {
    const { pool } = this.#options;
    if (pool.isClosing) return;
    for (const worker of workers) {
      const missing = new Set(specs(worker.index).flatMap(({ key }) => (worker.listenKeys.has(key) ? [] : [key])));
      if (missing.size === 0) continue;
      const order = this.#order(worker, specs).filter(({ key }) => missing.has(key));
      worker.post({ type: 'listen', specs: order, held: true });
    }
    const isDone = (worker: DataWorker): boolean =>
      !worker.isAlive ||
      worker.isSilent ||
      worker.listenFault !== null ||
      [...worker.listenKeys].every((key) => worker.open.has(key));
    await pool.until(() => workers.every(isDone));
    const fault = workers.find(({ listenFault }) => listenFault !== null)?.listenFault ?? null;
    for (const worker of workers) worker.listenFault = null;
    if (fault !== null) throw fault;
  }
}
