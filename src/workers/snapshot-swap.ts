/**
 * Brings a new snapshot into force in every worker at once (design D5):
 *
 *   fill the spare buffer ─▶ prepare ─▶ every worker: prepared ─▶ ONE atomic store ─▶ flipped ─▶ every worker: serving
 *
 * No request is judged by half a list: until the store all workers judge by the old generation, after it each judges its
 * next request by the new one. A buffer must never be written while a worker may still read it. One swap at a time.
 */
import { ListError } from '../lib/errors.ts';
import { snapshotBytes, writeSnapshot } from '../match/snapshot.ts';
import type { SegmentImage } from '../match/snapshot.ts';
import type { DataWorker } from './data-worker.ts';
import { GENERATION_SLOT } from './messages.ts';
import type { ListRules } from './messages.ts';
import { SnapshotBuffers } from './snapshot-buffers.ts';
import type { WorkerPool } from './worker-pool.ts';

export interface SnapshotSwapOptions {
  /** The control Int32Array; see messages.ts. */
  readonly control: Int32Array;
  readonly pool: WorkerPool;
  /** Milliseconds a worker may take to acknowledge before it is replaced; may change with a reload. */
  readonly acknowledgeMs: () => number;
}

export class SnapshotSwap {
  readonly #options: SnapshotSwapOptions;
  readonly #buffers = new SnapshotBuffers();
  #generation = 0;
  /** Of the last attempt; an attempt that failed uses its number up. */
  #lastNumber = 0;

  constructor(options: SnapshotSwapOptions) {
    this.#options = options;
  }

  /** The generation requests are judged by; 0: none yet. */
  get generation(): number {
    return this.#generation;
  }

  /** Bytes of shared memory. */
  get byteLength(): number {
    return this.#buffers.byteLength;
  }

  /**
   * Resolves with the generation when every worker that answers serves it, and judges by these rules. Throws ListError
   * where a worker refuses it.
   */
  async publish(images: readonly SegmentImage[], rules: ListRules): Promise<number> {
    const { pool, control } = this.#options;
    const byteLength = snapshotBytes(images);
    const isFree = await this.#isSpareFree();
    const buffer = this.#buffers.spare(byteLength, isFree);
    writeSnapshot(new Uint8Array(buffer, 0, byteLength), images);
    const generation = this.#lastNumber + 1;
    this.#lastNumber = generation;
    pool.offer({ generation, buffer, byteLength, rules });
    await this.#prepared(generation);
    Atomics.store(control, GENERATION_SLOT, generation);
    this.#generation = generation;
    this.#buffers.flip();
    pool.confirm();
    await this.#allServe();
    return generation;
  }

  async #prepared(generation: number): Promise<void> {
    const { pool } = this.#options;
    const hasFailed = (worker: DataWorker): boolean => worker.failed?.generation === generation;
    await this.#answered((worker) => worker.prepared === generation || hasFailed(worker));
    const failed = pool.alive.find(hasFailed);
    if (failed === undefined) return;
    pool.withdraw();
    throw new ListError('internal', `worker ${failed.index} cannot open the snapshot: ${failed.failed?.reason ?? ''}`);
  }

  /** The buffer of the generation before is free when nobody is left behind. */
  async #isSpareFree(): Promise<boolean> {
    const isLeftBehind = (worker: DataWorker): boolean => worker.firstOffered < this.#generation && worker.serving < this.#generation;
    await this.#answered((worker) => !isLeftBehind(worker));
    // One that is being ended may read until it has ended.
    return !this.#options.pool.alive.some(isLeftBehind);
  }

  async #allServe(): Promise<void> {
    await this.#answered((worker) => worker.serving >= this.#generation);
  }

  /** Waits until every worker has; one that has not in time is replaced, and the others go on without it. */
  async #answered(hasAnswered: (worker: DataWorker) => boolean): Promise<void> {
    const { pool } = this.#options;
    const acknowledgeMs = this.#options.acknowledgeMs();
    await pool.until(() => pool.alive.every((worker) => worker.isSilent || hasAnswered(worker)), acknowledgeMs);
    for (const worker of pool.alive) if (!hasAnswered(worker)) pool.replace(worker, 'snapshot', acknowledgeMs);
  }
}
