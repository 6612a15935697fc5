/** Asking again and again: how far apart, and until when. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { poll } from '../../../../src/list/source/tuf/poll.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('each interval is up to a tenth shorter or longer, and nothing is asked after the end', () => {
  const shares = [0, 1, 0.5];
  const asked: number[] = [];
  const start = Date.now();
  const polling = poll(
    1000,
    () => asked.push(Date.now() - start),
    () => shares.shift() ?? 0.5,
  );
  jest.advanceTimersByTime(3100);
  expect(asked).toEqual([900, 2000, 3000]);
  polling.close();
  jest.advanceTimersByTime(10_000);
  expect(asked).toHaveLength(3);
});
