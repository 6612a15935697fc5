/** Buffers that upstream sockets read into: lent, reused only when nobody refers to them, bounded. */
import { expect, test } from '@jest/globals';
import { MOST_OWN, ReadBuffers } from '../../src/forward/read-buffers.ts';

test('a buffer that is unused goes to the next, one that a write refers to does not', () => {
  const buffers = new ReadBuffers();
  const [first, second] = [buffers.takeOwn()!, buffers.takeOwn()!];
  expect(second).not.toBe(first);
  buffers.letGo(first, true);
  buffers.letGo(second, false);
  const next = [buffers.takeOwn(), buffers.takeOwn()];
  expect(next[0]).toBe(first);
  expect(next[1]).not.toBe(second);
});

test('no more than so many are in use, however they came back', () => {
  const buffers = new ReadBuffers();
  const taken = Array.from({ length: MOST_OWN }, () => buffers.takeOwn()!);
  expect(taken.every((buffer) => buffer !== null)).toBe(true);
  expect(buffers.takeOwn()).toBeNull();
  buffers.letGo(taken[0]!, false);
  buffers.letGo(taken[1]!, true);
  expect([buffers.takeOwn(), buffers.takeOwn(), buffers.takeOwn()].map((buffer) => buffer === null)).toEqual([false, false, true]);
});
