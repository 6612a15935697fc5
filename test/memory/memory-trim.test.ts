import { expect, test } from '@jest/globals';
import { MemoryTrim } from '../../src/memory/memory-trim.ts';
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

test('often while something lasts, and no more when it is over, after a bound, or at the end', async () => {
  let calls = 0;
  let lasts = true;
  const trim = new MemoryTrim({ trimMemory: () => (calls += 1) });
  const quiet = async (): Promise<boolean> => {
    const before = calls;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return calls === before;
  };
  trim.oftenWhile(() => lasts, 1);
  await eventually('several calls', () => calls > 5);
  // Another list takes memory too.
  trim.oftenWhile(() => lasts, 1);
  lasts = false;
  await eventually('no calls', quiet);
  trim.oftenWhile(() => true, 0);
  await eventually('no calls after the bound', quiet);
  expect(calls).toBeLessThan(1000);
  trim.oftenWhile(() => true, 1);
  trim.stop();
  expect(await quiet()).toBe(true);
});

test('where there is no such call, nothing happens', () => {
  const trim = new MemoryTrim(null, { firstMs: 0 });
  trim.start();
  trim.oftenWhile(() => true, 0);
  expect(() => trim.now()).not.toThrow();
  trim.stop();
});
