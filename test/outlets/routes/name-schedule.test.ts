/** When names are asked for, by a clock of the test. */
import { expect, test } from '@jest/globals';
import { NameSchedule } from '../../../src/outlets/routes/name-schedule.ts';

const INTERVAL = { now: 0, intervalMs: 10_000 };

function schedule(names: readonly string[], random = 0): NameSchedule<string> {
  const made = new NameSchedule<string>(() => random);
  made.set(new Set(names), 0);
  return made;
}

test('new names come one after the other, at most so many at once, and none twice', () => {
  const made = schedule(['a', 'b', 'c']);
  expect([made.take(0, 9), made.take(20, 9), made.take(9000, 9), made.take(9000, 9)]).toEqual([
    ['a'],
    ['b'],
    ['c'],
    [],
  ]);
  expect(schedule(['a', 'b', 'c']).take(9000, 2)).toEqual(['a', 'b']);
});

test.each([
  { name: 'a TTL below the interval', ttlMs: 1000, due: 10_000 },
  { name: 'a TTL above it', ttlMs: 30_000, due: 30_000 },
  { name: 'a TTL that is too long to be believed', ttlMs: 1e9, due: 120_000 },
])('is asked for again: $name', ({ ttlMs, due }) => {
  const made = schedule(['a']);
  made.take(0, 9);
  made.answered('a', ttlMs, INTERVAL);
  expect([made.take(due - 1, 9), made.take(due, 9)]).toEqual([[], ['a']]);
});

test('names that were asked together part company', () => {
  const made = schedule(['a'], 0.5);
  made.take(0, 9);
  made.answered('a', 0, INTERVAL);
  expect([made.take(10_000, 9), made.take(10_500, 9)]).toEqual([[], ['a']]);
});

test('a name that is gone is not asked for again, and one that stays keeps its time', () => {
  const made = schedule(['a', 'b']);
  made.take(100, 9);
  made.answered('b', 0, INTERVAL);
  made.set(new Set(['b', 'c']), 200);
  made.answered('a', 0, INTERVAL);
  expect([made.size, made.take(300, 9), made.take(10_000, 9)]).toEqual([2, ['c'], ['b']]);
});

test('a clock that is set back keeps no name from being asked for', () => {
  const made = new NameSchedule<string>(() => 0);
  made.set(new Set(['a']), 1_000_000);
  expect(made.take(1_000_000, 9)).toEqual(['a']);
  made.answered('a', 0, { ...INTERVAL, now: 1_000_000 });
  expect([made.take(0, 9), made.take(9999, 9), made.take(10_000, 9)]).toEqual([[], [], ['a']]);
});
