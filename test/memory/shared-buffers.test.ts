/** Buffers that lists lie in: never one that somebody holds, never a new one without need, never more than a spare for each. */
import assert from 'node:assert/strict';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SharedBuffers } from '../../src/memory/shared-buffers.ts';
import type { Discards } from '../../src/memory/shared-buffers.ts';

/** 64 KiB and their headroom. */
const SMALLEST_BUFFER = 98_304;

const NO_DISCARDS: Discards = { add: () => {}, remove: () => {} };

type Bytes = Uint8Array<SharedArrayBuffer>;

const imagesOf = (...bytes: readonly Bytes[]): { readonly bytes: Bytes }[] => bytes.map((each) => ({ bytes: each }));

/** Lists that are replaced one after the other, as the running instance does it. */
class Lists {
  readonly buffers = new SharedBuffers(NO_DISCARDS);
  /** Every buffer there ever was, and the bytes that they have together. */
  readonly seen = new Set<SharedArrayBuffer>();
  readonly #inForce = new Map<string, Bytes>();
  #generation = 0;

  replace(name: string, byteLength: number): Bytes {
    const bytes = this.buffers.lease(byteLength);
    expect(bytes).toHaveLength(byteLength);
    for (const other of this.#inForce.values()) expect(bytes.buffer).not.toBe(other.buffer);
    this.seen.add(bytes.buffer);
    const before = this.#inForce.get(name);
    this.#inForce.set(name, bytes);
    this.buffers.hold(this.#generation + 1, imagesOf(...this.#inForce.values()));
    this.buffers.releaseGeneration(this.#generation);
    this.#generation += 1;
    if (before !== undefined) this.buffers.release(before);
    return bytes;
  }
}

describe('one list', () => {
  test('a hundred swaps of one size use two buffers', () => {
    const lists = new Lists();
    for (let i = 0; i < 100; i += 1) lists.replace('a', 1_000_000);
    expect(lists.seen.size).toBe(2);
    expect(lists.buffers.byteLength).toBeLessThan(2 * 1_000_000 * 1.5 + 2 * 4096);
  });

  test('growth within the headroom needs no new buffer, beyond it one, never for each step; what has become too small goes', () => {
    const lists = new Lists();
    for (let byteLength = 100_000; byteLength < 10_000_000; byteLength = Math.ceil(byteLength * 1.01)) {
      lists.replace('a', byteLength);
      expect(lists.buffers.byteLength).toBeLessThanOrEqual(3 * byteLength + 2 * 4096);
    }
    expect(lists.seen.size).toBeLessThan(30);
  });

  test('small and large in turn, whatever the turns: two of the large ones in the end', () => {
    const lists = new Lists();
    for (let i = 0; i < 100; i += 1) lists.replace('a', i % 10 === 5 ? 5_000_000 : 1000 + i);
    for (let i = 0; i < 100; i += 1) lists.replace('a', i % 2 === 0 ? 5_000_000 : 1000 + i);
    expect(lists.seen.size).toBeLessThanOrEqual(5);
    expect(lists.buffers.byteLength).toBeLessThanOrEqual(2 * 1.5 * 5_000_000 + 2 * 4096);
  });
});

describe('lists beside each other', () => {
  test('a small one does not take the spare of a large one', () => {
    const lists = new Lists();
    for (let i = 0; i < 50; i += 1) {
      lists.replace('large', 10_000_000);
      lists.replace('small', 1000 + i);
      lists.replace('small', 1000 + i);
    }
    expect(lists.seen.size).toBe(4);
    expect(lists.buffers.byteLength).toBeLessThan(2 * 1.5 * 10_000_000 + 4 * 1.5 * 65_536 + 4 * 4096);
  });

  test('sizes of every kind, a thousand swaps: a bounded number of buffers, a spare for each list at most', () => {
    const step = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 12, max: 20 }));
    fc.assert(
      fc.property(fc.array(step, { minLength: 1000, maxLength: 1000 }), (steps) => {
        const lists = new Lists();
        for (const [name, power] of steps) lists.replace(name, 2 ** power);
        expect(lists.buffers.byteLength).toBeLessThanOrEqual(8 * (1.5 * 2 ** 20 + 4096));
        expect(lists.seen.size).toBeLessThan(60);
      }),
      { numRuns: 8 },
    );
  });
});

describe('a buffer is lent again', () => {
  test('when its candidate was refused, at once', () => {
    const buffers = new SharedBuffers(NO_DISCARDS);
    const first = buffers.lease(1000);
    buffers.release(first);
    expect(buffers.lease(2000).buffer).toBe(first.buffer);
  });

  test('only when the lists and every generation have given it up, in whatever order', () => {
    for (const last of ['release', 'releaseGeneration']) {
      const buffers = new SharedBuffers(NO_DISCARDS);
      const bytes = buffers.lease(1000);
      buffers.hold(1, imagesOf(bytes));
      buffers.hold(2, imagesOf(bytes));
      buffers.releaseGeneration(1);
      if (last === 'release') buffers.releaseGeneration(2);
      else buffers.release(bytes);
      expect(buffers.lease(1000).buffer).not.toBe(bytes.buffer);
      if (last === 'release') buffers.release(bytes);
      else buffers.releaseGeneration(2);
      expect(buffers.lease(1000).buffer).toBe(bytes.buffer);
    }
  });

  test('once: given back twice it is still one', () => {
    const buffers = new SharedBuffers(NO_DISCARDS);
    const bytes = buffers.lease(1000);
    buffers.release(bytes);
    buffers.release(bytes);
    buffers.lease(1000);
    expect(buffers.lease(1000).buffer).not.toBe(bytes.buffer);
  });

  test("ordinary memory is nobody's business; a generation cannot be made of it", () => {
    const buffers = new SharedBuffers(NO_DISCARDS);
    buffers.release(new Uint8Array(8));
    expect(buffers.byteLength).toBe(0);
    expect(() => buffers.hold(1, [{ bytes: new Uint8Array(8) }])).toThrow('does not lie in memory of the lists');
    expect(() => buffers.hold(1, [{ bytes: new Uint8Array(new SharedArrayBuffer(8)) }])).toThrow(
      'does not lie in memory of the lists',
    );
  });
});

test('whatever happens in whatever order: nothing that is held is lent, and what is free is bounded', () => {
  const action = fc.oneof(
    // All in buffers of one size, so that the number of free ones can be told.
    fc.record({ kind: fc.constant('lease' as const), byteLength: fc.integer({ min: 0, max: 65_536 }) }),
    fc.record({ kind: fc.constant('release' as const), pick: fc.nat() }),
    fc.record({ kind: fc.constant('hold' as const), picks: fc.array(fc.nat(), { maxLength: 4 }) }),
    fc.record({ kind: fc.constant('releaseGeneration' as const), pick: fc.nat() }),
  );
  let reused = 0;
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200, size: 'max' }), (actions) => {
      const discarded = new Set<ArrayBufferLike>();
      const buffers = new SharedBuffers({
        add: (buffer) => discarded.add(buffer),
        remove: (buffer) => discarded.delete(buffer),
      });
      const leased: Bytes[] = [];
      const generations = new Map<number, readonly Bytes[]>();
      const seen = new Set<SharedArrayBuffer>();
      const held = (): Set<SharedArrayBuffer> =>
        new Set([...leased, ...[...generations.values()].flat()].map(({ buffer }) => buffer));
      for (const [i, step] of actions.entries()) {
        if (step.kind === 'lease') {
          const bytes = buffers.lease(step.byteLength);
          assert.equal(held().has(bytes.buffer), false);
          assert.deepEqual([bytes.byteOffset, bytes.length], [0, step.byteLength]);
          if (seen.has(bytes.buffer)) reused += 1;
          assert.equal(discarded.has(bytes.buffer), false);
          seen.add(bytes.buffer);
          leased.push(bytes);
        } else if (step.kind === 'release' && leased.length > 0) {
          buffers.release(leased.splice(step.pick % leased.length, 1)[0]!);
        } else if (step.kind === 'hold' && leased.length > 0) {
          const images = step.picks.map((pick) => leased[pick % leased.length]!);
          buffers.hold(i, imagesOf(...images));
          generations.set(i, images);
        } else if (step.kind === 'releaseGeneration' && generations.size > 0) {
          const generation = [...generations.keys()][step.pick % generations.size]!;
          buffers.releaseGeneration(generation);
          generations.delete(generation);
        }
        assert.deepEqual(buffers.generations, [...generations.keys()]);
        for (const buffer of held()) assert.equal(discarded.has(buffer), false);
        const free = buffers.byteLength / SMALLEST_BUFFER - held().size;
        expect(free).toBeGreaterThanOrEqual(0);
        expect(free).toBeLessThanOrEqual(Math.max(1, held().size));
      }
    }),
    { numRuns: 150 },
  );
  expect(reused).toBeGreaterThan(100);
});
