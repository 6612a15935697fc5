/**
 * Break-glass: for a stated time nothing is judged and everything passes. It is loud (metric, log, status, status
 * page) and ends by itself: the moment lies in shared memory and each worker compares it with its clock, so that it ends
 * even if the control thread is gone. It does not outlive the process.
 */
import { steadyNow } from '../lib/steady-clock.ts';
import type { Log } from '../observe/log.ts';
import { BYPASS_SLOT } from './messages.ts';

/** Milliseconds between two log lines that say that it is still on. */
const REMIND_MS = 60_000;

export class Bypass {
  readonly #control: Int32Array;
  readonly #log: Log;
  #endsAt: number | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** @param control the control words; see messages.ts. */
  constructor(control: Int32Array, log: Log) {
    this.#control = control;
    this.#log = log;
  }

  /** @returns when it ends, by the steady clock; null if it is off. */
  get endsAt(): number | null {
    return this.#endsAt;
  }

  /** It is on for `seconds` from the next look of each worker on (a quarter of a second). A second call replaces the first. */
  on(seconds: number): void {
    this.#endsAt = steadyNow() + seconds * 1000;
    // The second that has begun is not counted: never longer than was said.
    Atomics.store(this.#control, BYPASS_SLOT, process.hrtime()[0] + seconds);
    this.#log.event('warn', 'bypass.enabled', { seconds });
    this.#watch(performance.now() + seconds * 1000);
  }

  /** @returns false if it was not on. */
  off(why: 'requested' | 'expired' | 'shutdown'): boolean {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#endsAt === null) return false;
    this.#endsAt = null;
    Atomics.store(this.#control, BYPASS_SLOT, 0);
    this.#log.event('warn', 'bypass.disabled', { reason: why });
    return true;
  }

  #watch(end: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const left = Math.max(0, end - performance.now());
    this.#timer = setTimeout(
      () => {
        if (left <= REMIND_MS) {
          this.off('expired');
          return;
        }
        this.#log.event('warn', 'bypass.active', { remainingSeconds: Math.round((end - performance.now()) / 1000) });
        this.#watch(end);
      },
      Math.min(left, REMIND_MS),
    ).unref();
  }
}
