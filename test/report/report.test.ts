/** Days from readings, the figures that may be shown of them, and the files that keep them. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { reportFolder } from '../../src/report/day-files.ts';
import { dayWith, decodeDay, emptyDay, encodeDay, NOTHING_READ, sumOf } from '../../src/report/day-totals.ts';
import type { Reading } from '../../src/report/day-totals.ts';
import { dayOf, ReportLedger } from '../../src/report/ledger.ts';
import { reportOf } from '../../src/report/report.ts';
import { memoryLog } from '../support/memory-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const reading = (counters: Reading['counters'], ages: Reading['ages'] = {}): Reading => ({ counters, ages });

describe('a day', () => {
  test('is what came between readings; a counter that went back has begun again; the greatest age counts', () => {
    const first = reading({ a: 5, b: 1 }, { own: 30 });
    const second = reading({ a: 7, b: 0, c: 2 }, { own: 10 });
    const day = dayWith(dayWith(emptyDay('2026-11-26'), NOTHING_READ, first), first, second);
    expect(day).toEqual({ day: '2026-11-26', counters: { a: 7, b: 1, c: 2 }, ages: { own: 30 } });
    expect(sumOf([day, { ...day, ages: { own: 40 } }])).toMatchObject({
      counters: { a: 14, b: 2, c: 4 },
      ages: { own: 40 },
    });
  });

  test('is written and read again; what is not one is refused', () => {
    const day = { day: '2026-11-26', counters: { a: 5 }, ages: { own: 1.5 } };
    expect(decodeDay(encodeDay(day), '2026-11-26')).toEqual(day);
    for (const text of ['', '{', '[]', 'null', '{"format":1,"day":"2026-11-26","counters":{"a":-1},"ages":{}}'])
      expect(() => decodeDay(text, '2026-11-26')).toThrow(expect.objectContaining({ code: 'report_unreadable' }));
    expect(() => decodeDay(encodeDay(day), '2026-11-27')).toThrow('2026-11-27');
  });
});

// Was a fault: after an upgrade each day before it had a hundred blocked requests more, and as many that passed, which nobody had made.
test('self-tests are taken off days of a release that kept less of them, and off the day of the upgrade', () => {
  const before = {
    'requests.pass': 100,
    'requests.block': 100,
    'lists.main.hits.block': 100,
    'lists.main.selftests.refused': 98,
    'lists.main.selftests.ok': 96,
  };
  const upgraded = {
    ...before,
    'requests.pass': 110,
    'requests.block': 110,
    'lists.main.selftests.refused': 108,
    'lists.main.selftests.ok': 106,
    'lists.main.selftests.block': 10,
    'lists.main.selftests.pass': 10,
  };
  const { days, total } = reportOf(
    [before, upgraded].map((counters, i) => ({ day: `2026-11-2${i}`, counters, ages: {} })),
  );
  const few = { pass: null, block: null, refuse: 0, error: 0 };
  expect(days.map(({ requests }) => requests)).toMatchObject([few, few]);
  expect(total.requests).toMatchObject({ pass: 5, block: null });
});

test('what customers asked for is rounded down, and few are not told; self-tests are taken off; the rest is exact', () => {
  const counters = {
    'requests.pass': 1009,
    'requests.block': 14,
    'requests.refuse': 3,
    'lists.main.hits.block': 14,
    'lists.main.hits.count': 4,
    'lists.main.syncs.updated': 3,
    'requests.error': 9,
    'questions.pass': 27,
    'questions.block': 14,
    'questions.steer': 4,
    'lists.main.selftests.questions.pass': 3,
    'lists.main.selftests.questions.block': 7,
    'lists.main.selftests.refused': 8,
    'lists.main.selftests.pass': 4,
    'lists.main.selftests.block': 7,
    'lists.main.selftests.error': 3,
    'lists.main.selftests.ok': 4,
    'lists.main.selftests.failed': 1,
  };
  const { days, total, roundedTo } = reportOf([
    { day: '2026-11-26', counters, ages: { main: 61.4, own: 5 } },
    { day: '2026-11-27', counters: { 'requests.refuse': 3 }, ages: {} },
  ]);
  expect(roundedTo).toBe(5);
  expect(days[0]).toEqual({
    day: '2026-11-26',
    requests: { pass: 1005, block: 5, count: 0, allow: 0, refuse: null, error: 5 },
    questions: { pass: 20, block: 5, count: 0, allow: 0, refuse: 0, error: 0, steer: null },
    lists: [
      {
        list: 'main',
        hits: { block: 5, count: null, allow: 0 },
        updates: { updated: 3, unchanged: 0, rejected: 0, failed: 0 },
        selfTests: { passed: 4, failed: 1 },
        oldestSeconds: 61,
      },
      expect.objectContaining({ list: 'own', hits: { block: 0, count: 0, allow: 0 }, oldestSeconds: 5 }),
    ],
  });
  expect(total).toMatchObject({ day: 'total', requests: { refuse: 5 } });
});

describe('the ledger', () => {
  let directory: TemporaryDirectory;
  let now: number;
  /** Of the clock that follows no jump; null: the same. */
  let trusted: number | null;
  let counted: number;
  beforeEach(() => {
    directory = temporaryDirectory();
    trusted = null;
    now = Date.UTC(2026, 10, 26, 12);
    counted = 0;
  });
  afterEach(() => directory[Symbol.dispose]());

  const ledgerOf = (log = memoryLog()): ReportLedger =>
    new ReportLedger({
      log,
      folder: folder(),
      keepMs: () => 2 * 86_400_000,
      read: () => reading({ 'requests.block': counted }),
      now: () => now,
      trustedNow: () => trusted ?? now,
    });
  const folder = (): string => reportFolder(directory.path, '/etc/cleanfeed/a.yaml');
  const kept = (): Record<string, number> =>
    Object.fromEntries(
      readdirSync(folder()).map((name) => {
        const { counters } = decodeDay(readFileSync(join(folder(), name), 'utf8'), name.slice(0, 10));
        return [name, counters['requests.block'] ?? 0];
      }),
    );

  test('survives the end of the process: the next one, whose counters begin at 0, adds to the day', async () => {
    const first = ledgerOf();
    counted = 7;
    await first.write();
    counted = 9;
    await first.write();
    counted = 4;
    await ledgerOf().write();
    expect(kept()).toEqual({ '2026-11-26.json': 13 });
    expect(statSync(join(folder(), '2026-11-26.json')).mode & 0o777).toBe(0o600);
    expect(await ledgerOf().days({ from: '2026-11-26', to: '2026-11-26' })).toMatchObject([{ day: '2026-11-26' }]);
    expect(await ledgerOf().days({ from: '2026-11-27', to: '2026-12-26' })).toEqual([]);
  });

  test('a new day begins a new file, and the oldest are removed', async () => {
    const ledger = ledgerOf();
    for (const day of [26, 27, 28, 29]) {
      now = Date.UTC(2026, 10, day, 12);
      counted += 1;
      await ledger.write();
      counted += 1;
      await ledger.write();
    }
    // What came since the last reading belongs to the day of that reading.
    expect(kept()).toEqual({ '2026-11-27.json': 2, '2026-11-28.json': 2, '2026-11-29.json': 1 });
  });

  // Was a fault: all that was kept went at once, by whoever sets the clock or gives the machine the time.
  const AHEAD = Date.UTC(2036, 0, 1, 12);
  test.each([
    { name: 'the clock is set far ahead while the instance runs', clocks: (right: number) => [AHEAD, right] },
    { name: 'it was far ahead at the start, and is set right', clocks: (right: number) => [right, AHEAD] },
  ] as const)('nothing is removed that is old by one of the clocks alone: $name', async ({ clocks }) => {
    const ledger = ledgerOf();
    counted = 1;
    await ledger.write();
    const [wall = 0, other = 0] = clocks(now + 86_400_000);
    [now, trusted] = [wall, other];
    counted = 2;
    await ledger.write();
    expect(kept()).toMatchObject({ '2026-11-26.json': 2 });
    expect(readdirSync(folder())).toHaveLength(2);
  });

  test('nothing is removed at a start, whose clock may be far ahead: only when a day has ended', async () => {
    counted = 1;
    await ledgerOf().write();
    now = AHEAD;
    await ledgerOf().write();
    expect(kept()).toMatchObject({ '2026-11-26.json': 1 });
  });

  test('who asks for days is told what was counted until then, and the end of the process writes it, once', async () => {
    const ledger = ledgerOf();
    ledger.start();
    counted = 2;
    expect(await ledger.days({ from: '2026-11-26', to: '2026-11-26' })).toMatchObject([
      { counters: { 'requests.block': 2 } },
    ]);
    counted = 3;
    await ledger.close();
    counted = 4;
    await ledger.close();
    expect(kept()).toEqual({ '2026-11-26.json': 3 });
  });

  test('what cannot be written is said once, and is kept until it can', async () => {
    const log = memoryLog();
    const ledger = ledgerOf(log);
    writeFileSync(folder(), 'a file is in the way');
    counted = 3;
    await ledger.write();
    await ledger.write();
    expect(log.named('report.not_kept').length).toBe(1);
    rmSync(folder());
    counted = 5;
    await ledger.write();
    expect(kept()).toEqual({ '2026-11-26.json': 5 });
  });

  // Was a fault: all that was counted before it could be written was of the day before.
  test('what cannot be written over midnight is of the day on which it was counted, and is told meanwhile', async () => {
    const ledger = ledgerOf();
    const readAt = async (day: number, count: number): Promise<void> => {
      now = Date.UTC(2026, 10, day, 12);
      counted = count;
      await ledger.write();
    };
    await readAt(26, 3);
    const inTheWay = join(folder(), '2026-11-26.json');
    rmSync(inTheWay);
    mkdirSync(inTheWay);
    await readAt(27, 4);
    await readAt(27, 9);
    await readAt(26, 10);
    await readAt(27, 12);
    expect(await ledger.days({ from: '2026-11-27', to: '2026-11-27' })).toMatchObject([
      { day: '2026-11-27', counters: { 'requests.block': 6 } },
    ]);
    rmSync(inTheWay, { recursive: true });
    counted = 13;
    await ledger.write();
    expect(kept()).toEqual({ '2026-11-26.json': 6, '2026-11-27.json': 7 });
  });

  test('a damaged day is not overwritten', async () => {
    mkdirSync(folder(), { recursive: true });
    writeFileSync(join(folder(), '2026-11-26.json'), 'damaged');
    counted = 3;
    const ledger = ledgerOf();
    await ledger.write();
    expect(readFileSync(join(folder(), '2026-11-26.json'), 'utf8')).toBe('damaged');
    await expect(ledger.days({ from: '2026-11-26', to: '2026-11-26' })).rejects.toMatchObject({
      code: 'report_unreadable',
    });
  });
});

test('days are those of UTC', () => {
  expect(dayOf(Date.UTC(2026, 10, 26, 23, 59, 59, 999))).toBe('2026-11-26');
  expect(dayOf(Date.UTC(2026, 10, 27))).toBe('2026-11-27');
});
