/**
 * Counts which entries match, for the control thread: what is open in memory alone (open-counts.ts), days and weeks that are over on disk.
 *
 *   workers ─ added ─▶ open counts ─┬─ a day is over: entries that matched often ─────▶ week file, rounded (entry-weeks.ts)
 *                                   ├─ a week is over: those that matched seldom in it ─▶ the same file
 *                                   └─ the process ends ─▶ a file in memory, for the next one (carried-counts.ts); without such a place, lost
 *
 * What is not over is never shown and never on disk: two looks at the files within a day differ in nothing, and two within a week in
 * nothing of an entry that matched seldom. It must not keep the instance from anything: what cannot be written is logged, and is in
 * memory until it can.
 */
import { DEADLINES } from '../lib/deadlines.ts';
import { keepingReason } from '../lib/errors.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';
import type { Log } from '../observe/log.ts';
import type { EntryReport } from '../observe/entry-protocol.ts';
import { carry, takeCarried } from './carried-counts.ts';
import { entriesOnDisk } from './entry-report.ts';
import { entryKeyIn, forgetWeeksBefore, keptEntryKey, readWeek, writeWeek } from './entry-files.ts';
import { entryToken } from './entry-token.ts';
import { emptyWeek, mayNameFew, weekOf, weekWith, weekWithFew, type EntryWeek } from './entry-weeks.ts';
import { dayOf } from './ledger.ts';
import { OpenCounts } from './open-counts.ts';

/** What workers have counted since they told it last. */
export interface EntryHits {
  readonly hits: readonly { readonly list: string; readonly entry: string; readonly count: number }[];
  /** Lists of which more entries matched than were told apart. */
  readonly full: readonly string[];
}

export interface EntryLedgerParts {
  readonly log: Log;
  readonly folder: string;
  /** File in the machine's memory for what is open when the process ends; null: it is lost then. */
  readonly carried: string | null;
  readonly keepMs: () => number;
  /** How many entries a day are told apart; 0: nothing is counted. */
  readonly max: () => number;
  /** Names of the lists in force. */
  readonly lists: () => readonly string[];
  /** Milliseconds since the epoch, by the wall clock. */
  readonly now: () => number;
  /** As of LedgerParts. */
  readonly trustedNow: () => number;
  readonly time?: Time;
}

export class EntryLedger {
  readonly #parts: EntryLedgerParts;
  /** Null: nothing has been counted yet. */
  #open: OpenCounts | null = null;
  /** Of its tokens. */
  #key = '';
  #timer: Timer | null = null;
  #working: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(parts: EntryLedgerParts) {
    this.#parts = parts;
  }

  start(): void {
    const { time = systemTime } = this.#parts;
    this.#timer = time.every(DEADLINES.report.lookMs, () => void this.look()).unref();
    void this.look();
  }

  /** Resolves when what the workers bring is counted, or cannot be. It never rejects. */
  async add(counted: EntryHits): Promise<void> {
    await this.#inTurn(async () => await this.#add(counted));
  }

  /** Days and weeks that are over are written. It never rejects. */
  async look(): Promise<void> {
    await this.#inTurn(async () => await this.#write());
  }

  /** Of days and weeks that are over. @throws CleanfeedError `report_unreadable`. */
  async report(between: { readonly from: string; readonly to: string }): Promise<EntryReport> {
    await this.look();
    return await entriesOnDisk(this.#parts.folder, { ...between, today: this.#today });
  }

  /** What is open is for the next process. It never rejects. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await this.#inTurn(async () => await this.#write());
    await this.#inTurn(async () => await this.#carry());
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
      if (!this.#hasFailed) this.#parts.log.event('warn', 'entries.not_kept', { reason: keepingReason(error) });
      this.#hasFailed = true;
    }
  }

  async #add({ hits, full }: EntryHits): Promise<void> {
    if (this.#parts.max() === 0) return;
    const { open, key, today } = await this.#opened();
    for (const { list, entry, count } of hits)
      open.count(today, list, new Map([[entryToken(key, list, entry), count]]));
    for (const list of full) open.count(today, list, new Map(), true);
  }

  /** Today is open. What an earlier process has left is gone on with. */
  async #opened(): Promise<{ readonly open: OpenCounts; readonly key: string; readonly today: string }> {
    const { folder, carried, max } = this.#parts;
    const key = await entryKeyIn(folder);
    const today = this.#today;
    // Another key: somebody has removed the folder, so that all is forgotten.
    if (this.#open === null || this.#key !== key) {
      const left = carried === null ? null : await takeCarried(carried, key);
      left?.goOn(today);
      this.#open = left ?? new OpenCounts();
      this.#key = key;
    }
    const open = this.#open;
    open.max = max();
    if (!open.isOpen(today)) open.begin(today, (await readWeek(folder, weekOf(today)))?.days[today] ?? null);
    return { open, key, today };
  }

  async #write(): Promise<void> {
    const { folder, max, lists, keepMs, now, trustedNow } = this.#parts;
    if (max() > 0) {
      const opened = await this.#opened();
      // A list that matched nothing was counted all the same.
      for (const list of lists()) opened.open.count(opened.today, list);
    } else await this.#pause();
    const open = this.#open;
    if (open === null) return;
    const today = this.#today;
    const days = open.daysBefore(today);
    for (const day of days) {
      const kept = await this.#week(weekOf(day));
      await writeWeek(folder, weekWith(kept, day, open.endOfDay(day)));
      open.forgetDay(day);
    }
    const weeks = open.weeksBefore(today);
    for (const week of weeks) {
      const few = open.week(week);
      const kept = await this.#week(week);
      if (few !== null && mayNameFew(kept, few.from)) await writeWeek(folder, weekWithFew(kept, few.lists, few.from));
      open.forgetWeek(week);
    }
    if (days.length === 0 && weeks.length === 0) return;
    await forgetWeeksBefore(folder, dayOf(Math.min(now(), trustedNow()) - keepMs()));
  }

  /** What an earlier process has left lacks this time too: the next one must not take it for complete. */
  async #pause(): Promise<void> {
    const { folder, carried } = this.#parts;
    if (this.#open === null && carried !== null) {
      const key = await keptEntryKey(folder);
      if (key === null) return;
      this.#open = await takeCarried(carried, key);
      this.#key = key;
    }
    this.#open?.pause();
  }

  async #week(week: string): Promise<EntryWeek> {
    return (await readWeek(this.#parts.folder, week)) ?? emptyWeek(week);
  }

  async #carry(): Promise<void> {
    const { carried } = this.#parts;
    if (carried !== null && this.#open !== null) await carry(carried, this.#open, this.#key);
  }
}
