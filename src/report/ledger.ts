/**
 * Keeps the day's totals on disk while the instance runs: a reading each minute, and one at the end. A process that is killed loses
 * what came since the last. It must not keep the instance from anything: what cannot be written is logged, and is in memory
 * until it can.
 */
import { DEADLINES } from '../lib/deadlines.ts';
import { keepingReason } from '../lib/errors.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';
import type { Log } from '../observe/log.ts';
import { daysBetween, forgetBefore, readDay, writeDay } from './day-files.ts';
import { dayWith, emptyDay, NOTHING_READ, type DayTotals, type Reading } from './day-totals.ts';

export interface LedgerParts {
  readonly log: Log;
  readonly folder: string;
  /** Milliseconds for which days are kept. */
  readonly keepMs: () => number;
  readonly read: () => Reading;
  /** Milliseconds since the epoch, by the wall clock. */
  readonly now: () => number;
  /** By a clock that follows no jump: what only a clock that was set far ahead holds for old must not be removed. */
  readonly trustedNow: () => number;
  readonly time?: Time;
}

const DAY_MS = 86_400_000;

export class ReportLedger {
  readonly #parts: LedgerParts;
  #before: Reading = NOTHING_READ;
  #today: DayTotals | null = null;
  /** Days that are over, and are not on disk yet, or not all of them. */
  readonly #over = new Map<string, DayTotals>();
  #timer: Timer | null = null;
  #writing: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  start(): void {
    const { time = systemTime } = this.#parts;
    this.#timer = time.every(DEADLINES.report.writeMs, () => void this.write()).unref();
  }

  /** Resolves when what was counted until now is on disk, or cannot be written. It never rejects. */
  async write(): Promise<void> {
    this.#writing = this.#writing.then(async () => await this.#write());
    await this.#writing;
  }

  /**
   * The days from one to the other, both included, with what was counted until now.
   * @throws CleanfeedError `report_unreadable`.
   */
  async days(between: { readonly from: string; readonly to: string }): Promise<readonly DayTotals[]> {
    await this.write();
    const days = new Map((await daysBetween(this.#parts.folder, between)).map((day) => [day.day, day]));
    // What is not on disk counts too.
    for (const day of [...this.#over.values(), this.#today])
      if (day !== null && day.day >= between.from && day.day <= between.to) days.set(day.day, day);
    return [...days.keys()].toSorted().flatMap((day) => days.get(day) ?? []);
  }

  async close(): Promise<void> {
    if (this.#timer === null) return;
    this.#timer.cancel();
    this.#timer = null;
    await this.write();
  }

  async #write(): Promise<void> {
    const { folder, log } = this.#parts;
    try {
      const today = await this.#added();
      const isNew = this.#over.size > 0;
      for (const [name, day] of this.#over) {
        await writeDay(folder, day);
        this.#over.delete(name);
      }
      await writeDay(folder, today);
      if (isNew) await this.#forget();
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) log.event('warn', 'report.not_kept', { reason: keepingReason(error) });
      this.#hasFailed = true;
    }
  }

  /** What came since the last reading belongs to the day of that reading: at midnight it is up to a minute of the next. */
  async #added(): Promise<DayTotals> {
    const { read, now } = this.#parts;
    const day = dayOf(now());
    this.#today ??= await this.#begun(day);
    const reading = read();
    this.#today = dayWith(this.#today, this.#before, reading);
    this.#before = reading;
    if (this.#today.day === day) return this.#today;
    this.#over.set(this.#today.day, this.#today);
    this.#today = null;
    const begun = await this.#begun(day);
    this.#today = begun;
    return begun;
  }

  /** A clock that is set back may bring back a day that is not written yet. */
  async #begun(day: string): Promise<DayTotals> {
    const over = this.#over.get(day);
    this.#over.delete(day);
    return over ?? (await readDay(this.#parts.folder, day)) ?? emptyDay(day);
  }

  async #forget(): Promise<void> {
    const { folder, now, trustedNow, keepMs } = this.#parts;
    await forgetBefore(folder, dayOf(Math.min(now(), trustedNow()) - keepMs()));
  }
}

/** UTC, `YYYY-MM-DD`. */
export function dayOf(time: number): string {
  return new Date(Math.floor(time / DAY_MS) * DAY_MS).toISOString().slice(0, 10);
}
