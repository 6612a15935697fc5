/**
 * Has the C library give back what it keeps of freed memory. What is compiled while a data thread warms up, and what is read
 * and built for an update, leaves memory behind in its arenas which nothing would use again (measured: ADR 0008). A call
 * takes the longer the more there is to give.
 *
 * Often at first, when there is most of it, then every minute; after each update, and while one takes memory for itself:
 * without it the process grows by more than the second list (ADR 0008). It must not run in a data thread.
 */
import { DEADLINES } from '../lib/deadlines.ts';
import type { Native } from '../lib/native.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';

/** For so many times while an update takes memory: what has been read may wait for other lists for as long as those are missing. */
const MAX_TRIMS = 256;

export class MemoryTrim {
  readonly #native: Pick<Native, 'trimMemory'> | null;
  readonly #lastMs: number;
  #everyMs: number;
  readonly #time: Time;
  #timer: Timer | null = null;
  #often: Timer | null = null;

  /** @param native null if there is no such call on this machine. */
  constructor(native: Pick<Native, 'trimMemory'> | null, time = systemTime, { firstMs, lastMs } = DEADLINES.memory) {
    this.#native = native;
    this.#everyMs = firstMs;
    this.#lastMs = lastMs;
    this.#time = time;
  }

  start(): void {
    if (this.#native === null) return;
    const due = (): void => {
      this.#everyMs = Math.min(this.#lastMs, this.#everyMs * 2);
      this.start();
      this.now();
    };
    this.#timer = this.#time.after(this.#everyMs, due).unref();
  }

  now(): void {
    this.#native?.trimMemory();
  }

  /** Often, for as long as `lasts` says so, up to twenty seconds. */
  oftenWhile(lasts: () => boolean, everyMs = DEADLINES.memory.oftenMs): void {
    if (this.#native === null) return;
    this.#calmDown();
    let left = MAX_TRIMS;
    const due = (): void => {
      if (left-- > 0 && lasts()) this.now();
      else this.#calmDown();
    };
    this.#often = this.#time.every(everyMs, due).unref();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#calmDown();
  }

  #calmDown(): void {
    this.#often?.cancel();
    this.#often = null;
  }
}
