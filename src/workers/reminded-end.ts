/**
 * When something that was switched on for a stated time is over, and meanwhile a reminder each minute that it is still so. It must not know what it is.
 */

import { DEADLINES } from '../lib/deadlines.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';

export interface EndTellers {
  readonly lasts: (remainingSeconds: number) => void;
  readonly over: () => void;
}

export class RemindedEnd {
  readonly #tellers: EndTellers;
  readonly #time: Time;
  #timer: Timer | null = null;

  constructor(tellers: EndTellers, time = systemTime) {
    this.#tellers = tellers;
    this.#time = time;
  }

  /** A second call replaces the first. */
  after(seconds: number): void {
    this.cancel();
    this.#watch(this.#time.now() + seconds * 1000);
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #watch(end: number): void {
    const { remindMs } = DEADLINES.workers;
    const left = Math.max(0, end - this.#time.now());
    const look = (): void => {
      this.#timer = null;
      if (left <= remindMs) return this.#tellers.over();
      this.#tellers.lasts(Math.round((end - this.#time.now()) / 1000));
      this.#watch(end);
    };
    this.#timer = this.#time.after(Math.min(left, remindMs), look).unref();
  }
}
