/** The last lines of the log: passed on, bounded, and without what the log may not hold either. */
import { expect, test } from '@jest/globals';
import { RecentLog } from '../../src/observe/recent-log.ts';
import { memoryLog } from '../support/memory-log.ts';
import { VirtualTime } from '../support/virtual-time.ts';

test('keeps the last lines and passes all on', () => {
  const log = memoryLog();
  const recent = new RecentLog(log, new VirtualTime(Date.UTC(2026, 10, 27)));
  recent.event('debug', 'list.unchanged');
  for (let i = 0; i < 1000; i += 1)
    recent.event('warn', 'list.failed', { i, reason: 'from 192.0.2.1: http://a.example/x' });
  expect(log.events.length).toBe(1001);
  expect(recent.lines.length).toBe(500);
  expect(JSON.parse(recent.lines.at(-1)!)).toEqual({
    level: 'warn',
    time: '2026-11-27T00:00:00.000Z',
    i: 999,
    reason: 'from [redacted] [redacted]',
    event: 'list.failed',
  });
});

test('a long line is cut', () => {
  const recent = new RecentLog(memoryLog());
  recent.event('info', 'a.b', Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, 'x'.repeat(500)])));
  expect(recent.lines[0]!.length).toBe(4096);
});

test('a line of as many characters as are kept is whole, a longer one ends there', () => {
  const recent = new RecentLog({ event: () => {}, flush: () => {} }, new VirtualTime(0));
  const fields = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`f${i}`, 'x'.repeat(i === 0 ? count : 400)]));
  recent.event('info', 'a.b', fields(1));
  const rest = 4096 - (recent.lines[0]?.length ?? 0);
  recent.event('info', 'a.b', fields(1 + rest));
  recent.event('info', 'a.b', fields(2 + rest));
  expect(recent.lines.map((line) => [line.length, line.endsWith('}')]).slice(1)).toEqual([
    [4096, true],
    [4096, false],
  ]);
});
