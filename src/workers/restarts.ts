/** It decides when a dead worker is replaced: after a back-off that doubles while it goes on dying. It must not start one itself. */

const FIRST_RESTART_MS = 100;
const LAST_RESTART_MS = 10_000;
/** A worker that lived longer than this did not die of how it was started, nor of what is asked again and again. */
const HEALTHY_MS = 10_000;
/** Deaths before any worker ever served: the program or its machine is at fault, not a request. */
const DEATHS_AT_START = 3;

export class Restarts {
  /** Some worker has served: from now on nothing is given up. */
  hasServed = false;
  readonly #spawn: (worker: number) => void;
  readonly #timers = new Map<number, NodeJS.Timeout>();
  readonly #deathsInARow = new Map<number, number>();
  readonly #byWorker = new Map<number, number>();

  constructor(spawn: (worker: number) => void) {
    this.#spawn = spawn;
  }

  get total(): number {
    return [...this.#byWorker.values()].reduce((sum, count) => sum + count, 0);
  }

  of(worker: number): number {
    return this.#byWorker.get(worker) ?? 0;
  }

  /** @returns milliseconds until the worker, which lived for `livedMs`, is started again; null if it is given up. */
  after(worker: number, livedMs: number): number | null {
    this.#byWorker.set(worker, this.of(worker) + 1);
    const deaths = livedMs > HEALTHY_MS ? 1 : (this.#deathsInARow.get(worker) ?? 0) + 1;
    this.#deathsInARow.set(worker, deaths);
    if (!this.hasServed && deaths >= DEATHS_AT_START) return null;
    const delayMs = Math.min(LAST_RESTART_MS, FIRST_RESTART_MS * 2 ** (deaths - 1));
    this.#timers.set(
      worker,
      setTimeout(() => this.#spawn(worker), delayMs),
    );
    return delayMs;
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
