/**
 * Counts which entries match, for the control thread: the day that is open in memory alone, days that are over on disk.
 *
 *   workers ─ added ─▶ exact counts of today ─ the day is over, or the process ends ─▶ week file, rounded (entry-weeks.ts)
 *
 * What is not over is never shown and, but for the end of the process, never written: two looks at the files within a day differ in nothing.
 * It must not keep the instance from anything: what cannot be written is logged, and is in memory until it can.
 */
import { originOf } from '../lib/errors.ts';
import type { Log } from '../observe/log.ts';
import type { EntryReport } from '../observe/entry-protocol.ts';
import { entriesOnDisk } from './entry-report.ts';
import { entryKeyIn, forgetWeeksBefore, readWeek, writeWeek } from './entry-files.ts';
import { entryToken } from './entry-token.ts';
import { emptyWeek, weekOf, weekWith, type ExactDay } from './entry-weeks.ts';
import { dayOf } from './ledger.ts';

/** What workers have counted since they told it last. */
export interface EntryHits {
  readonly hits: readonly { readonly list: string; readonly entry: string; readonly count: number }[];
  /** Lists of which more entries matched than were told apart. */
  readonly full: readonly string[];
}

export interface EntryLedgerParts {
  readonly log: Log;
  readonly folder: string;
  readonly keepMs: () => number;
  /** How many entries a day are told apart; 0: nothing is counted. */
  readonly max: () => number;
  /** Names of the lists in force. */
  readonly lists: () => readonly string[];
  /** Milliseconds since the epoch, by the wall clock. */
  readonly now: () => number;
}

const LOOK_MS = 10_000;

type OpenDay = { readonly hits: Map<string, number>; isFull: boolean };

export class EntryLedger {
  readonly #parts: EntryLedgerParts;
  /** Days that could not be written yet, and the one that is open; by list. */
  readonly #open = new Map<string, Map<string, OpenDay>>();
  #told = 0;
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(parts: EntryLedgerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), LOOK_MS).unref();
    void this.look();
  }

  /** Resolves when what the workers bring is counted, or cannot be. It never rejects. */
  async add(counted: EntryHits): Promise<void> {
    await this.#inTurn(async () => await this.#add(counted));
  }

  /** Days that are over are written. It never rejects. */
  async look(): Promise<void> {
    await this.#inTurn(async () => await this.#writeDays((day) => day < this.#today));
  }

  /** Of days and weeks that are over. @throws CleanfeedError `report_unreadable`. */
  async report(between: { readonly from: string; readonly to: string }): Promise<EntryReport> {
    await this.look();
    return await entriesOnDisk(this.#parts.folder, { ...between, today: this.#today });
  }

  /** Writes the open day too. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#inTurn(async () => await this.#writeDays(() => true));
  }

  get #today(): string {
    return dayOf(this.#parts.now());
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    this.#working = this.#working.then(async () => await this.#attempt(work));
    await this.#working;
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) this.#parts.log.event('warn', 'entries.not_kept', { reason: originOf(error) });
      this.#hasFailed = true;
    }
  }

  async #add({ hits, full }: EntryHits): Promise<void> {
    const { folder, max } = this.#parts;
    if (max() === 0 || (hits.length === 0 && full.length === 0)) return;
    const key = await entryKeyIn(folder);
    const today = await this.#openDay();
    for (const { list, entry, count } of hits) {
      const day = listOf(today, list);
      const token = entryToken(key, list, entry);
      const before = day.hits.get(token);
      if (before === undefined && this.#told >= max()) {
        day.isFull = true;
        continue;
      }
      if (before === undefined) this.#told += 1;
      day.hits.set(token, (before ?? 0) + count);
    }
    for (const list of full) listOf(today, list).isFull = true;
  }

  /** What an earlier process has kept of today is gone on with. */
  async #openDay(): Promise<Map<string, OpenDay>> {
    const day = this.#today;
    const open = this.#open.get(day);
    if (open !== undefined) return open;
    const lists = new Map<string, OpenDay>();
    const kept = (await readWeek(this.#parts.folder, weekOf(day)))?.days[day] ?? {};
    for (const [list, { hits, isFull }] of Object.entries(kept))
      lists.set(list, { hits: new Map(Object.entries(hits)), isFull });
    this.#told = [...lists.values()].reduce((sum, { hits }) => sum + hits.size, 0);
    this.#open.set(day, lists);
    return lists;
  }

  async #writeDays(isDue: (day: string) => boolean): Promise<void> {
    const { folder, max, lists, keepMs, now } = this.#parts;
    // A list that matched nothing was counted all the same.
    if (max() > 0) for (const list of lists()) listOf(await this.#openDay(), list);
    const due = [...this.#open.keys()].filter(isDue).toSorted();
    for (const day of due) {
      const week = weekOf(day);
      const kept = (await readWeek(folder, week)) ?? emptyWeek(week);
      await writeWeek(folder, weekWith(kept, day, this.#open.get(day) ?? new Map<string, ExactDay>()));
      this.#open.delete(day);
    }
    if (due.length > 0) await forgetWeeksBefore(folder, dayOf(now() - keepMs()));
  }
}

function listOf(day: Map<string, OpenDay>, list: string): OpenDay {
  let open = day.get(list);
  if (open === undefined) day.set(list, (open = { hits: new Map(), isFull: false }));
  return open;
}
