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
  roundedDown,
  weekOf,
  weekWith,
} from '../../src/report/entry-weeks.ts';
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
    const first = weekWith(emptyWeek('2026-11-23'), '2026-11-24', new Map([['own', exact({ z: 12, y: 9, b: 25 })]]));
    const week = weekWith(first, '2026-11-25', new Map([['own', exact({ z: 1, c: 2 }, true)]]));
    expect(week).toEqual({
      week: '2026-11-23',
      days: {
        '2026-11-24': { own: { hits: { b: 20, z: 10 }, isFull: false } },
        '2026-11-25': { own: { hits: {}, isFull: true } },
      },
      few: { own: ['c', 'y', 'z'] },
    });
    expect(Object.keys(week.days['2026-11-24']!['own']!.hits)).toEqual(['b', 'z']);
    expect(decodeWeek(encodeWeek(week), '2026-11-23')).toEqual(week);
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
  const week = weekWith(
    weekWith(emptyWeek('2026-11-16'), '2026-11-16', new Map([['own', exact({ often: 30, seldom: 3 })]])),
    '2026-11-22',
    new Map([['own', exact({ often: 12 })]]),
  );
  const open = weekWith(
    emptyWeek('2026-11-23'),
    '2026-11-23',
    new Map([['own', exact({ often: 10, seldom: 1, first: 2 })]]),
  );
  const between = (from: string, to: string, today: string) =>
    entryReportOf([week, open], 'key', { from, to, today }).lists;

  test('tells days that are over, and weeks that are', () => {
    expect(between('2026-11-16', '2026-11-30', '2026-11-24')).toEqual([
      {
        list: 'own',
        firstDay: '2026-11-16',
        days: 3,
        incompleteDays: [],
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

describe('the ledger', () => {
  let directory: TemporaryDirectory;
  let now: number;
  let max: number;
  beforeEach(() => {
    directory = temporaryDirectory();
    now = Date.UTC(2026, 10, 24, 12);
    max = 100;
  });
  afterEach(() => directory[Symbol.dispose]());

  const folder = (): string => entryFolder(directory.path, '/etc/cleanfeed/a.yaml');
  const ledgerOf = (log = memoryLog()): EntryLedger =>
    new EntryLedger({
      log,
      folder: folder(),
      keepMs: () => 10 * 86_400_000,
      max: () => max,
      lists: () => ['own'],
      now: () => now,
    });
  const hits = (...counts: readonly [string, number][]) => ({
    hits: counts.map(([entry, count]) => ({ list: 'own', entry, count })),
    full: [],
  });
  const kept = (week: string) => decodeWeek(readFileSync(join(folder(), `${week}.json`), 'utf8'), week);
  const nextDay = (): void => {
    now += 86_400_000;
  };

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
    expect(kept('2026-11-23').days).toEqual({ '2026-11-24': { own: { hits: { '#1': 20 }, isFull: false } } });
    await ledger.add(hits(['#2', 30]));
    await ledger.look();
    expect(readFileSync(join(folder(), '2026-11-23.json'))).toEqual(before);
    expect((await ledger.report({ from: '2026-11-23', to: '2026-11-30' })).lists).toMatchObject([
      { list: 'own', days: 1, entries: [{ token: '#1', count: 20, lastDay: '2026-11-24' }] },
    ]);
  });

  test('goes on after a restart with what it has kept, rounded down', async () => {
    const first = ledgerOf();
    await first.add(hits(['#1', 25], ['#2', 9]));
    await first.close();
    const second = ledgerOf();
    await second.add(hits(['#1', 31], ['#2', 9]));
    nextDay();
    await second.look();
    expect(kept('2026-11-23')).toMatchObject({
      days: { '2026-11-24': { own: { hits: { '#1': 50 } } } },
      few: { own: ['#2'] },
    });
  });

  test('a list that matched nothing was counted all the same; off, none is', async () => {
    const ledger = ledgerOf();
    await ledger.look();
    nextDay();
    max = 0;
    await ledger.add(hits(['#1', 25]));
    await ledger.close();
    expect(kept('2026-11-23').days).toEqual({ '2026-11-24': { own: { hits: {}, isFull: false } } });
  });

  test('tells no more apart than there may be, and says so', async () => {
    max = 2;
    const ledger = ledgerOf();
    await ledger.add(hits(['#1', 10], ['#2', 10], ['#3', 10], ['#1', 10]));
    await ledger.close();
    expect(kept('2026-11-23').days['2026-11-24']).toEqual({ own: { hits: { '#1': 20, '#2': 10 }, isFull: true } });
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
    expect(kept('2026-12-14').days['2026-12-14']).toEqual({ own: { hits: { '#1': 10 }, isFull: false } });
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
