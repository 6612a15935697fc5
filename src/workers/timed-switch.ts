/**
 * Something that an operator has switched off for a stated time: it ends by itself, is loud meanwhile, and does not outlive the
 * process. The moment at which it ends lies in shared memory, and each data thread compares it with its clock, so that it ends even if the
 * control thread is gone. It must not know what is switched off.
 */
import { steadyNow } from '../lib/steady-clock.ts';
import { systemTime, type Time } from '../lib/time.ts';
import { RemindedEnd } from './reminded-end.ts';

export type WhyOver = 'requested' | 'expired' | 'shutdown';

export interface Tellers {
  readonly begins: (seconds: number) => void;
  readonly lasts: (remainingSeconds: number) => void;
  readonly ends: (why: WhyOver) => void;
}

export class TimedSwitch {
  readonly #control: Int32Array;
  readonly #slot: number;
  readonly #tellers: Tellers;
  readonly #time: Time;
  #endsAt: number | null = null;
  /** When it was last over, by the steady clock: data threads go by that from their next look on. */
  endedAt = -Infinity;
  readonly #end: RemindedEnd;

  /** @param control the control words; see messages.ts. It owns the one at `slot`: the monotonic second at which it ends, 0 if it has. */
  constructor(control: Int32Array, slot: number, tellers: Tellers, time = systemTime) {
    this.#control = control;
    this.#slot = slot;
    this.#tellers = tellers;
    this.#time = time;
    this.#end = new RemindedEnd({ lasts: tellers.lasts, over: () => void this.end('expired') }, time);
  }

  /** @returns when it ends, by the steady clock; null if it is not. */
  get endsAt(): number | null {
    return this.#endsAt;
  }

  /** It is for `seconds` from the next look of each data thread on (a quarter of a second). A second call replaces the first. */
  begin(seconds: number): void {
    this.#endsAt = steadyNow(this.#time) + seconds * 1000;
    // The second that has begun is not counted: never longer than was said.
    Atomics.store(this.#control, this.#slot, process.hrtime()[0] + seconds);
    this.#tellers.begins(seconds);
    this.#end.after(seconds);
  }

  /** @returns false if it was not. */
  end(why: WhyOver): boolean {
    this.#end.cancel();
    if (this.#endsAt === null) return false;
    this.#endsAt = null;
    this.endedAt = steadyNow(this.#time);
    Atomics.store(this.#control, this.#slot, 0);
    this.#tellers.ends(why);
    return true;
  }
}
