import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { RemindedEnd } from '../../src/workers/reminded-end.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function recorded(): { readonly end: RemindedEnd; readonly told: (number | 'over')[] } {
  const told: (number | 'over')[] = [];
  const end = new RemindedEnd({ lasts: (seconds) => told.push(seconds), over: () => told.push('over') });
  return { end, told };
}

test('it reminds each minute, and is over once', () => {
  const { end, told } = recorded();
  end.after(130);
  jest.advanceTimersByTime(59_000);
  expect(told).toEqual([]);
  jest.advanceTimersByTime(70_999);
  expect(told).toEqual([70, 10]);
  jest.advanceTimersByTime(1_000_000);
  expect(told).toEqual([70, 10, 'over']);
});

test('a second call replaces the first; cancelled it is never over', () => {
  const { end, told } = recorded();
  end.after(10);
  jest.advanceTimersByTime(9000);
  end.after(10);
  jest.advanceTimersByTime(9000);
  expect(told).toEqual([]);
  end.cancel();
  jest.advanceTimersByTime(1_000_000);
  expect(told).toEqual([]);
});
