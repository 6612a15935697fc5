/**
 * Time that a test moves (src/lib/time.ts): nothing happens by itself, and what is due within an `advance` happens in its order, with the promise
 * jobs that it brings in between. The program's own work with files and sockets is real: a test waits for that with `eventually`.
 */
import { setImmediate as realTurn } from 'node:timers/promises';
import type { PauseOptions, Time, Timer } from '../../src/lib/time.ts';

/** What Node's timers take. */
const SHORTEST_MS = 1;
const LONGEST_MS = 2 ** 31 - 1;

interface Due {
  at: number;
  readonly action: () => void;
  /** Null: once. */
  readonly everyMs: number | null;
  /** The process would wait for it. */
  isAwaited: boolean;
}

export class VirtualTime implements Time {
  readonly origin: number;
  #now = 0;
  #wallIsAhead = 0;
  /** In the order in which they were begun. */
  readonly #timers = new Set<Due>();
  readonly #turns = new Set<Due>();

  /** @param origin milliseconds since the epoch. */
  constructor(origin = Date.UTC(2030, 0, 1)) {
    this.origin = origin;
  }

  // As functions of their own: they are handed on without their object.
  readonly now = (): number => this.#now;
  readonly wall = (): number => this.origin + this.#now + this.#wallIsAhead;

  after(ms: number, action: () => void): Timer {
    return this.#begin(ms, action, false);
  }

  every(ms: number, action: () => void): Timer {
    return this.#begin(ms, action, true);
  }

  nextTurn(action: () => void): Timer {
    return begun(this.#turns, { at: this.#now, action, everyMs: null, isAwaited: true });
  }

  async pause(ms: number, { signal, ref = true }: PauseOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = this.after(ms, resolve);
    if (!ref) timer.unref();
    const aborted = (): void => {
      timer.cancel();
      reject(new DOMException('aborted', 'AbortError'));
    };
    signal?.addEventListener('abort', aborted, { once: true });
    await promise.finally(() => signal?.removeEventListener('abort', aborted));
  }

  /** Milliseconds until each timer that has been begun, the first first. */
  get pending(): readonly number[] {
    return [...this.#timers].map(({ at }) => at - this.#now).toSorted((a, b) => a - b);
  }

  /** Those that a process would wait for. */
  get awaited(): number {
    return [...this.#timers, ...this.#turns].filter(({ isAwaited }) => isAwaited).length;
  }

  /** Whatever is due by then happens; resolves when no promise job and no turn that followed is left. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.#settled();
    for (let next = this.#next(end); next !== null; next = this.#next(end)) {
      // A thread that stood still finds what was due long ago.
      this.#now = Math.max(this.#now, next.at);
      if (next.everyMs === null) this.#timers.delete(next);
      else next.at = this.#now + next.everyMs;
      next.action();
      await this.#settled();
    }
    this.#now = Math.max(this.#now, end);
  }

  /** Time passes, and this thread, or the machine, stands still: what is due meanwhile happens with the next `advance`. */
  standStill(ms: number): void {
    this.#now += ms;
  }

  /** The machine's clock is set: ahead, or back. */
  setWall(byMs: number): void {
    this.#wallIsAhead += byMs;
  }

  #begin(ms: number, action: () => void, isRepeated: boolean): Timer {
    // Node's fire at once then.
    if (!(ms <= LONGEST_MS)) throw new RangeError(`a timer of ${ms} ms`);
    const length = Math.max(ms, SHORTEST_MS);
    const due = { at: this.#now + length, action, everyMs: isRepeated ? length : null, isAwaited: true };
    return begun(this.#timers, due);
  }

  #next(end: number): Due | null {
    const due = [...this.#timers].filter(({ at }) => at <= end);
    return due.reduce<Due | null>((first, each) => (first === null || each.at < first.at ? each : first), null);
  }

  async #settled(): Promise<void> {
    await realTurn();
    while (this.#turns.size > 0) {
      // What they begin has the turn after this one.
      const turns = [...this.#turns];
      for (const turn of turns) if (this.#turns.delete(turn)) turn.action();
      await realTurn();
    }
  }
}

function begun(all: Set<Due>, due: Due): Timer {
  all.add(due);
  const timer: Timer = {
    cancel: () => void all.delete(due),
    unref: () => {
      due.isAwaited = false;
      return timer;
    },
  };
  return timer;
}
