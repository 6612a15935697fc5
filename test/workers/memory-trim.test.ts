import { expect, test } from '@jest/globals';
import { MemoryTrim } from '../../src/workers/memory-trim.ts';
import { eventually } from '../support/eventually.ts';

test('freed memory is given back when asked, again and again by itself, and no more after the end', async () => {
  let calls = 0;
  const trim = new MemoryTrim({ trimMemory: () => (calls += 1) }, { firstMs: 1, lastMs: 4 });
  trim.now();
  expect(calls).toBe(1);
  trim.start();
  await eventually('several calls', () => calls > 5);
  trim.stop();
  const after = calls;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(calls).toBe(after);
});

test('where there is no such call, nothing happens', () => {
  const trim = new MemoryTrim(null, { firstMs: 0 });
  trim.start();
  expect(() => trim.now()).not.toThrow();
  trim.stop();
});
