/**
 * Which entries matched on days and in weeks that are not over: exact, in memory alone. No socket, file or clock.
 *
 *   hits ─▶ the open day ─ it is over ─┬─ often: kept under the day (entry-weeks.ts)
 *                                      └─ seldom ─▶ the open week ─ it is over ─▶ kept under the week
 *
 * What an entry with few hits leaves on a disk before its week is over would tell its day, or the hour, to whoever compares two states of the files.
 */
import { objectOf, parsedJson } from '../lib/json.ts';
import { countOf, isDay, isTexts, mapped } from './kept-json.ts';
import { dayBefore, endOfWeek, keptDay, seldomOn, weekOf, type EntryDay, type Few } from './entry-weeks.ts';

interface OpenList {
  readonly hits: Map<string, number>;
  isFull: boolean;
}

interface OpenDay {
  /** Counting began within it, or rested. */
  isPart: boolean;
  readonly lists: Map<string, OpenList>;
}

interface OpenWeek {
  /** The first day of which it has all. */
  readonly from: string;
  readonly lists: Map<string, Set<string>>;
}

const FORMAT = 1;

export class OpenCounts {
  readonly #days = new Map<string, OpenDay>();
  readonly #weeks = new Map<string, OpenWeek>();
  /** Up to which day was counted; null: not at all. */
  #lastDay: string | null = null;
  /** Tokens that are told apart on a day, and of those that matched seldom in a week. */
  max = 0;

  isOpen(day: string): boolean {
    return this.#days.has(day);
  }

  /** @param kept what is on disk of this day; null: nothing. */
  begin(day: string, kept: Readonly<Record<string, EntryDay>> | null): void {
    const isGoneOn = kept === null ? this.#lastDay === dayBefore(day) : this.#lastDay !== null;
    const wasPart = Object.values(kept ?? {}).some(({ isPart }) => isPart);
    const lists = Object.entries(kept ?? {}).map(([list, { hits, isFull }]): [string, OpenList] => [
      list,
      { hits: new Map(Object.entries(hits)), isFull },
    ]);
    this.#days.set(day, { isPart: wasPart || !isGoneOn, lists: new Map(lists) });
    if (!this.#weeks.has(weekOf(day))) this.#weeks.set(weekOf(day), { from: day, lists: new Map() });
  }

  /** Nothing has happened since it was encoded: nothing of `today` is missing, unless nothing was counted even then. */
  goOn(today: string): void {
    if (this.#lastDay !== null) this.#lastDay = dayBefore(today);
  }

  /** Nothing is counted for a while. */
  pause(): void {
    this.#lastDay = null;
    for (const day of this.#days.values()) day.isPart = true;
  }

  /** This list is counted on this day, which is open. */
  count(day: string, list: string, hits: ReadonlyMap<string, number> = new Map(), isFull = false): void {
    const open = this.#days.get(day);
    if (open === undefined) return;
    this.#lastDay = day;
    let counted = open.lists.get(list);
    if (counted === undefined) open.lists.set(list, (counted = { hits: new Map(), isFull: false }));
    counted.isFull ||= isFull;
    for (const [token, count] of hits) {
      const before = counted.hits.get(token);
      if (before !== undefined || this.#told(open) < this.max) counted.hits.set(token, (before ?? 0) + count);
      else counted.isFull = true;
    }
  }

  /** Open days before this one, the earliest first. */
  daysBefore(today: string): readonly string[] {
    return [...this.#days.keys()].filter((day) => day < today).toSorted();
  }

  /** Weeks that are over on this day, the earliest first. */
  weeksBefore(today: string): readonly string[] {
    return [...this.#weeks.keys()].filter((week) => endOfWeek(week) <= today).toSorted();
  }

  /** What matched seldom on this day is of its week from now on. @returns the rest, as it is kept. */
  endOfDay(day: string): Readonly<Record<string, EntryDay>> {
    const { isPart, lists } = this.#days.get(day) ?? { isPart: true, lists: new Map<string, OpenList>() };
    const week = this.#weeks.get(weekOf(day));
    for (const [list, counted] of lists) {
      const few = week?.lists.get(list) ?? new Set<string>();
      week?.lists.set(list, few);
      for (const token of seldomOn(counted)) {
        if (few.size < this.max || few.has(token)) few.add(token);
        else counted.isFull = true;
      }
    }
    return Object.fromEntries([...lists].map(([list, counted]) => [list, keptDay(counted, isPart)]));
  }

  forgetDay(day: string): void {
    this.#days.delete(day);
  }

  week(week: string): { readonly from: string; readonly lists: Few } | null {
    return this.#weeks.get(week) ?? null;
  }

  forgetWeek(week: string): void {
    this.#weeks.delete(week);
  }

  /** @param of by what whoever reads it knows that its tokens are its own. */
  encode(of: string): string {
    const days = [...this.#days].map(([day, { isPart, lists }]): [string, unknown] => [
      day,
      {
        isPart,
        lists: Object.fromEntries(
          [...lists].map(([list, { hits, isFull }]) => [list, { hits: Object.fromEntries(hits), isFull }]),
        ),
      },
    ]);
    const weeks = [...this.#weeks].map(([week, { from, lists }]): [string, unknown] => [
      week,
      { from, lists: Object.fromEntries([...lists].map(([list, tokens]) => [list, [...tokens]])) },
    ]);
    return JSON.stringify({
      format: FORMAT,
      of,
      lastDay: this.#lastDay,
      days: Object.fromEntries(days),
      weeks: Object.fromEntries(weeks),
    });
  }

  /** @returns null if the text is not what `encode` makes, or of another. */
  static decode(text: string, of: string): OpenCounts | null {
    const value = objectOf(parsedJson(text));
    const days = mapped(value?.['days'], openDay);
    const weeks = mapped(value?.['weeks'], openWeek);
    if (value?.['format'] !== FORMAT || value['of'] !== of || days === null || weeks === null) return null;
    const lastDay = value['lastDay'];
    if (![...Object.keys(days), ...Object.keys(weeks)].every(isDay) || !(lastDay === null || isDay(lastDay)))
      return null;
    const open = new OpenCounts();
    open.#lastDay = lastDay;
    for (const [day, each] of Object.entries(days)) open.#days.set(day, each);
    for (const [week, each] of Object.entries(weeks)) open.#weeks.set(week, each);
    return open;
  }

  #told({ lists }: OpenDay): number {
    let told = 0;
    for (const { hits } of lists.values()) told += hits.size;
    return told;
  }
}

function openDay(value: unknown): OpenDay | null {
  const day = objectOf(value);
  const lists = mapped(day?.['lists'], openList);
  const isPart = day?.['isPart'];
  return lists === null || typeof isPart !== 'boolean' ? null : { isPart, lists: new Map(Object.entries(lists)) };
}

function openList(value: unknown): OpenList | null {
  const list = objectOf(value);
  const hits = mapped(list?.['hits'], countOf);
  const isFull = list?.['isFull'];
  return hits === null || typeof isFull !== 'boolean' ? null : { hits: new Map(Object.entries(hits)), isFull };
}

function openWeek(value: unknown): OpenWeek | null {
  const week = objectOf(value);
  const lists = mapped(week?.['lists'], (tokens) => (isTexts(tokens) ? new Set(tokens) : null));
  const from = week?.['from'];
  return lists === null || !isDay(from) ? null : { from, lists: new Map(Object.entries(lists)) };
}
