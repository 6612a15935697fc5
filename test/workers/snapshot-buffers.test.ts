/** Two buffers that alternate: never the one that is read, never a new one without need. */
import { describe, expect, test } from '@jest/globals';
import { SnapshotBuffers } from '../../src/workers/snapshot-buffers.ts';

describe('SnapshotBuffers', () => {
  test('a hundred swaps of one size use two buffers', () => {
    const buffers = new SnapshotBuffers();
    const seen = new Set<SharedArrayBuffer>();
    let inForce: SharedArrayBuffer | null = null;
    for (let i = 0; i < 100; i++) {
      const spare = buffers.spare(1_000_000, true);
      expect(spare).not.toBe(inForce);
      seen.add(spare);
      buffers.flip();
      inForce = spare;
    }
    expect(seen.size).toBe(2);
    expect(buffers.byteLength).toBeLessThan(2 * 1_000_000 * 1.5 + 2 * 4096);
  });

  test('growth within the headroom needs no new buffer, beyond it one, never for each step', () => {
    const buffers = new SnapshotBuffers();
    const seen = new Set<SharedArrayBuffer>();
    for (let size = 100_000; size < 10_000_000; size *= 1.01) {
      const spare = buffers.spare(size, true);
      expect(spare.byteLength).toBeGreaterThanOrEqual(size);
      seen.add(spare);
      buffers.flip();
    }
    expect(seen.size).toBeLessThan(30);
  });

  test('a buffer that somebody may still read is left alone', () => {
    const buffers = new SnapshotBuffers();
    const first = buffers.spare(1000, true);
    buffers.flip();
    buffers.spare(1000, true);
    buffers.flip();
    expect(buffers.spare(1000, false)).not.toBe(first);
  });

  test('an attempt that failed leaves its buffer for the next one', () => {
    const buffers = new SnapshotBuffers();
    expect(buffers.spare(1000, true)).toBe(buffers.spare(2000, true));
  });
});
