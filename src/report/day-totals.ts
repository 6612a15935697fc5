/**
 * What one day came to: counters by name, and how old each list became. Pure.
 *
 *   reading ─▶ reading ─▶ …     what was counted between two readings is added to the day
 *
 * Counters of the process begin at 0 with it, and those of a list with it: one that has gone back has begun again. It must hold
 * nothing of a customer, an address or an entry.
 */
import { objectOf, parsedJson } from '../lib/json.ts';
import { CleanfeedError } from '../lib/errors.ts';

export interface Reading {
  /** Cumulative, by name: `requests.block`, `lists.NAME.hits.block`. */
  readonly counters: Readonly<Record<string, number>>;
  /** Seconds since each list was last found to be current. */
  readonly ages: Readonly<Record<string, number>>;
}

export interface DayTotals extends Reading {
  /** UTC, `YYYY-MM-DD`. */
  readonly day: string;
}

export const NOTHING_READ: Reading = { counters: {}, ages: {} };

const FORMAT = 1;

export function emptyDay(day: string): DayTotals {
  return { day, ...NOTHING_READ };
}

/** @returns the day with what came between the readings. */
export function dayWith(totals: DayTotals, before: Reading, now: Reading): DayTotals {
  const counters = { ...totals.counters };
  for (const [name, value] of Object.entries(now.counters)) {
    const earlier = before.counters[name] ?? 0;
    const more = value >= earlier ? value - earlier : value;
    if (more > 0) counters[name] = (counters[name] ?? 0) + more;
  }
  const ages = { ...totals.ages };
  for (const [list, age] of Object.entries(now.ages)) ages[list] = Math.max(ages[list] ?? 0, age);
  return { day: totals.day, counters, ages };
}

export function sumOf(days: readonly DayTotals[]): DayTotals {
  return days.reduce((sum, day) => dayWith(sum, NOTHING_READ, day), emptyDay('total'));
}

export function encodeDay(totals: DayTotals): string {
  return `${JSON.stringify({ format: FORMAT, ...totals })}\n`;
}

/** @throws CleanfeedError `report_unreadable` if the text is not what `encodeDay` makes. */
export function decodeDay(text: string, day: string): DayTotals {
  const value = objectOf(parsedJson(text));
  const { counters, ages } = { counters: figures(value?.['counters']), ages: figures(value?.['ages']) };
  if (value?.['format'] !== FORMAT || value['day'] !== day || counters === null || ages === null)
    throw new CleanfeedError('internal', 'report_unreadable', `the counters of ${day} are not what was written`);
  return { day, counters, ages };
}

function figures(value: unknown): Readonly<Record<string, number>> | null {
  if (typeof value !== 'object' || value === null) return null;
  const found: Record<string, number> = {};
  for (const [name, figure] of Object.entries(value)) {
    if (typeof figure !== 'number' || !(figure >= 0)) return null;
    found[name] = figure;
  }
  return found;
}
