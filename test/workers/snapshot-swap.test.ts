/**
 * Swaps against a model of data threads that answer late, refuse, fall silent, die and are replaced, in every order that
 * chance finds: memory that a thread may still read is never lent, and what is lent is bounded.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SegmentImage } from '../../src/match/snapshot.ts';
import { Acknowledgements } from '../../src/workers/acknowledgements.ts';
import type { StagedSnapshot } from '../../src/workers/data-worker.ts';
import { GENERATION_SLOT } from '../../src/workers/messages.ts';
import type { ListRules } from '../../src/workers/messages.ts';
import { SnapshotSwap } from '../../src/workers/snapshot-swap.ts';
import type { SnapshotSwapOptions } from '../../src/workers/snapshot-swap.ts';

const RULES: ListRules = { revision: 1, lists: [], slots: [], masks: new Map(), policyMasks: new Map() };

/** Both ends: what the control thread knows of it, and what the thread itself is at. */
class ModelThread extends Acknowledgements {
  readonly index: number;
  isAlive = true;
  /** Messages on their way to it, and on their way back. */
  readonly inbox: (StagedSnapshot | 'flipped')[] = [];
  readonly outbox: (() => void)[] = [];
  #prepared: StagedSnapshot | null = null;
  #current: StagedSnapshot | null = null;

  constructor(index: number) {
    super();
    this.index = index;
  }

  stage(snapshot: StagedSnapshot): void {
    this.recordStaged(snapshot.generation);
    this.inbox.push(snapshot);
  }

  /** As data-plane.ts does, between two requests. */
  work(control: Int32Array, refuses: (generation: number) => boolean): void {
    this.#refresh(control);
    const message = this.inbox.shift();
    if (message === undefined) return;
    if (message === 'flipped') {
      const generation = this.#current?.generation ?? 0;
      this.outbox.push(() => this.serves(generation));
    } else if (refuses(message.generation)) {
      this.outbox.push(() => this.opened(message.generation, 'told to'));
    } else {
      this.#prepared = message;
      this.outbox.push(() => this.opened(message.generation));
    }
  }

  /** All that it reads, or will read without being told anything more. */
  readable(control: Int32Array): ReadonlySet<ArrayBufferLike> {
    if (!this.isAlive) return new Set();
    const waiting = this.inbox.filter((message) => message !== 'flipped');
    const mayFlip =
      this.#prepared !== null &&
      this.#prepared.generation >= Atomics.load(control, GENERATION_SLOT) &&
      !aborted.has(this.#prepared.generation);
    const snapshots = [
      ...waiting,
      ...(this.#current === null ? [] : [this.#current]),
      ...(mayFlip ? [this.#prepared!] : []),
    ];
    return new Set(snapshots.flatMap(({ images }) => images.map(({ bytes }) => bytes.buffer)));
  }

  #refresh(control: Int32Array): void {
    if (this.#prepared?.generation !== Atomics.load(control, GENERATION_SLOT)) return;
    this.#current = this.#prepared;
    this.#prepared = null;
  }
}

/** Numbers of generations that will never come into force. */
let aborted: Set<number>;

/** As the worker pool, but that its threads move only while somebody waits, as `choices` have it. */
class ModelPool {
  readonly control = new Int32Array(new SharedArrayBuffer(64));
  readonly #choices: Iterator<number>;
  readonly threads: ModelThread[];
  #staged: StagedSnapshot | null = null;
  #inForce: StagedSnapshot | null = null;
  /** Every thread refuses this generation and those that follow. */
  refusedFrom = Infinity;
  /** Silence, refusals and deaths that came about. */
  readonly met = new Set<string>();

  constructor(workers: number, choices: Iterable<number>) {
    this.#choices = choices[Symbol.iterator]();
    this.threads = Array.from({ length: workers }, (_, index) => new ModelThread(index));
  }

  get alive(): readonly ModelThread[] {
    return this.threads.filter(({ isAlive }) => isAlive);
  }

  stage(snapshot: StagedSnapshot): void {
    this.#staged = snapshot;
    for (const thread of this.alive) if (!thread.isSilent) thread.stage(snapshot);
  }

  abort(): void {
    aborted.add(this.#staged!.generation);
    this.#staged = this.#inForce;
    this.#advance();
  }

  commit(): void {
    this.#inForce = this.#staged;
    this.#advance();
  }

  replace(thread: ModelThread): void {
    thread.isSilent = true;
    this.met.add('silent');
  }

  /** False where chance has it that the time is over. */
  async until(check: () => boolean): Promise<boolean> {
    for (let steps = 0; !check(); steps += 1) {
      const choice = this.#choices.next().value as number;
      if (choice % 97 === 0 || steps > 200) return false;
      this.#step(choice);
      // Whoever else waits has its turn.
      await Promise.resolve();
    }
    return true;
  }

  /** Time goes by. */
  wander(): void {
    for (let left = (this.#choices.next().value as number) % 12; left > 0; left -= 1)
      this.#step(this.#choices.next().value as number);
  }

  /** One thread does something. */
  #step(choice: number): void {
    const thread = this.threads[choice % this.threads.length]!;
    const act = Math.floor(choice / this.threads.length) % 40;
    // A while passes before another takes its place.
    if (!thread.isAlive && act < 10) this.threads[thread.index] = new ModelThread(thread.index);
    else if (!thread.isAlive) return;
    else if (act === 0) this.#die(thread);
    else if (act < 12 || thread.isSilent) thread.outbox.shift()?.();
    else thread.work(this.control, (generation) => act === 12 || generation >= this.refusedFrom);
    if (act === 12) this.met.add('refused');
    if (thread.isSilent && act > 30) this.#die(thread);
    this.#advance();
  }

  #die(thread: ModelThread): void {
    thread.isAlive = false;
    this.met.add('died');
  }

  #advance(): void {
    for (const thread of this.alive) {
      if (thread.isSilent) continue;
      const hasNothing = thread.staged === 0 || (thread.serving === 0 && thread.staged !== this.#staged?.generation);
      if (this.#staged !== null && hasNothing) thread.stage(this.#staged);
      const generation = this.#inForce?.generation ?? 0;
      if (generation === 0 || thread.prepared !== generation || thread.flipped === generation) continue;
      thread.flipped = generation;
      thread.inbox.push('flipped');
    }
  }
}

function* endless(seed: number): Generator<number> {
  for (let state = seed >>> 0; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state >>> 8;
  }
}

function swapWith(pool: ModelPool, leased = (): void => {}): SnapshotSwap {
  return new SnapshotSwap({
    control: pool.control,
    pool: pool as unknown as SnapshotSwapOptions['pool'],
    acknowledgeMs: () => 1,
    discards: { add: () => {}, remove: () => {} },
    leased,
  });
}

describe('memory that is lent', () => {
  test('is read by no thread, whatever the threads do', async () => {
    const met = new Set<string>();
    let swaps = 0;
    let refusals = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 300_000 }), fc.nat(9)), {
          minLength: 20,
          maxLength: 60,
          size: 'max',
        }),
        async (seed, workers, updates) => {
          aborted = new Set();
          const pool = new ModelPool(workers, endless(seed));
          const swap = swapWith(pool);
          const inForce = new Map<number, Uint8Array<SharedArrayBuffer>>();
          for (const [list, byteLength, luck] of updates) {
            pool.wander();
            const bytes = await swap.lease(byteLength);
            for (const thread of pool.threads) expect(thread.readable(pool.control).has(bytes.buffer)).toBe(false);
            for (const other of inForce.values()) expect(other.buffer).not.toBe(bytes.buffer);
            // One candidate in ten is refused before anybody sees it.
            if (luck > 0) {
              const next = new Map([...inForce, [list, bytes]]);
              const images: SegmentImage[] = [...next].map(([index, image]) => ({
                bytes: image,
                entries: 0,
                list: index,
              }));
              try {
                const publishing = swap.publish(images, RULES);
                publishing.catch(() => {});
                // Another list is read meanwhile.
                const beside = await swap.lease(byteLength);
                for (const thread of pool.threads) expect(thread.readable(pool.control).has(beside.buffer)).toBe(false);
                swap.release(beside);
                expect(await publishing).toBe(swap.generation);
                swaps += 1;
                const before = inForce.get(list);
                inForce.set(list, bytes);
                if (before !== undefined) swap.release(before);
                continue;
              } catch (error) {
                expect(error).toMatchObject({ code: 'snapshot_invalid', message: expect.stringContaining('told to') });
                refusals += 1;
              }
            }
            swap.release(bytes);
          }
          // In force, a spare each, and what one silent thread for each worker may hold on to.
          expect(swap.byteLength).toBeLessThanOrEqual((2 + workers) * 3 * (300_000 * 1.5 + 4096));
          for (const kind of pool.met) met.add(kind);
        },
      ),
      { numRuns: 400 },
    );
    expect([...met].sort()).toEqual(['died', 'refused', 'silent']);
    expect(swaps).toBeGreaterThan(1000);
    expect(refusals).toBeGreaterThan(50);
  });

  /** Both threads work, then both answer. */
  const steady = (): Iterable<number> => Array.from({ length: 10_000 }, (_, i) => [26, 27, 4, 5][i % 4]!);

  async function publishNew(swap: SnapshotSwap, beside: readonly SegmentImage[] = []): Promise<SegmentImage> {
    const image = { bytes: await swap.lease(1000), entries: 0 };
    await swap.publish([image, ...beside], RULES);
    return image;
  }

  test('is told of when a list takes it, until a generation is made of it or it is given back', async () => {
    aborted = new Set();
    const told: boolean[] = [];
    const swap: SnapshotSwap = swapWith(new ModelPool(2, steady()), () => told.push(swap.isFilling));
    expect(swap.isFilling).toBe(false);
    const first = await publishNew(swap);
    expect([told, swap.isFilling]).toEqual([[true], false]);
    const refused = await swap.lease(1000);
    expect([told, swap.isFilling]).toEqual([[true, true], true]);
    swap.release(refused);
    expect(swap.isFilling).toBe(false);
    await publishNew(swap);
    swap.release(first.bytes);
    expect(swap.isFilling).toBe(false);
  });

  test('comes back from attempts that a thread refuses, at once and every time', async () => {
    aborted = new Set();
    const pool = new ModelPool(2, steady());
    const swap = swapWith(pool);
    await publishNew(swap);
    const { byteLength } = swap;
    pool.refusedFrom = 2;
    for (let i = 0; i < 20; i += 1) {
      const bytes = await swap.lease(1000);
      await expect(swap.publish([{ bytes, entries: 0 }], RULES)).rejects.toThrow(
        'worker 0 cannot open the snapshot: told to',
      );
      swap.release(bytes);
      expect(swap.byteLength).toBe(2 * byteLength);
    }
  });

  test('of lists that are gone is not kept', async () => {
    aborted = new Set();
    const swap = swapWith(new ModelPool(2, steady()));
    const first = await publishNew(swap);
    const second = await publishNew(swap, [first]);
    const third = await publishNew(swap, [first, second]);
    const { byteLength } = swap;
    swap.release(first.bytes);
    swap.release(second.bytes);
    await swap.publish([third], RULES);
    expect(swap.byteLength).toBe((2 * byteLength) / 3);
  });
});
