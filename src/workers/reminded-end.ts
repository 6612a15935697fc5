/**
 * When something that was switched on for a stated time is over, and meanwhile a reminder each minute that it is still so. It must not know what it is.
 */

/** Milliseconds between two reminders. */
const REMIND_MS = 60_000;

export interface EndTellers {
  readonly lasts: (remainingSeconds: number) => void;
  readonly over: () => void;
}

export class RemindedEnd {
  readonly #tellers: EndTellers;
  #timer: NodeJS.Timeout | null = null;

  constructor(tellers: EndTellers) {
    this.#tellers = tellers;
  }

  /** A second call replaces the first. */
  after(seconds: number): void {
    this.cancel();
    this.#watch(performance.now() + seconds * 1000);
  }

  cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #watch(end: number): void {
    const left = Math.max(0, end - performance.now());
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        if (left <= REMIND_MS) return this.#tellers.over();
        this.#tellers.lasts(Math.round((end - performance.now()) / 1000));
        this.#watch(end);
      },
      Math.min(left, REMIND_MS),
    ).unref();
  }
}
