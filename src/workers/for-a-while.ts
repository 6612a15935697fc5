/**
 * Something that an operator has switched off for a stated time: it ends by itself, is loud meanwhile, and does not outlive the
 * process. The moment at which it ends lies in shared memory, and each data thread compares it with its clock, so that it ends even if the
 * control thread is gone. It must not know what is switched off.
 */
import { steadyNow } from '../lib/steady-clock.ts';

/** Milliseconds between two reminders that it is still so. */
const REMIND_MS = 60_000;

export type WhyOver = 'requested' | 'expired' | 'shutdown';

export interface Tellers {
  readonly begins: (seconds: number) => void;
  readonly lasts: (remainingSeconds: number) => void;
  readonly ends: (why: WhyOver) => void;
}

export class ForAWhile {
  readonly #control: Int32Array;
  readonly #slot: number;
  readonly #tellers: Tellers;
  #endsAt: number | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** @param control the control words; see messages.ts. It owns the one at `slot`: the monotonic second at which it ends, 0 if it has. */
  constructor(control: Int32Array, slot: number, tellers: Tellers) {
    this.#control = control;
    this.#slot = slot;
    this.#tellers = tellers;
  }

  /** @returns when it ends, by the steady clock; null if it is not. */
  get endsAt(): number | null {
    return this.#endsAt;
  }

  /** It is for `seconds` from the next look of each data thread on (a quarter of a second). A second call replaces the first. */
  begin(seconds: number): void {
    this.#endsAt = steadyNow() + seconds * 1000;
    // The second that has begun is not counted: never longer than was said.
    Atomics.store(this.#control, this.#slot, process.hrtime()[0] + seconds);
    this.#tellers.begins(seconds);
    this.#watch(performance.now() + seconds * 1000);
  }

  /** @returns false if it was not. */
  end(why: WhyOver): boolean {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#endsAt === null) return false;
    this.#endsAt = null;
    Atomics.store(this.#control, this.#slot, 0);
    this.#tellers.ends(why);
    return true;
  }

  #watch(end: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const left = Math.max(0, end - performance.now());
    this.#timer = setTimeout(
      () => {
        if (left <= REMIND_MS) {
          this.end('expired');
          return;
        }
        this.#tellers.lasts(Math.round((end - performance.now()) / 1000));
        this.#watch(end);
      },
      Math.min(left, REMIND_MS),
    ).unref();
  }
}
