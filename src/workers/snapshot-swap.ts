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
import type { Log } from '../observe/log.ts';
import type { DataWorker } from './data-worker.ts';
import { GENERATION_SLOT } from './messages.ts';
import { SnapshotBuffers } from './snapshot-buffers.ts';
import type { WorkerPool } from './worker-pool.ts';

export interface SnapshotSwapOptions {
  /** The control Int32Array; see messages.ts. */
  readonly control: Int32Array;
  readonly pool: WorkerPool;
  readonly log: Log;
  /** Milliseconds a worker may take to acknowledge before it counts as silent. */
  readonly acknowledgeMs: number;
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

  /** Resolves with the generation when every worker that answers serves it. Throws ListError where a worker refuses it. */
  async publish(images: readonly SegmentImage[]): Promise<number> {
    const { pool, control } = this.#options;
    const byteLength = snapshotBytes(images);
    const isFree = await this.#isSpareFree();
    const buffer = this.#buffers.spare(byteLength, isFree);
    writeSnapshot(new Uint8Array(buffer, 0, byteLength), images);
    const generation = this.#lastNumber + 1;
    this.#lastNumber = generation;
    pool.offer({ generation, buffer, byteLength });
    await this.#prepared(generation);
    Atomics.store(control, GENERATION_SLOT, generation);
    this.#generation = generation;
    this.#buffers.flip();
    pool.confirm();
    await this.#allServe();
    return generation;
  }

  async #prepared(generation: number): Promise<void> {
    const { pool, acknowledgeMs } = this.#options;
    const hasFailed = (worker: DataWorker): boolean => worker.failed?.generation === generation;
    const hasAnswered = (worker: DataWorker): boolean => worker.prepared === generation || hasFailed(worker);
    await pool.until(() => pool.alive.every(hasAnswered), acknowledgeMs);
    const failed = pool.alive.find(hasFailed);
    if (failed !== undefined) {
      pool.withdraw();
      throw new ListError('internal', `worker ${failed.index} cannot open the snapshot: ${failed.failed?.reason ?? ''}`);
    }
    this.#reportSilent(generation, (worker) => !hasAnswered(worker));
  }

  /** The buffer of the generation before is free when nobody is left behind. */
  async #isSpareFree(): Promise<boolean> {
    const { pool, acknowledgeMs } = this.#options;
    const isLeftBehind = (worker: DataWorker): boolean => worker.firstOffered < this.#generation && worker.serving < this.#generation;
    // Whoever was silent at the last swap had his time.
    const isAwaited = (worker: DataWorker): boolean => isLeftBehind(worker) && !worker.isSilent;
    await pool.until(() => !pool.alive.some(isAwaited), acknowledgeMs);
    return !pool.alive.some(isLeftBehind);
  }

  async #allServe(): Promise<void> {
    const { pool, acknowledgeMs } = this.#options;
    const isBehind = (worker: DataWorker): boolean => worker.serving < this.#generation;
    await pool.until(() => !pool.alive.some((worker) => isBehind(worker) && !worker.isSilent), acknowledgeMs);
    this.#reportSilent(this.#generation, isBehind);
  }

  /** The others go on without a worker that does not answer; it keeps its old snapshot, whose buffer is not reused. */
  #reportSilent(generation: number, isSilent: (worker: DataWorker) => boolean): void {
    for (const worker of this.#options.pool.alive) {
      if (!isSilent(worker) || worker.isSilent) continue;
      worker.isSilent = true;
      this.#options.log.event('error', 'worker.silent', { worker: worker.index, generation, waitedMs: this.#options.acknowledgeMs });
    }
  }
}
