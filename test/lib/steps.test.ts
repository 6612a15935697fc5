/** Work in steps: each is followed by a rest, the last by none, and nothing of it is lost. */
import { expect, test } from '@jest/globals';
import { mapValues } from '../../src/lib/map-values.ts';
import { restingBetween, runSync } from '../../src/lib/steps.ts';
import type { Steps } from '../../src/lib/steps.ts';

function* counted(steps: number, done: string[]): Steps<number> {
  for (let step = 0; step < steps; step += 1) {
    done.push(`step ${step}`);
    if (step < steps - 1) yield;
  }
  return steps;
}

test.each([0, 1, 3])('%d steps, with a rest between two', async (steps) => {
  const done: string[] = [];
  const result = await restingBetween(counted(steps, done), () => {
    done.push('rest');
    return Promise.resolve();
  });
  expect(result).toBe(steps);
  expect(done).toEqual(
    Array.from({ length: steps }, (_, i) => (i === 0 ? [`step ${i}`] : ['rest', `step ${i}`])).flat(),
  );
  const alone: string[] = [];
  expect(runSync(counted(steps, alone))).toBe(steps);
  expect(alone).toHaveLength(steps);
});

test('what a step throws ends the work', async () => {
  function* failing(): Steps<void> {
    yield;
    throw new Error('no more');
  }
  let rests = 0;
  const rest = (): Promise<void> => Promise.resolve(void (rests += 1));
  await expect(restingBetween(failing(), rest)).rejects.toThrow('no more');
  expect(rests).toBe(1);
});

test('the same keys with other values; the record stays as it is', () => {
  const record = { a: 1, b: 2 };
  expect(mapValues(record, (value, key) => `${key}${value}`)).toEqual({ a: 'a1', b: 'b2' });
  expect(record).toEqual({ a: 1, b: 2 });
});
