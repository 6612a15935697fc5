/**
 * Which entries matched in one week, as it is kept and may be shown. Pure.
 *
 *   hits of a day ─┬─ 10 or more: the entry, under its day, the count rounded down to 10, 20, 50, 100 …
 *                  └─ fewer: the entry alone, under the week, with neither day nor count
 *
 * Tokens stand for entries (entry-token.ts) and are sorted, so that their order tells nothing. It must hold no exact count, no time
 * but a day, and nothing of a client (docs/adr/0021-diagnosis.md).
 */
import { CleanfeedError } from '../lib/errors.ts';

/** Hits of an entry on a day from which on it is named with that day. */
export const NAMED_FROM = 10;

/** Of one list on one day. */
export interface EntryDay {
  /** Hits by token, rounded down. */
  readonly hits: Readonly<Record<string, number>>;
  /** More entries matched than are told apart: what is missing here may have matched. */
  readonly isFull: boolean;
}

export interface EntryWeek {
  /** Its Monday, UTC, `YYYY-MM-DD`. */
  readonly week: string;
  /** By day and list. A list of which hits were counted is there without any too. */
  readonly days: Readonly<Record<string, Readonly<Record<string, EntryDay>>>>;
  /** By list: tokens that matched on some day of the week fewer than `NAMED_FROM` times. */
  readonly few: Readonly<Record<string, readonly string[]>>;
}

/** What was counted of one list on one day; it is never written. */
export interface ExactDay {
  readonly hits: ReadonlyMap<string, number>;
  readonly isFull: boolean;
}

const FORMAT = 1;
const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** @param day UTC, `YYYY-MM-DD`. @returns the Monday of its week. */
export function weekOf(day: string): string {
  const time = Date.parse(day);
  return dayAt(time - ((new Date(time).getUTCDay() + 6) % 7) * DAY_MS);
}

/** @returns the first day after the week. */
export function endOfWeek(week: string): string {
  return dayAt(Date.parse(week) + 7 * DAY_MS);
}

function dayAt(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

export function emptyWeek(week: string): EntryWeek {
  return { week, days: {}, few: {} };
}

/** 1, 2 or 5 times a power of ten; 0: fewer than `NAMED_FROM`. */
export function roundedDown(count: number): number {
  if (count < NAMED_FROM) return 0;
  const power = 10 ** Math.floor(Math.log10(count));
  return power * (count >= 5 * power ? 5 : count >= 2 * power ? 2 : 1);
}

/** @param lists what was counted on this day, by list. @returns the week with this day in place of what it had of it. */
export function weekWith(week: EntryWeek, day: string, lists: ReadonlyMap<string, ExactDay>): EntryWeek {
  const few = new Map(Object.entries(week.few).map(([list, tokens]) => [list, new Set(tokens)]));
  const days: Record<string, EntryDay> = {};
  for (const [list, { hits, isFull }] of lists) {
    const named: [string, number][] = [];
    const rest = few.get(list) ?? new Set();
    for (const [token, count] of hits) {
      if (count >= NAMED_FROM) named.push([token, roundedDown(count)]);
      else rest.add(token);
    }
    days[list] = { hits: Object.fromEntries(named.toSorted(([a], [b]) => (a < b ? -1 : 1))), isFull };
    if (rest.size > 0) few.set(list, rest);
  }
  const fewSorted = [...few].map(([list, tokens]): [string, string[]] => [list, [...tokens].toSorted()]);
  return { week: week.week, days: { ...week.days, [day]: days }, few: Object.fromEntries(fewSorted) };
}

export function encodeWeek(week: EntryWeek): string {
  return `${JSON.stringify({ format: FORMAT, ...week })}\n`;
}

/** @throws CleanfeedError `report_unreadable` if the text is not what `encodeWeek` makes. */
export function decodeWeek(text: string, week: string): EntryWeek {
  const value = objectOf(parsed(text));
  const days = mapped(value?.['days'], (day) => mapped(day, entryDay));
  const few = mapped(value?.['few'], (tokens) => (isTexts(tokens) ? tokens : null));
  const isWhole = value?.['format'] === FORMAT && value['week'] === week && days !== null && few !== null;
  if (!isWhole || !Object.keys(days).every((day) => DAY.test(day)))
    throw new CleanfeedError('internal', 'report_unreadable', `the entries of ${week} are not what was written`);
  return { week, days, few };
}

function entryDay(value: unknown): EntryDay | null {
  const day = objectOf(value);
  const hits = mapped(day?.['hits'], (count) => (typeof count === 'number' && count >= 0 ? count : null));
  const isFull = day?.['isFull'];
  return hits === null || typeof isFull !== 'boolean' ? null : { hits, isFull };
}

/** @returns null if one of the values is not what it should be. */
function mapped<T>(value: unknown, of: (value: unknown) => T | null): Readonly<Record<string, T>> | null {
  const object = objectOf(value);
  if (object === null) return null;
  const found: [string, T][] = [];
  for (const [key, inner] of Object.entries(object)) {
    const result = of(inner);
    if (result === null) return null;
    found.push([key, result]);
  }
  return Object.fromEntries(found);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
