/**
 * Waits for a condition that is asked again whenever something has happened, for as long as it may take.
 * It must not have a bound of its own: who waits gives up by a condition.
 */

import { systemTime, type Time, type Timer } from '../lib/time.ts';

interface Waiter {
  readonly check: () => boolean;
  readonly resolve: (holds: boolean) => void;
  readonly timer: Timer | null;
}

export class Waiting {
  readonly #time: Time;
  #waiters: Waiter[] = [];

  constructor(time = systemTime) {
    this.#time = time;
  }

  /** It resolves to true when the check holds, to false after `timeoutMs` or after `release`. */
  async until(check: () => boolean, timeoutMs?: number): Promise<boolean> {
    if (check()) return true;
    return await new Promise((resolve) => {
      const timer = timeoutMs === undefined ? null : this.#time.after(timeoutMs, () => this.#settle(waiter, false));
      const waiter: Waiter = { check, resolve, timer };
      this.#waiters.push(waiter);
    });
  }

  /** Something has happened. */
  wake(): void {
    for (const waiter of this.#waiters) if (waiter.check()) this.#settle(waiter, true);
  }

  /** Nothing will happen any more. */
  release(): void {
    for (const waiter of this.#waiters) this.#settle(waiter, false);
  }

  #settle(waiter: Waiter, holds: boolean): void {
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    waiter.timer?.cancel();
    waiter.resolve(holds);
  }
}
