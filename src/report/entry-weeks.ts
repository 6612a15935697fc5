/**
 * Which entries matched in one week, as it is kept and may be shown. Pure.
 *
 *   hits of a day ─┬─ 10 or more: the entry, under its day, the count rounded down to 10, 20, 50, 100 …
 *                  └─ fewer: the entry alone, under the week once that is over, with neither day nor count
 *
 * Tokens stand for entries (entry-token.ts) and are sorted, so that their order tells nothing. It must hold no exact count, no time
 * but a day, and nothing of a client (docs/adr/0021-diagnosis.md).
 */
import { objectOf, parsedJson } from '../lib/json.ts';
import { CleanfeedError } from '../lib/errors.ts';
import { countOf, isDay, isTexts, mapped } from './kept-json.ts';

/** Hits of an entry on a day from which on it is named with that day. */
export const NAMED_FROM = 10;

/** Of one list on one day. */
export interface EntryDay {
  /** Hits by token, rounded down. */
  readonly hits: Readonly<Record<string, number>>;
  /** More entries matched than are told apart: what is missing here may have matched. */
  readonly isFull: boolean;
  /** Counting began within the day: what matched before is not here. */
  readonly isPart: boolean;
}

/** By list: tokens that matched on some day fewer than `NAMED_FROM` times. */
export type Few = ReadonlyMap<string, ReadonlySet<string>>;

export interface EntryWeek {
  /** Its Monday, UTC, `YYYY-MM-DD`. */
  readonly week: string;
  /** By day and list. A list of which hits were counted is there without any too. */
  readonly days: Readonly<Record<string, Readonly<Record<string, EntryDay>>>>;
  /** By list: tokens that matched on some day of the week fewer than `NAMED_FROM` times; empty until the week is over. */
  readonly few: Readonly<Record<string, readonly string[]>>;
  /** The first day of which these are known; null: of none, since the week was not over, or they were lost. */
  readonly fewFrom: string | null;
}

/** What was counted of one list on one day; it is never written. */
export interface ExactDay {
  readonly hits: ReadonlyMap<string, number>;
  readonly isFull: boolean;
}

const FORMAT = 1;
/** More than half of a week. */
const MIN_DAYS_OF_FEW = 4;
const DAY_MS = 86_400_000;

/** @param day UTC, `YYYY-MM-DD`. @returns the Monday of its week. */
export function weekOf(day: string): string {
  const time = Date.parse(day);
  return dayAt(time - ((new Date(time).getUTCDay() + 6) % 7) * DAY_MS);
}

/** @returns the first day after the week. */
export function endOfWeek(week: string): string {
  return dayAt(Date.parse(week) + 7 * DAY_MS);
}

/** @returns the day before. */
export function dayBefore(day: string): string {
  return dayAt(Date.parse(day) - DAY_MS);
}

function dayAt(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

export function emptyWeek(week: string): EntryWeek {
  return { week, days: {}, few: {}, fewFrom: null };
}

/** 1, 2 or 5 times a power of ten; 0: fewer than `NAMED_FROM`. */
export function roundedDown(count: number): number {
  if (count < NAMED_FROM) return 0;
  const power = 10 ** Math.floor(Math.log10(count));
  return power * (count >= 5 * power ? 5 : count >= 2 * power ? 2 : 1);
}

/** @param counted of one list on a day. @returns it as it is kept, without entries that matched seldom. */
export function keptDay({ hits, isFull }: ExactDay, isPart: boolean): EntryDay {
  const named = [...hits].filter(([, count]) => count >= NAMED_FROM).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { hits: Object.fromEntries(named.map(([token, count]) => [token, roundedDown(count)])), isFull, isPart };
}

/** @returns the tokens that matched seldom on this day. */
export function seldomOn({ hits }: ExactDay): readonly string[] {
  return [...hits].filter(([, count]) => count < NAMED_FROM).map(([token]) => token);
}

/** @returns the week with this day in place of what it had of it. */
export function weekWith(week: EntryWeek, day: string, lists: Readonly<Record<string, EntryDay>>): EntryWeek {
  return { ...week, days: { ...week.days, [day]: lists } };
}

/** Whether entries that matched seldom may be named with this week: with one of which fewer days were counted they would be with a day, nearly. */
export function mayNameFew({ days }: EntryWeek, from: string): boolean {
  return Object.keys(days).filter((day) => day >= from).length >= MIN_DAYS_OF_FEW;
}

/** @param from the first day of which they are known. @returns the week, which is over, with these too. */
export function weekWithFew(week: EntryWeek, few: Few, from: string): EntryWeek {
  const lists = [...new Set([...Object.keys(week.few), ...few.keys()])];
  const merged = lists.map((list): [string, string[]] => [
    list,
    [...new Set([...(week.few[list] ?? []), ...(few.get(list) ?? [])])].toSorted(),
  ]);
  const fewFrom = week.fewFrom !== null && week.fewFrom < from ? week.fewFrom : from;
  return { ...week, few: Object.fromEntries(merged.filter(([, tokens]) => tokens.length > 0)), fewFrom };
}

export function encodeWeek(week: EntryWeek): string {
  return `${JSON.stringify({ format: FORMAT, ...week })}\n`;
}

/** @throws CleanfeedError `report_unreadable` if the text is not what `encodeWeek` makes. */
export function decodeWeek(text: string, week: string): EntryWeek {
  const value = objectOf(parsedJson(text));
  const days = mapped(value?.['days'], (day) => mapped(day, entryDay));
  const few = mapped(value?.['few'], (tokens) => (isTexts(tokens) ? tokens : null));
  // Files of earlier versions do not say it: theirs were written day by day.
  const fewFrom = value?.['fewFrom'] === undefined ? week : value['fewFrom'];
  const isWhole = value?.['format'] === FORMAT && value['week'] === week && days !== null && few !== null;
  if (!isWhole || !Object.keys(days).every(isDay) || !(fewFrom === null || isDay(fewFrom)))
    throw new CleanfeedError('internal', 'report_unreadable', `the entries of ${week} are not what was written`);
  return { week, days, few, fewFrom };
}

function entryDay(value: unknown): EntryDay | null {
  const day = objectOf(value);
  const hits = mapped(day?.['hits'], countOf);
  const isFull = day?.['isFull'];
  const isPart = day?.['isPart'] ?? false;
  return hits === null || typeof isFull !== 'boolean' || typeof isPart !== 'boolean' ? null : { hits, isFull, isPart };
}
