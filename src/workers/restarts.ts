/** It decides when a dead worker is replaced: after a back-off that doubles while it goes on dying. It must not start one itself. */

import { DEADLINES } from '../lib/deadlines.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';

/** Deaths before any worker ever served: the program or its machine is at fault, not a request. */
const DEATHS_AT_START = 3;

export class Restarts {
  /** Some worker has served: from now on nothing is given up. */
  hasServed = false;
  readonly #spawn: (worker: number) => void;
  readonly #time: Time;
  readonly #timers = new Map<number, Timer>();
  readonly #deathsInARow = new Map<number, number>();
  readonly #byWorker = new Map<number, number>();

  constructor(spawn: (worker: number) => void, time = systemTime) {
    this.#spawn = spawn;
    this.#time = time;
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
    const { healthyMs, firstRestartMs, lastRestartMs } = DEADLINES.workers;
    const deaths = livedMs > healthyMs ? 1 : (this.#deathsInARow.get(worker) ?? 0) + 1;
    this.#deathsInARow.set(worker, deaths);
    if (!this.hasServed && deaths >= DEATHS_AT_START) return null;
    const delayMs = Math.min(lastRestartMs, firstRestartMs * 2 ** (deaths - 1));
    const timer = this.#time.after(delayMs, () => this.#spawn(worker));
    this.#timers.set(worker, timer);
    return delayMs;
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
