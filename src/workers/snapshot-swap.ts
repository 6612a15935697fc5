/**
 * Brings a new snapshot into force in every worker at once (design D5), and lends the memory that lists lie in:
 *
 *   lease ─▶ a list is read or built in it ─▶ prepare ─▶ every worker: prepared ─▶ ONE atomic store ─▶ flipped ─▶ every worker: serving
 *
 * No request is judged by half a list: until the store all workers judge by the old generation, after it each judges its
 * next request by the new one. Nothing is copied: a generation is made of the buffers that its lists lie in, and a list that
 * has not changed lies in the next generation where it lay. A buffer must never be lent while a worker may still read
 * it. One swap at a time.
 */
import { DEADLINES } from '../lib/deadlines.ts';
import { ListError } from '../list/list-error.ts';
import type { ListMemory } from '../list/list-memory.ts';
import type { SegmentImage } from '../match/snapshot.ts';
import type { DataWorker } from './data-worker.ts';
import { GENERATION_SLOT } from './messages.ts';
import type { ListRules } from './messages.ts';
import { SharedBuffers } from '../memory/shared-buffers.ts';
import type { Discards } from '../memory/shared-buffers.ts';
import type { WorkerPool } from './worker-pool.ts';

export interface SnapshotSwapOptions {
  /** The control words; see messages.ts. */
  readonly control: Int32Array;
  readonly pool: Pick<WorkerPool, 'abort' | 'alive' | 'commit' | 'replace' | 'stage' | 'until'>;
  /** Milliseconds a worker may take to acknowledge before it is replaced; may change with a reload. */
  readonly acknowledgeMs: () => number;
  readonly discards: Discards;
  /** It is called when a list takes memory, which it does until `isFilling` is false. */
  readonly leased: () => void;
}

/** What requests are judged by. */
export interface GenerationInForce {
  readonly generation: number;
  /** To be read in the same turn of the event loop only: later they may be another generation's. */
  readonly images: readonly SegmentImage[];
  readonly rules: ListRules;
}

export class SnapshotSwap implements ListMemory {
  readonly #options: SnapshotSwapOptions;
  readonly #buffers: SharedBuffers;
  #inForce: GenerationInForce | null = null;
  /** The number of the last attempt; an attempt that failed uses its number up. */
  #lastNumber = 0;
  readonly #aborted = new Set<number>();

  constructor(options: SnapshotSwapOptions) {
    this.#options = options;
    this.#buffers = new SharedBuffers(options.discards);
  }

  /** The generation requests are judged by; 0: none yet. */
  get generation(): number {
    return this.#inForce?.generation ?? 0;
  }

  get inForce(): GenerationInForce | null {
    return this.#inForce;
  }

  /** The bytes of shared memory for lists. */
  get byteLength(): number {
    return this.#buffers.byteLength;
  }

  /** A list is being read or built. */
  get isFilling(): boolean {
    return this.#buffers.isFilling;
  }

  /** Waits for workers that are about to give up an older generation, rather than take more memory. */
  async lease(byteLength: number): Promise<Uint8Array<SharedArrayBuffer>> {
    const { pool, acknowledgeMs } = this.#options;
    await pool.until(() => staying(pool).every((worker) => !worker.isBehind(this.generation)), acknowledgeMs());
    this.#releaseUnread();
    const bytes = this.#buffers.lease(byteLength);
    this.#options.leased();
    return bytes;
  }

  release(bytes: Uint8Array): void {
    this.#buffers.release(bytes);
  }

  /**
   * Resolves with the generation when every worker that answers serves it, and judges by these rules. Throws ListError
   * where a worker refuses it.
   * @param images in leased memory, not to be released before this has resolved.
   */
  async publish(images: readonly SegmentImage[], rules: ListRules): Promise<number> {
    const { pool, control } = this.#options;
    const generation = this.#lastNumber + 1;
    this.#lastNumber = generation;
    this.#buffers.hold(generation, images);
    pool.stage({ generation, images, rules });
    await this.#prepared(generation);
    Atomics.store(control, GENERATION_SLOT, generation);
    this.#inForce = { generation, images, rules };
    pool.commit();
    await this.#answered((worker) => worker.serving >= generation);
    this.#releaseUnread();
    return generation;
  }

  async #prepared(generation: number): Promise<void> {
    const { pool } = this.#options;
    const hasFailed = (worker: DataWorker): boolean => worker.failed?.generation === generation;
    await this.#answered((worker) => worker.prepared === generation || hasFailed(worker));
    const failed = pool.alive.find(hasFailed);
    if (failed === undefined) return;
    pool.abort();
    this.#aborted.add(generation);
    this.#releaseUnread();
    throw new ListError(
      'snapshot_invalid',
      `worker ${failed.index} cannot open the snapshot: ${failed.failed?.reason ?? ''}`,
    );
  }

  /** It releases what no worker reads any more of generations that are older than the one in force or never came into force. */
  #releaseUnread(): void {
    for (const generation of this.#buffers.generations) {
      const isAborted = this.#aborted.has(generation);
      if (!isAborted && generation >= this.generation) continue;
      if (
        this.#options.pool.alive.some((worker) =>
          isAborted ? worker.mayBeOpening(generation) : worker.mayRead(generation),
        )
      )
        continue;
      this.#buffers.releaseGeneration(generation);
      this.#aborted.delete(generation);
    }
  }

  /** Waits until every worker has; one that has not in time is replaced, and the others go on without it. */
  async #answered(hasAnswered: (worker: DataWorker) => boolean): Promise<void> {
    const { pool } = this.#options;
    const acknowledgeMs = this.#options.acknowledgeMs();
    await pool.until(() => staying(pool).every(hasAnswered), acknowledgeMs);
    for (const worker of staying(pool))
      if (!hasAnswered(worker) && !isStarting(worker)) pool.replace(worker, 'snapshot', acknowledgeMs);
    // One that is still loading its program on a busy machine would be no quicker the second time.
    const startMs = Math.max(DEADLINES.workers.startMs, acknowledgeMs);
    await pool.until(() => staying(pool).every(hasAnswered), startMs - acknowledgeMs);
    for (const worker of staying(pool)) if (!hasAnswered(worker)) pool.replace(worker, 'snapshot', startMs);
  }
}

function isStarting({ state, serving }: DataWorker): boolean {
  return state === 'starting' && serving === 0;
}

/** @returns the workers that a new generation concerns. */
function staying({ alive }: Pick<WorkerPool, 'alive'>): readonly DataWorker[] {
  return alive.filter(({ isSilent, isLeaving }) => !isSilent && !isLeaving);
}
