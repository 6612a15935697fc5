/**
 * The first snapshot in force opens the listeners, once. No listener is open before every list is in force (ADR 0005), so
 * that it must not be asked for at the start but whenever a snapshot has come into force.
 */
import { toldElsewhere } from '../lib/errors.ts';
import type { UnsentBound } from '../memory/unsent-bound.ts';
import type { ConfigInForce } from './config-in-force.ts';
import type { InheritedSockets } from './inherited-sockets.ts';
import { listenSpecsOf } from './listen-specs.ts';
import type { WorkerPool } from './worker-pool.ts';

export interface OpeningOptions {
  readonly pool: WorkerPool;
  readonly unsentBound: UnsentBound;
  readonly inForce: ConfigInForce;
  readonly sockets: InheritedSockets;
  /** It is told before the first listener is opened. */
  readonly begins: () => void;
}

export class Opening {
  readonly #options: OpeningOptions;
  readonly #done = Promise.withResolvers<void>();
  #isBegun = false;

  constructor(options: OpeningOptions) {
    this.#options = options;
    // Whoever does not wait for it must not be ended by its rejection.
    void toldElsewhere(this.done);
  }

  /** Resolves once every listener is open; rejects with ListenError. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  get isBegun(): boolean {
    return this.#isBegun;
  }

  snapshotInForce(): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    this.#options.begins();
    this.#open().then(this.#done.resolve, this.#done.reject);
  }

  async #open(): Promise<void> {
    const { pool, unsentBound, inForce, sockets } = this.#options;
    await pool.listeners.listen(listenSpecsOf(inForce.current, sockets));
    await unsentBound.listening();
  }
}
