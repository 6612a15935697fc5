/** Calls for files that have no answer: told in time, never asked twice at once, and forgotten when the answer comes. */
import { expect, test } from '@jest/globals';
import { answeredInTime, hasUnanswered, isUnanswered } from '../../src/lib/answered-in-time.ts';
import { DEADLINES } from '../../src/lib/deadlines.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const NEVER = 2 ** 31 - 1;

test('an answer and an error are given on', async () => {
  expect(await answeredInTime('/a', async () => await Promise.resolve(7), { ms: NEVER })).toBe(7);
  const error = Object.assign(new Error('gone'), { code: 'ENOENT' });
  await expect(answeredInTime('/a', async () => await Promise.reject(error), { ms: NEVER })).rejects.toBe(error);
  expect([isUnanswered('/a'), hasUnanswered()]).toEqual([false, false]);
});

test.each<{ readonly comes: 'a value' | 'an error'; readonly late: unknown }>([
  { comes: 'a value', late: 'value' },
  { comes: 'an error', late: null },
])(
  'without an answer: ETIMEDOUT, at once while it waits, and asked again after $comes came',
  async ({ comes, late }) => {
    const answer = Promise.withResolvers<string>();
    const closed = Promise.withResolvers<unknown>();
    let calls = 0;
    const call = async (): Promise<string> => {
      calls += 1;
      return await answer.promise;
    };
    const time = new VirtualTime();
    const ask = async (): Promise<string> =>
      await answeredInTime('/away', call, {
        time,
        late: async (value) => {
          closed.resolve(value);
          await Promise.reject(new Error('cannot be closed'));
        },
      });
    await Promise.all([
      expect(ask()).rejects.toMatchObject({ code: 'ETIMEDOUT' }),
      time.advance(DEADLINES.calls.fileMs),
    ]);
    expect([isUnanswered('/away'), isUnanswered('/other'), hasUnanswered()]).toEqual([true, false, true]);
    await expect(ask()).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(calls).toBe(1);
    if (comes === 'a value') answer.resolve('value');
    else answer.reject(new Error('the server has gone for good'));
    expect(await closed.promise).toBe(late);
    await new Promise(setImmediate);
    expect([isUnanswered('/away'), hasUnanswered()]).toEqual([false, false]);
    expect(await answeredInTime('/away', async () => await Promise.resolve('again'), { ms: NEVER })).toBe('again');
  },
);

test('an answer that has come while the thread stood still counts', async () => {
  const asked = answeredInTime(
    '/slow',
    async () => await new Promise((resolve) => void setImmediate(resolve, 'value')),
    {
      ms: 1,
    },
  );
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  expect(await asked).toBe('value');
});
