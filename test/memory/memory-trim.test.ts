import { expect, test } from '@jest/globals';
import { DEADLINES } from '../../src/lib/deadlines.ts';
import { MemoryTrim } from '../../src/memory/memory-trim.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const LONG_MS = 1_000_000;

test('freed memory is given back when asked, again and again by itself, and no more after the end', async () => {
  const time = new VirtualTime();
  let calls = 0;
  const trim = new MemoryTrim({ trimMemory: () => (calls += 1) }, time, {
    ...DEADLINES.memory,
    firstMs: 10,
    lastMs: 40,
  });
  const callsIn = async (ms: number): Promise<number> => {
    const before = calls;
    await time.advance(ms);
    return calls - before;
  };
  trim.now();
  expect(calls).toBe(1);
  trim.start();
  const counts: number[] = [];
  for (const ms of [9, 1, 19, 1, 39, 1, 400]) counts.push(await callsIn(ms));
  expect(counts).toEqual([0, 1, 0, 1, 0, 1, 10]);
  trim.stop();
  expect(await callsIn(LONG_MS)).toBe(0);
});

test('often while something lasts, and no more when it is over, after a bound, or at the end', async () => {
  const time = new VirtualTime();
  let calls = 0;
  let lasts = true;
  const trim = new MemoryTrim({ trimMemory: () => (calls += 1) }, time);
  const callsIn = async (ms: number): Promise<number> => {
    const before = calls;
    await time.advance(ms);
    return calls - before;
  };
  trim.oftenWhile(() => lasts, 10);
  expect(await callsIn(100)).toBe(10);
  // Another list takes memory too.
  trim.oftenWhile(() => lasts, 10);
  expect(await callsIn(100)).toBe(10);
  lasts = false;
  expect(await callsIn(LONG_MS)).toBe(0);
  trim.oftenWhile(() => true, 1);
  expect(await callsIn(LONG_MS)).toBe(256);
  trim.oftenWhile(() => true, 1);
  trim.stop();
  expect(await callsIn(LONG_MS)).toBe(0);
});

test('where there is no such call, nothing happens', () => {
  const time = new VirtualTime();
  const trim = new MemoryTrim(null, time);
  trim.start();
  trim.oftenWhile(() => true, 0);
  expect(() => trim.now()).not.toThrow();
  expect(time.pending).toEqual([]);
  trim.stop();
});
