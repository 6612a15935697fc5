import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { MemoryTrim } from '../../src/memory/memory-trim.ts';

const LONG_MS = 1_000_000;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('freed memory is given back when asked, again and again by itself, and no more after the end', () => {
  let calls = 0;
  const trim = new MemoryTrim({ trimMemory: () => (calls += 1) }, { firstMs: 10, lastMs: 40 });
  const callsIn = (ms: number): number => {
    const before = calls;
    jest.advanceTimersByTime(ms);
    return calls - before;
  };
  trim.now();
  expect(calls).toBe(1);
  trim.start();
  expect([9, 1, 19, 1, 39, 1, 400].map(callsIn)).toEqual([0, 1, 0, 1, 0, 1, 10]);
  trim.stop();
  expect(callsIn(LONG_MS)).toBe(0);
});

test('often while something lasts, and no more when it is over, after a bound, or at the end', () => {
  let calls = 0;
  let lasts = true;
  const trim = new MemoryTrim({ trimMemory: () => (calls += 1) });
  const callsIn = (ms: number): number => {
    const before = calls;
    jest.advanceTimersByTime(ms);
    return calls - before;
  };
  trim.oftenWhile(() => lasts, 10);
  expect(callsIn(100)).toBe(10);
  // Another list takes memory too.
  trim.oftenWhile(() => lasts, 10);
  expect(callsIn(100)).toBe(10);
  lasts = false;
  expect(callsIn(LONG_MS)).toBe(0);
  trim.oftenWhile(() => true, 1);
  expect(callsIn(LONG_MS)).toBe(256);
  trim.oftenWhile(() => true, 1);
  trim.stop();
  expect(callsIn(LONG_MS)).toBe(0);
});

test('where there is no such call, nothing happens', () => {
  const trim = new MemoryTrim(null, { firstMs: 0 });
  trim.start();
  trim.oftenWhile(() => true, 0);
  expect(() => trim.now()).not.toThrow();
  trim.stop();
});
