/**
 * Break-glass: for a stated time nothing is judged and everything passes. It is loud (metric, log, status, status
 * page) and ends by itself (timed-switch.ts). It must not last longer than was asked for.
 */
import { systemTime } from '../lib/time.ts';
import type { Log } from '../observe/log.ts';
import { TimedSwitch, type Tellers, type WhyOver } from './timed-switch.ts';
import { BYPASS_SLOT } from './messages.ts';

export class Bypass {
  readonly #while: TimedSwitch;

  /** @param control the control words; see messages.ts. */
  constructor(control: Int32Array, log: Log, time = systemTime) {
    const tellers: Tellers = {
      begins: (seconds) => log.event('warn', 'bypass.enabled', { seconds }),
      lasts: (remainingSeconds) => log.event('warn', 'bypass.active', { remainingSeconds }),
      ends: (reason) => log.event('warn', 'bypass.disabled', { reason }),
    };
    this.#while = new TimedSwitch(control, BYPASS_SLOT, tellers, time);
  }

  /** @returns when it ends, by the steady clock; null if it is off. */
  get endsAt(): number | null {
    return this.#while.endsAt;
  }

  /** @returns when the last one was over, by the steady clock. */
  get endedAt(): number {
    return this.#while.endedAt;
  }

  on(seconds: number): void {
    this.#while.begin(seconds);
  }

  /** @returns false if it was not on. */
  off(why: WhyOver): boolean {
    return this.#while.end(why);
  }
}
