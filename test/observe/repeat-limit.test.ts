import { describe, expect, test } from '@jest/globals';
import { RepeatLimit } from '../../src/observe/repeat-limit.ts';

const [INFO, WARN, ERROR] = [1, 2, 3];

function limit(): { limit: RepeatLimit; clock: { now: number } } {
  const clock = { now: 5000 };
  return { limit: new RepeatLimit(() => clock.now), clock };
}

function admitted(of: RepeatLimit, lines: number, event: string, fields: (line: number) => string): number {
  let count = 0;
  for (let line = 0; line < lines; line += 1) if (of.admits(event, fields(line), INFO)) count += 1;
  return count;
}

describe('repeats in the log', () => {
  test.each([
    { name: 'the same line a thousand times', event: 'worker.exited', fields: () => 'same', want: 5 },
    { name: 'one event with ever other fields', event: 'worker.exited', fields: String, want: 60 },
    { name: 'every bad line of a list', event: 'list.bad_line', fields: String, want: 1000 },
    { name: 'the same bad line again and again', event: 'list.bad_line', fields: () => 'same', want: 5 },
  ])('$name: $want a minute', ({ event, fields, want }) => {
    const { limit: of } = limit();
    expect(admitted(of, 1000, event, fields)).toBe(want);
    expect(of.takeSuppressed()).toEqual(want === 1000 ? [] : [{ event, lines: 1000 - want, severity: INFO }]);
  });

  test('a repeat does not use up what others of its event may write', () => {
    const { limit: of } = limit();
    admitted(of, 1000, 'list.failed', () => 'same');
    expect(of.admits('list.failed', 'other', INFO)).toBe(true);
    expect(of.admits('list.loaded', 'other', INFO)).toBe(true);
  });

  test('after a minute it may be said again', () => {
    const { limit: of, clock } = limit();
    admitted(of, 10, 'a', () => 'same');
    clock.now += 59_999;
    expect(of.admits('a', 'same', INFO)).toBe(false);
    clock.now += 1;
    expect(of.admits('a', 'same', INFO)).toBe(true);
  });

  test('what was held back is told once', () => {
    const { limit: of } = limit();
    admitted(of, 10, 'a', () => 'same');
    expect(of.takeSuppressed()).toEqual([{ event: 'a', lines: 5, severity: INFO }]);
    expect(of.takeSuppressed()).toEqual([]);
  });

  test('it is told as gravely as the gravest of it, event by event', () => {
    const { limit: of } = limit();
    for (const severity of [INFO, ERROR, WARN])
      for (let line = 0; line < 10; line += 1) of.admits('a', 'same', severity);
    admitted(of, 10, 'b', () => 'same');
    expect(of.takeSuppressed()).toEqual([
      { event: 'a', lines: 25, severity: ERROR },
      { event: 'b', lines: 5, severity: INFO },
    ]);
    admitted(of, 1, 'a', () => 'same');
    expect(of.takeSuppressed()).toEqual([{ event: 'a', lines: 1, severity: INFO }]);
  });

  test('what it remembers is bounded, and beyond that the bound of the event still holds', () => {
    const { limit: of } = limit();
    expect(admitted(of, 100_000, 'list.bad_line', String)).toBe(12_000);
  });
});

test('so many different lines are remembered; of one more repeats are not told', () => {
  const { limit: of } = limit();
  const event = 'list.bad_line';
  for (let line = 0; line < 16_384; line += 1) of.admits(event, String(line), INFO);
  const isBounded = (fields: string): boolean => {
    const other = limit().limit;
    for (let line = 1; line < Number(fields); line += 1) other.admits('other', String(line), INFO);
    return admitted(other, 10, event, () => fields) === 5;
  };
  // The last that is remembered is bounded as a repeat; the next one is as if it were new each time.
  expect([isBounded('16384'), isBounded('16385')]).toEqual([true, false]);
});
