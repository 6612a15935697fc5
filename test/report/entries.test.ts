/** What is kept of entries that matched: days and weeks, rounded; what is open is in memory alone; what is told is over. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { entryFolder } from '../../src/report/entry-files.ts';
import { EntryLedger } from '../../src/report/entry-ledger.ts';
import { entryReportOf } from '../../src/report/entry-report.ts';
import { describedId, describedText, entryToken } from '../../src/report/entry-token.ts';
import {
  decodeWeek,
  emptyWeek,
  encodeWeek,
  endOfWeek,
  keptDay,
  roundedDown,
  seldomOn,
  weekOf,
  weekWith,
  weekWithFew,
} from '../../src/report/entry-weeks.ts';
import { OpenCounts } from '../../src/report/open-counts.ts';
import { memoryLog } from '../support/memory-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const exact = (hits: Readonly<Record<string, number>>, isFull = false) => ({
  hits: new Map(Object.entries(hits)),
  isFull,
});

describe('a week', () => {
  test('begins on Monday', () => {
    expect(weekOf('2026-11-23')).toBe('2026-11-23');
    expect(weekOf('2026-11-29')).toBe('2026-11-23');
    expect(weekOf('2026-03-01')).toBe('2026-02-23');
    expect(endOfWeek('2026-12-28')).toBe('2027-01-04');
  });

  test('counts in steps of 1, 2 and 5, from ten on', () => {
    expect([0, 1, 9, 10, 19, 20, 49, 50, 99, 100, 1_999, 54_321].map(roundedDown)).toEqual([
      0, 0, 0, 10, 10, 20, 20, 50, 50, 100, 1_000, 50_000,
    ]);
  });

  test('names an entry with its day from ten hits on, and else without; in an order that tells nothing', () => {
    const day = exact({ z: 12, y: 9, b: 25, c: 1 });
    expect(keptDay(day, false)).toEqual({ hits: { b: 20, z: 10 }, isFull: false, isPart: false });
    expect(Object.keys(keptDay(day, false).hits)).toEqual(['b', 'z']);
    expect(seldomOn(day)).toEqual(['y', 'c']);
    const open = weekWith(emptyWeek('2026-11-23'), '2026-11-24', { own: keptDay(day, true) });
    expect(open).toMatchObject({ few: {}, fewFrom: null });
    const over = weekWithFew(open, new Map([['own', new Set(seldomOn(day))]]), '2026-11-24');
    expect(over).toEqual({
      week: '2026-11-23',
      days: { '2026-11-24': { own: { hits: { b: 20, z: 10 }, isFull: false, isPart: true } } },
      few: { own: ['c', 'y'] },
      fewFrom: '2026-11-24',
    });
    for (const week of [open, over]) expect(decodeWeek(encodeWeek(week), '2026-11-23')).toEqual(week);
    expect(weekWithFew(over, new Map([['own', new Set(['a', 'c'])]]), '2026-11-26')).toMatchObject({
      few: { own: ['a', 'c', 'y'] },
      fewFrom: '2026-11-24',
    });
  });

  test('of an earlier version, which wrote few hits day by day', () => {
    const text =
      '{"format":1,"week":"2026-11-23","days":{"2026-11-24":{"own":{"hits":{},"isFull":false}}},"few":{"own":["c"]}}';
    expect(decodeWeek(text, '2026-11-23')).toEqual({
      week: '2026-11-23',
      days: { '2026-11-24': { own: { hits: {}, isFull: false, isPart: false } } },
      few: { own: ['c'] },
      fewFrom: '2026-11-23',
    });
  });

  test.each(['', '{', '[]', '{"format":1,"week":"2026-11-23","days":{"x":{}},"few":{}}', '{"format":2}'])(
    'what is none is refused: %s',
    (text) => {
      expect(() => decodeWeek(text, '2026-11-23')).toThrow(expect.objectContaining({ code: 'report_unreadable' }));
    },
  );
});

test('a token: of what an entry says under a key, or the id that its list gives it', () => {
  const text = describedText({ text: 'a.example/x', port: 0, fold: 0, subdomains: false });
  const token = entryToken('key', 'own', text);
  expect(token).toMatch(/^[0-9a-f]{16}$/);
  expect(entryToken('key', 'own', text)).toBe(token);
  const others = [
    entryToken('other', 'own', text),
    entryToken('key', 'other', text),
    ...[{ port: 80 }, { fold: 1 }, { subdomains: true }, { text: 'a.example/y' }].map((more) =>
      entryToken('key', 'own', describedText({ text: 'a.example/x', port: 0, fold: 0, subdomains: false, ...more })),
    ),
  ];
  expect(new Set([token, ...others]).size).toBe(7);
  expect(entryToken('key', 'national', describedId(-1n))).toBe('#18446744073709551615');
});

describe('a report', () => {
  const whole = (week: string, days: Readonly<Record<string, Readonly<Record<string, number>>>>, from = week) => {
    const few = new Set(Object.values(days).flatMap((hits) => seldomOn(exact(hits))));
    const kept = Object.entries(days).reduce(
      (sum, [day, hits]) => weekWith(sum, day, { own: keptDay(exact(hits), false) }),
      emptyWeek(week),
    );
    return weekWithFew(kept, new Map([['own', few]]), from);
  };
  const week = whole('2026-11-16', { '2026-11-16': { often: 30, seldom: 3 }, '2026-11-22': { often: 12 } });
  const open = whole('2026-11-23', { '2026-11-23': { often: 10, seldom: 1, first: 2 } });
  const between = (from: string, to: string, today: string) =>
    entryReportOf([week, open], 'key', { from, to, today }).lists;

  test('tells days that are over, and weeks that are', () => {
    expect(between('2026-11-16', '2026-11-30', '2026-11-24')).toEqual([
      {
        list: 'own',
        firstDay: '2026-11-16',
        days: 3,
        incompleteDays: [],
        partDays: [],
        entries: [
          { token: 'often', days: 3, count: 40, lastDay: '2026-11-23', lastWeek: null },
          { token: 'seldom', days: 0, count: 0, lastDay: null, lastWeek: '2026-11-16' },
        ],
      },
    ]);
    expect(between('2026-11-16', '2026-11-30', '2026-11-23')[0]).toMatchObject({ days: 2 });
    const tokens = between('2026-11-16', '2026-11-30', '2026-11-30')[0]?.entries.map(({ token }) => token);
    expect(tokens).toEqual(['often', 'first', 'seldom']);
  });

  test('of part of a week does not tell who matched seldom in it: two reports would tell the day', () => {
    for (const [from, to] of [
      ['2026-11-17', '2026-11-22'],
      ['2026-11-16', '2026-11-21'],
    ] as const)
      expect(between(from, to, '2026-12-31')[0]?.entries.filter(({ lastWeek }) => lastWeek !== null)).toEqual([]);
  });
});

test('days of which few hits were lost, or which began late, are told as such', () => {
  const day = { own: keptDay(exact({}), false) };
  const days = weekWith(weekWith(emptyWeek('2026-11-16'), '2026-11-16', day), '2026-11-18', day);
  const late = weekWith(days, '2026-11-19', { own: keptDay(exact({}), true) });
  const partDays = (week: typeof days, today: string) =>
    entryReportOf([week], 'key', { from: '2026-11-16', to: '2026-11-30', today }).lists[0]?.partDays;
  expect(partDays(late, '2026-11-20')).toEqual(['2026-11-19']);
  expect(partDays(late, '2026-11-23')).toEqual(['2026-11-16', '2026-11-18', '2026-11-19']);
  expect(partDays(weekWithFew(late, new Map(), '2026-11-18'), '2026-11-23')).toEqual(['2026-11-16', '2026-11-19']);
  expect(partDays(weekWithFew(days, new Map(), '2026-11-16'), '2026-11-23')).toEqual([]);
});

describe('open counts', () => {
  const counted = (): OpenCounts => {
    const open = new OpenCounts();
    open.max = 3;
    open.begin('2026-11-24', null);
    open.count('2026-11-24', 'own', new Map([['#1', 12]]));
    open.count('2026-11-24', 'own', new Map([['#2', 1]]), true);
    open.endOfDay('2026-11-24');
    open.forgetDay('2026-11-24');
    open.begin('2026-11-25', null);
    open.count('2026-11-25', 'other', new Map([['#3', 4]]));
    return open;
  };

  test('are the same behind a file, of whoever wrote it and nobody else', () => {
    const text = counted().encode('a');
    expect(OpenCounts.decode(text, 'b')).toBeNull();
    const read = OpenCounts.decode(text, 'a')!;
    read.max = 3;
    expect(read.encode('a')).toBe(text);
    expect(read.week('2026-11-23')).toEqual({ from: '2026-11-24', lists: new Map([['own', new Set(['#2'])]]) });
    expect(read.endOfDay('2026-11-25')).toEqual({ other: { hits: {}, isFull: false, isPart: false } });
  });

  test.each(['', '[]', '{"format":1,"of":"a","lastDay":null,"days":{"x":{"isPart":true,"lists":{}}},"weeks":{}}'])(
    'what is none is refused: %s',
    (text) => expect(OpenCounts.decode(text, 'a')).toBeNull(),
  );

  test.each([
    ['"isPart":true', '"isPart":1'],
    ['"#3":4', '"#3":"4"'],
    ['"isFull":false', '"isFull":null'],
    ['["#2"]', '[2]'],
    ['"from":"2026-11-24"', '"from":"now"'],
    ['"format":1', '"format":2'],
    ['"lastDay":null', '"lastDay":0'],
  ])('what was changed is refused: %s to %s', (from, to) => {
    const open = counted();
    open.pause();
    const text = open.encode('a');
    expect(text).toContain(from);
    expect(OpenCounts.decode(text.replace(from, to), 'a')).toBeNull();
  });

  test('of entries that matched seldom in a week no more than may be are told apart, and the day says so', () => {
    const open = new OpenCounts();
    open.max = 1;
    open.begin('2026-11-24', null);
    open.count('2026-11-24', 'own', new Map([['#1', 1]]));
    expect(open.endOfDay('2026-11-24')).toMatchObject({ own: { isFull: false } });
    open.begin('2026-11-25', null);
    open.count('2026-11-25', 'own', new Map([['#2', 1]]));
    expect(open.endOfDay('2026-11-25')).toMatchObject({ own: { isFull: true } });
  });
});

describe('the ledger', () => {
  let memory: TemporaryDirectory;
  let directory: TemporaryDirectory;
  let now: number;
  /** Of the clock that follows no jump; null: the same. */
  let trusted: number | null;
  let max: number;
  beforeEach(() => {
    directory = temporaryDirectory();
    memory = temporaryDirectory('/dev/shm');
    now = Date.UTC(2026, 10, 24, 12);
    trusted = null;
    max = 100;
  });
  afterEach(() => {
    directory[Symbol.dispose]();
    memory[Symbol.dispose]();
  });

  const folder = (): string => entryFolder(directory.path, '/etc/cleanfeed/a.yaml');
  const ledgerOf = (log = memoryLog(), carried: string | null = memory.file('entries.json')): EntryLedger =>
    new EntryLedger({
      log,
      folder: folder(),
      carried,
      keepMs: () => 10 * 86_400_000,
      max: () => max,
      lists: () => ['own'],
      now: () => now,
      trustedNow: () => trusted ?? now,
    });
  const hits = (...counts: readonly [string, number][]) => ({
    hits: counts.map(([entry, count]) => ({ list: 'own', entry, count })),
    full: [],
  });
  const kept = (week: string) => decodeWeek(readFileSync(join(folder(), `${week}.json`), 'utf8'), week);
  const nextDay = (): void => {
    now += 86_400_000;
  };

  // Was a fault: all weeks went at once.
  test('removes nothing that is old by a clock alone that was set far ahead', async () => {
    const ledger = ledgerOf();
    await ledger.add(hits(['#1', 40]));
    nextDay();
    await ledger.look();
    [now, trusted] = [Date.UTC(2036, 0, 1, 12), now];
    await ledger.look();
    expect(kept('2026-11-23').days).toMatchObject({ '2026-11-24': { own: { hits: { '#1': 20 } } } });
  });

  test('writes nothing of the day that is open, whatever is asked of it', async () => {
    const ledger = ledgerOf();
    await ledger.add(hits(['#1', 40]));
    await ledger.look();
    expect((await ledger.report({ from: '2026-11-01', to: '2026-11-30' })).lists).toEqual([]);
    expect(readdirSync(folder())).toEqual(['key']);
    expect(statSync(join(folder(), 'key')).mode & 0o777).toBe(0o600);
    nextDay();
    await ledger.add(hits(['#1', 3]));
    await ledger.look();
    const before = readFileSync(join(folder(), '2026-11-23.json'));
    expect(kept('2026-11-23').days).toMatchObject({ '2026-11-24': { own: { hits: { '#1': 20 }, isFull: false } } });
    await ledger.add(hits(['#2', 30]));
    await ledger.look();
    expect(readFileSync(join(folder(), '2026-11-23.json'))).toEqual(before);
    expect((await ledger.report({ from: '2026-11-23', to: '2026-11-30' })).lists).toMatchObject([
      { list: 'own', days: 1, entries: [{ token: '#1', count: 20, lastDay: '2026-11-24' }] },
    ]);
  });

  /** Each file of the state with its content and its time. */
  const state = (): readonly string[] =>
    readdirSync(folder())
      .toSorted()
      .map((name) => {
        const path = join(folder(), name);
        return `${name} ${statSync(path).mtimeMs} ${readFileSync(path, 'utf8')}`;
      });

  test('an entry that matches seldom leaves nothing on the disk before its week is over, at a stop or at the end of a day', async () => {
    const first = ledgerOf();
    await first.look();
    const before = state();
    await first.add(hits(['#1', 3], ['#2', 25]));
    await first.close();
    expect(state()).toEqual(before);
    const second = ledgerOf();
    nextDay();
    await second.look();
    expect(kept('2026-11-23')).toMatchObject({ days: { '2026-11-24': { own: { hits: { '#2': 20 } } } }, few: {} });
    expect(state().join()).not.toContain('#1');
    await second.close();
    now = Date.UTC(2026, 10, 29, 23, 59);
    await ledgerOf().look();
    expect(state().join()).not.toContain('#1');
    expect(readdirSync(memory.path)).toEqual([]);
  });

  test('goes on after a restart with all that was open', async () => {
    const first = ledgerOf();
    await first.add(hits(['#1', 25], ['#2', 9], ['#3', 9]));
    await first.close();
    expect(statSync(memory.file('entries.json')).mode & 0o777).toBe(0o600);
    const second = ledgerOf();
    await second.add(hits(['#1', 31], ['#2', 1]));
    // Once it is read it is gone: what a process that is killed has counted must not be taken for complete.
    expect(readdirSync(memory.path)).toEqual([]);
    nextDay();
    await second.look();
    expect(kept('2026-11-23').days).toMatchObject({ '2026-11-24': { own: { hits: { '#1': 50, '#2': 10 } } } });
    for (let day = 26; day <= 27; day += 1) {
      nextDay();
      await second.look();
    }
    await second.close();
    now = Date.UTC(2026, 10, 30);
    const third = ledgerOf();
    await third.look();
    expect(kept('2026-11-23')).toMatchObject({ few: { own: ['#3'] }, fewFrom: '2026-11-24' });
    const partDays = async () =>
      (await third.report({ from: '2026-11-23', to: '2026-11-30' })).lists.map((list) => list.partDays);
    // The first day began within it; the stops have lost nothing.
    expect(await partDays()).toEqual([['2026-11-24']]);
  });

  test('after a process that was killed, or without a folder in memory, it says of which days it knows a part', async () => {
    const first = ledgerOf();
    await first.add(hits(['#1', 3]));
    nextDay();
    await first.look();
    // Killed. The next one has nothing to go on with, and no folder in memory either.
    const second = ledgerOf(memoryLog(), null);
    await second.add(hits(['#2', 3]));
    nextDay();
    await second.add(hits(['#3', 3]));
    for (let day = 27; day <= 28; day += 1) {
      nextDay();
      await second.look();
    }
    now = Date.UTC(2026, 10, 30);
    const { lists } = await second.report({ from: '2026-11-23', to: '2026-11-30' });
    expect(lists).toMatchObject([
      { days: 5, partDays: ['2026-11-24', '2026-11-25'], entries: [{ token: '#2' }, { token: '#3' }] },
    ]);
  });

  test('of a week of which few days were counted no entry with few hits is kept: its week would be a day', async () => {
    now = Date.UTC(2026, 10, 27, 12);
    const ledger = ledgerOf();
    await ledger.add(hits(['#1', 3], ['#2', 25]));
    for (let day = 28; day <= 30; day += 1) {
      nextDay();
      await ledger.look();
    }
    expect(kept('2026-11-23')).toMatchObject({ few: {}, fewFrom: null });
    const { lists } = await ledger.report({ from: '2026-11-23', to: '2026-11-30' });
    // That an entry never matched is not said of them.
    const partDays = ['2026-11-27', '2026-11-28', '2026-11-29'];
    expect(lists).toMatchObject([{ days: 3, partDays, entries: [{ token: '#2' }] }]);
  });

  test('what is open is never written where a backup would find it', async () => {
    const log = memoryLog();
    using disk = temporaryDirectory('/var/tmp');
    const ledger = ledgerOf(log, disk.file('entries.json'));
    await ledger.add(hits(['#1', 3]));
    await ledger.close();
    expect(existsSync(disk.file('entries.json'))).toBe(false);
    expect(log.named('entries.not_kept')).toEqual([]);
  });

  test('whoever removes the folder has forgotten what is open too', async () => {
    const first = ledgerOf();
    await first.add(hits(['#1', 20]));
    rmSync(folder(), { recursive: true });
    await first.add(hits(['#2', 20]));
    await first.close();
    rmSync(folder(), { recursive: true });
    const second = ledgerOf();
    await second.add(hits(['#3', 20]));
    nextDay();
    await second.look();
    expect(kept('2026-11-23').days).toMatchObject({ '2026-11-24': { own: { hits: { '#3': 20 }, isPart: true } } });
  });

  test('a list that matched nothing was counted all the same; off, none is', async () => {
    const ledger = ledgerOf();
    await ledger.look();
    nextDay();
    max = 0;
    await ledger.add(hits(['#1', 25]));
    await ledger.close();
    expect(kept('2026-11-23').days).toEqual({ '2026-11-24': { own: { hits: {}, isFull: false, isPart: true } } });
  });

  test('what a process without counting finds of an earlier one is not complete any more', async () => {
    const first = ledgerOf();
    await first.add(hits(['#1', 25]));
    nextDay();
    await first.add(hits(['#1', 25]));
    await first.close();
    max = 0;
    const second = ledgerOf();
    await second.look();
    await second.close();
    max = 100;
    nextDay();
    const third = ledgerOf();
    await third.add(hits(['#1', 25]));
    nextDay();
    const { lists } = await third.report({ from: '2026-11-23', to: '2026-11-30' });
    expect(lists).toMatchObject([{ days: 3, partDays: ['2026-11-24', '2026-11-25', '2026-11-26'] }]);
  });

  test('tells no more apart than there may be, and says so', async () => {
    max = 2;
    const ledger = ledgerOf();
    await ledger.add(hits(['#1', 10], ['#2', 10], ['#3', 10], ['#1', 10]));
    nextDay();
    await ledger.look();
    expect(kept('2026-11-23').days['2026-11-24']).toMatchObject({
      own: { hits: { '#1': 20, '#2': 10 }, isFull: true },
    });
  });

  test('forgets weeks that are older than is kept; a clock that goes back keeps its day', async () => {
    const ledger = ledgerOf();
    for (let day = 0; day < 20; day += 1) {
      await ledger.add(hits(['#1', 10]));
      nextDay();
      await ledger.look();
    }
    expect(readdirSync(folder()).toSorted()).toEqual(['2026-11-30.json', '2026-12-07.json', 'key']);
    await ledger.add(hits(['#1', 10]));
    now -= 3 * 86_400_000;
    await ledger.add(hits(['#1', 10]));
    now += 4 * 86_400_000;
    await ledger.look();
    expect(kept('2026-12-14').days['2026-12-14']).toMatchObject({ own: { hits: { '#1': 10 }, isFull: false } });
  });

  test('what cannot be written is said once, and is kept until it can', async () => {
    const log = memoryLog();
    const ledger = ledgerOf(log);
    await ledger.add(hits(['#1', 10]));
    nextDay();
    const key = readFileSync(join(folder(), 'key'));
    rmSync(folder(), { recursive: true });
    writeFileSync(folder(), 'a file is in the way');
    await ledger.look();
    await ledger.look();
    expect(log.named('entries.not_kept').length).toBe(1);
    rmSync(folder());
    mkdirSync(folder());
    writeFileSync(join(folder(), 'key'), key);
    await ledger.look();
    expect(kept('2026-11-23').days['2026-11-24']).toMatchObject({ own: { hits: { '#1': 10 } } });
  });

  test('where nothing is counted nothing is made', async () => {
    max = 0;
    const ledger = ledgerOf();
    ledger.start();
    await ledger.close();
    expect(existsSync(folder())).toBe(false);
  });
});
