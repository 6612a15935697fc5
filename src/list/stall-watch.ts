/**
 * Finds lists whose next version does not get on: a read from a file server that is away, a thread that never ends, a disk that takes nothing.
 * From outside that looks like a list that is current, and what has no deadline of its own (a call of the system, the thread of a run) cannot be
 * ended: so it is told, again and again, and whoever waits for it waits no longer. Filtering goes on by what is in force.
 *
 *   look, each second ─▶ the same step as before, for `afterMs` of the time in which this thread was running ─▶ stalled()
 *
 * It must not end anything, nor change the state of a list itself.
 */
import { DEADLINES, type Deadlines } from '../lib/deadlines.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';
import { type ListError, listError } from './list-error.ts';
import type { ListState } from './list-state.ts';
import type { ListEntry, ListId } from './update-cycle.ts';

export interface StallWatchOptions {
  /** Infinity at the start: there is no watch. */
  readonly afterMs: () => number;
  readonly lists: () => readonly ListEntry[];
  readonly stalled: (id: ListId, error: ListError) => void;
  readonly time?: Time;
  readonly deadlines?: Pick<Deadlines['list'], 'stallLookMs'>;
}

interface Step {
  readonly name: string;
  quietMs: number;
}

/** Within the bound; their number decides how exact it is. */
const LOOKS = 15;

const WORDS: Readonly<Record<Exclude<ListState['phase']['kind'], 'resting'>, string>> = {
  reading: 'it is still being read: a file system or a server is slow, or does not answer',
  waiting: 'its new version still waits for lists that are being compiled',
  judging: 'its new version is still being compiled and judged',
  publishing: 'its new version is still on its way to the workers',
  caching: 'its copy for the next start is still being written: the state directory is slow, or does not answer',
};

export class StallWatch {
  readonly #options: StallWatchOptions;
  readonly #time: Time;
  readonly #steps = new Map<ListId, Step>();
  #timer: Timer | null = null;
  #lookedAt = 0;

  constructor(options: StallWatchOptions) {
    this.#options = options;
    this.#time = options.time ?? systemTime;
  }

  start(): void {
    this.#lookedAt = this.#time.now();
    if (this.#options.afterMs() < Infinity) this.#next();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #next(): void {
    const look = (): void => {
      this.#next();
      this.#look();
    };
    this.#timer = this.#time.after(this.#everyMs, look).unref();
  }

  get #everyMs(): number {
    const { afterMs, deadlines = DEADLINES.list } = this.#options;
    return Math.min(deadlines.stallLookMs, afterMs() / LOOKS);
  }

  #look(): void {
    const now = this.#time.now();
    const { lists, stalled } = this.#options;
    const afterMs = this.#options.afterMs();
    // Longer than that, and it was this thread, or the machine, that stood still.
    const passedMs = Math.min(now - this.#lookedAt, 2 * this.#everyMs);
    this.#lookedAt = now;
    const present = lists();
    for (const id of this.#steps.keys()) if (!present.some((list) => list.id === id)) this.#steps.delete(id);
    for (const { id, state } of present) {
      const { kind } = state.phase;
      if (this.#quietFor(id, state, passedMs) < afterMs || kind === 'resting') continue;
      stalled(id, listError('timeout', `for ${minutes(afterMs)} ${WORDS[kind]}`));
    }
  }

  #quietFor(id: ListId, state: ListState, passedMs: number): number {
    // What was told is an attempt too, so that the next is told as long after it.
    const attempts = Object.values(state.syncs).reduce((sum, count) => sum + count, 0);
    const name = `${state.phase.kind} ${attempts}`;
    const before = this.#steps.get(id);
    if (before?.name !== name) this.#steps.set(id, { name, quietMs: 0 });
    else before.quietMs += passedMs;
    return before?.name === name ? before.quietMs : 0;
  }
}

interface Waiting<T> {
  readonly ms: number;
  readonly what: string;
  readonly late: (value: T) => void;
  readonly time?: Time;
}

/**
 * Waits for it no longer than `ms`, which may be Infinity.
 * @param late is given what comes after all.
 * @throws ListError `timeout` that says what has not come.
 */
export async function inTime<T>(work: Promise<T>, { ms, what, late, time = systemTime }: Waiting<T>): Promise<T> {
  // A timer takes no such time.
  if (ms === Infinity) return await work;
  const { promise, reject } = Promise.withResolvers<never>();
  const tooLate = (): void => {
    // Why it then fails nobody asks any more.
    work.then(late, () => {});
    reject(listError('timeout', `${what} after ${minutes(ms)}: a file system or a server is slow, or does not answer`));
  };
  const timer = time.after(ms, tooLate).unref();
  try {
    return await Promise.race([work, promise]);
  } finally {
    timer.cancel();
  }
}

/** Why no further change of the lists begins. */
export const UNENDED =
  'the lists of two configurations before this one are still being read or compiled: a file system or a server is slow, or does not answer; if that does not end, restart the instance';

function minutes(ms: number): string {
  const count = Math.max(1, Math.round(ms / 60_000));
  return count === 1 ? 'a minute' : `${count} minutes`;
}
