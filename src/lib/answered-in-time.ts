/**
 * Calls for files of the configuration, in time: a file server that is away answers no call, and no call can be ended. Each of them holds one of the
 * threads that Node has for files, so that for a path whose call has no answer yet no second one is begun. It must not be used for what may
 * take long by itself (a terminal, a list).
 *
 *   call ─┬─ answer ─▶ what it gives, or the system's error
 *         └─ 10 s ───▶ ETIMEDOUT ─▶ at once for this path, until that call has its answer
 */
import { realpath } from 'node:fs/promises';
import { DEADLINES } from './deadlines.ts';
import { toldElsewhere } from './errors.ts';
import { systemTime, type Time, type Timer } from './time.ts';

const unanswered = new Set<string>();

/** How a call is waited for. */
interface Waiting<T> {
  /** What is done when the answer comes too late; null: it is an error. */
  readonly late?: (value: T | null) => Promise<void>;
  readonly ms?: number;
  readonly time?: Time;
}

/**
 * @param path of the file or folder that is asked for.
 * @throws the system's error, or one with the code ETIMEDOUT.
 */
export async function answeredInTime<T>(path: string, call: () => Promise<T>, waiting: Waiting<T> = {}): Promise<T> {
  if (unanswered.has(path)) throw timedOut(path);
  const { late, ms = DEADLINES.calls.fileMs, time = systemTime } = waiting;
  const answer = call();
  const { promise, reject } = Promise.withResolvers<never>();
  const timers: Timer[] = [];
  const tooLate = (): void => {
    // An answer that came while this thread, or the machine, stood still has its turn first.
    const turn = time.nextTurn(() => {
      unanswered.add(path);
      void comesLate(path, answer, late);
      reject(timedOut(path));
    });
    timers.push(turn);
  };
  timers.push(time.after(ms, tooLate));
  try {
    return await Promise.race([answer, promise]);
  } finally {
    for (const timer of timers) timer.cancel();
  }
}

/** Where a path leads, symbolic links followed; null: nowhere, or nobody answers. */
export async function realPathInTime(path: string): Promise<string | null> {
  return await answeredInTime(path, async () => await realpath(path)).catch(() => null);
}

/** Whether a call for this path still waits for its answer. */
export function isUnanswered(path: string): boolean {
  return unanswered.has(path);
}

/** Whether any call does: it keeps the process from its end (commands/held-end.ts). */
export function hasUnanswered(): boolean {
  return unanswered.size > 0;
}

/** Nobody waits for it any more: that it cannot be closed either is no fault. */
async function comesLate<T>(path: string, answer: Promise<T>, late: Waiting<T>['late']): Promise<void> {
  const value = await answer.catch(() => null);
  if (late !== undefined) await toldElsewhere(late(value));
  unanswered.delete(path);
}

function timedOut(path: string): Error {
  return Object.assign(new Error(`${path}: no answer`), { code: 'ETIMEDOUT' });
}
