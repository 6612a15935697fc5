/**
 * The clock and the timers, as a port: whoever waits, or measures how long something takes, is given a `Time`, so that a test can say what time it
 * is. `systemTime` is Node's; virtual time is the tests' (test/support/virtual-time.ts). Nobody else asks Node for a clock or a timer
 * (test/docs/one-clock.test.ts has who still does). How long is waited stands in deadlines.ts. It must not know who waits, nor for what.
 */
import { setTimeout as pauseOf } from 'node:timers/promises';

export interface Timer {
  /** From now on nothing happens. It may have happened, or have been cancelled, before. */
  cancel(): void;
  /** The process may end before it. @returns itself. */
  unref(): Timer;
}

/** All lengths are in milliseconds. */
export interface Time {
  /** What the wall clock said when `now` was 0; since the epoch. */
  readonly origin: number;
  /** Monotonic, with fractions: ages and lengths are told by it. Each thread has its own 0. */
  readonly now: () => number;
  /** Since the epoch, as the machine's clock says: it jumps when it is set. */
  readonly wall: () => number;
  after(ms: number, action: () => void): Timer;
  /** It first happens after as long. */
  every(ms: number, action: () => void): Timer;
  /** What has arrived meanwhile is read before. */
  nextTurn(action: () => void): Timer;
  /** It rejects with an `AbortError` as soon as the signal says so. `ref`, false: the process may end before. */
  pause(ms: number, options?: PauseOptions): Promise<void>;
}

export interface PauseOptions {
  readonly signal?: AbortSignal;
  readonly ref?: boolean;
}

/** Node's functions are looked up at each call, since a test may replace them. */
export const systemTime: Time = {
  origin: performance.timeOrigin,
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (ms, action) => timerOf(setTimeout(action, ms), clearTimeout),
  every: (ms, action) => timerOf(setInterval(action, ms), clearInterval),
  nextTurn: (action) => timerOf(setImmediate(action), clearImmediate),
  pause: async (ms, options) => await pauseOf(ms, undefined, options),
};

function timerOf<Handle extends { unref(): unknown }>(handle: Handle, clear: (handle: Handle) => void): Timer {
  const timer: Timer = {
    cancel: () => clear(handle),
    unref: () => {
      handle.unref();
      return timer;
    },
  };
  return timer;
}
