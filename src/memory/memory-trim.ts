/**
 * Has the C library give back what it keeps of freed memory. What is compiled while a data thread warms up, and what is read
 * and built for an update, leaves memory behind in its arenas which nothing would use again (measured: ADR 0008). A call
 * takes the longer the more there is to give.
 *
 * Often at first, when there is most of it, then every minute; after each update, and while one takes memory for itself:
 * without it the process grows by more than the second list (ADR 0008). It must not run in a data thread.
 */
import type { Native } from '../lib/native.ts';

const FIRST_MS = 2000;
const LAST_MS = 64_000;
/** While an update takes memory: what the data threads free in between stays below a megabyte. */
const OFTEN_MS = 75;
/** For so many times: what has been read may wait for other lists for as long as those are missing. */
const MAX_TRIMS = 256;

export class MemoryTrim {
  readonly #native: Pick<Native, 'trimMemory'> | null;
  readonly #lastMs: number;
  #everyMs: number;
  #timer: NodeJS.Timeout | null = null;
  #often: NodeJS.Timeout | null = null;

  /** @param native null if there is no such call on this machine. */
  constructor(native: Pick<Native, 'trimMemory'> | null, { firstMs = FIRST_MS, lastMs = LAST_MS } = {}) {
    this.#native = native;
    this.#everyMs = firstMs;
    this.#lastMs = lastMs;
  }

  start(): void {
    if (this.#native === null) return;
    this.#timer = setTimeout(() => {
      this.#everyMs = Math.min(this.#lastMs, this.#everyMs * 2);
      this.start();
      this.now();
    }, this.#everyMs).unref();
  }

  now(): void {
    this.#native?.trimMemory();
  }

  /** Often, for as long as `lasts` says so, up to twenty seconds. */
  oftenWhile(lasts: () => boolean, everyMs = OFTEN_MS): void {
    if (this.#native === null) return;
    this.#calmDown();
    let left = MAX_TRIMS;
    this.#often = setInterval(() => {
      if (left-- > 0 && lasts()) this.now();
      else this.#calmDown();
    }, everyMs).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#calmDown();
  }

  #calmDown(): void {
    if (this.#often !== null) clearInterval(this.#often);
    this.#often = null;
  }
}
