/**
 * How long nothing was heard of a publisher, by the steady clock of the process: whoever sets the machine's clock ahead must not end a list. What
 * passes while nothing runs does not count, since nobody knows how long that is; what passed in runs before does. It must not decide what follows.
 */
export class Silence {
  readonly #steady: () => number;
  /** Milliseconds, up to `#since`. */
  #before = 0;
  #since: number;

  /** @param steady milliseconds that nobody can set. */
  constructor(steady: () => number) {
    this.#steady = steady;
    this.#since = steady();
  }

  get ms(): number {
    return this.#before + this.#sinceMs;
  }

  /** Of it, what was not written down. */
  get #sinceMs(): number {
    return this.#steady() - this.#since;
  }

  /** It has lasted for so long; 0: the publisher is heard. */
  set(ms: number): void {
    this.#before = ms;
    this.#since = this.#steady();
  }

  /** Whether it is worth writing down. */
  hasGrownBy(ms: number): boolean {
    return this.#sinceMs >= ms;
  }
}
