/**
 * The end of a process that a call for a file holds, or a thread that is held by another call. A file server that is away answers no call; Node waits for the
 * answer, and so does `process.exit`. So the process ends by the system's own call, or without koffi by a signal. It must not end a process that has
 * anything else to do.
 */
import { loadNative } from '../lib/native.ts';
import { systemTime } from '../lib/time.ts';

/** Milliseconds for calls that are under way to end by themselves: within the ten seconds that the units have above lame duck and drain. */
const HELD_MS = 5000;
/** Milliseconds to load koffi, which is a file too. */
const LOAD_MS = 1000;

/** Whether a call for a file is under way, or a thread that was told to end lives on: its port is open. */
export function isHeld(): boolean {
  return process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq') || name === 'MessagePort');
}

/**
 * All is done: if calls for files or threads keep the process, it ends with its exit code.
 * @param isKnown that something does, which was waited for before.
 */
export function endWhenHeld(isKnown: boolean, time = systemTime): void {
  const end = (): void => {
    if (isKnown || isHeld()) void endHeld(Number(process.exitCode ?? 0), time);
  };
  time.after(isKnown ? 0 : HELD_MS, end).unref();
}

/** It never returns. */
export async function endHeld(code: number, time = systemTime): Promise<void> {
  const native = await Promise.race([loadNative(), time.pause(LOAD_MS)]);
  if (native === null || native === undefined) process.kill(process.pid, 'SIGKILL');
  else native.exit(code);
}
