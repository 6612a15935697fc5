/**
 * The time between "send me nobody new" and "nobody new is let in": balancers look now and then only, and until they have
 * looked they go on sending. It may be cut short. It must not close anything.
 */
import { systemTime, type Time } from '../lib/time.ts';

export class LameDuck {
  readonly #time: Time;
  #end: (() => void) | null = null;

  constructor(time = systemTime) {
    this.#time = time;
  }

  /** Resolves when the time is over or was cut short. */
  async last(milliseconds: number): Promise<void> {
    if (milliseconds === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#time.after(milliseconds, resolve);
    this.#end = resolve;
    await promise;
    timer.cancel();
    this.#end = null;
  }

  /** @returns false if there is none. */
  end(): boolean {
    const end = this.#end;
    this.#end = null;
    end?.();
    return end !== null;
  }
}
