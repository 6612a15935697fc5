/**
 * Which entries matched in a period, from the weeks that were kept: days and weeks that are over, and nothing of those that are not.
 * Counts stay rounded down, day by day, before they are added up: no figure is more exact than the files.
 */
import type { EntryReport, MatchedEntry, MatchedList } from '../observe/entry-protocol.ts';
import { keptEntryKey, weeksBetween } from './entry-files.ts';
import { endOfWeek, NAMED_FROM, type EntryDay, type EntryWeek } from './entry-weeks.ts';

export interface EntryPeriod {
  /** UTC, `YYYY-MM-DD`, both included. */
  readonly from: string;
  readonly to: string;
  readonly today: string;
}

interface Counting {
  firstDay: string;
  days: number;
  readonly fullDays: Set<string>;
  readonly partDays: Set<string>;
  readonly entries: Map<string, MatchedEntry>;
}

const NOTHING: MatchedEntry = { token: '', days: 0, count: 0, lastDay: null, lastWeek: null };

/** @throws CleanfeedError `report_unreadable`. */
export async function entriesOnDisk(folder: string, period: EntryPeriod): Promise<EntryReport> {
  return entryReportOf(await weeksBetween(folder, period), await keptEntryKey(folder), period);
}

/** @param weeks in their order. @param key of the tokens; null: there is none, and so no token that needs it. */
export function entryReportOf(weeks: readonly EntryWeek[], key: string | null, period: EntryPeriod): EntryReport {
  const lists = new Map<string, Counting>();
  for (const { week, days, few, fewFrom } of weeks) {
    const isOver = endOfWeek(week) <= period.today;
    for (const day of Object.keys(days).toSorted()) {
      if (day < period.from || day > period.to || day >= period.today) continue;
      const isFewLost = isOver && (fewFrom === null || day < fewFrom);
      for (const [list, counted] of Object.entries(days[day] ?? {}))
        addDay(lists, list, day, { ...counted, isPart: counted.isPart || isFewLost });
    }
    // A week is told as a whole: part of it would tell days.
    if (week < period.from || endOfWeek(week) > nextDay(period.to) || !isOver) continue;
    for (const [list, tokens] of Object.entries(few)) addWeek(lists.get(list), tokens, week);
  }
  return { namedFrom: NAMED_FROM, key, lists: [...lists].map(matchedList).toSorted(byName) };
}

function addDay(lists: Map<string, Counting>, list: string, day: string, counted: EntryDay): void {
  let counting = lists.get(list);
  if (counting === undefined)
    lists.set(
      list,
      (counting = { firstDay: day, days: 0, fullDays: new Set(), partDays: new Set(), entries: new Map() }),
    );
  counting.days += 1;
  if (counted.isFull) counting.fullDays.add(day);
  if (counted.isPart) counting.partDays.add(day);
  for (const [token, count] of Object.entries(counted.hits)) {
    const before = counting.entries.get(token) ?? NOTHING;
    counting.entries.set(token, {
      ...before,
      token,
      days: before.days + 1,
      count: before.count + count,
      lastDay: day,
    });
  }
}

function addWeek(counting: Counting | undefined, tokens: readonly string[], week: string): void {
  for (const token of tokens) {
    const before = counting?.entries.get(token) ?? NOTHING;
    counting?.entries.set(token, { ...before, token, lastWeek: week });
  }
}

function matchedList([list, counting]: [string, Counting]): MatchedList {
  const { firstDay, days, fullDays, partDays, entries } = counting;
  const sorted = [...entries.values()].toSorted((a, b) => b.count - a.count || (a.token < b.token ? -1 : 1));
  return { list, firstDay, days, incompleteDays: [...fullDays], partDays: [...partDays], entries: sorted };
}

function byName(a: MatchedList, b: MatchedList): number {
  return a.list < b.list ? -1 : 1;
}

function nextDay(day: string): string {
  return new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
}
