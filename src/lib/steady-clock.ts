/**
 * Time that does not jump, for everything whose age or length is told: a machine that starts with a wrong clock and has it set
 * an hour later, or by hand, must not show lists of a negative age. Dates (which day an entry expires) are of the wall clock.
 */
import { systemTime } from './time.ts';

/** Milliseconds since the epoch as the wall clock stood when the process started, and monotonic from there. */
export function steadyNow(time = systemTime): number {
  return time.origin + time.now();
}

let shift = 0;

/** What a steady time lacks to the wall clock's now: whole seconds, the same again while they are right to the second. */
export function clockShift(time = systemTime): number {
  const apart = time.wall() - steadyNow(time);
  if (Math.abs(apart - shift) >= 1000) shift = Math.round(apart / 1000) * 1000;
  return shift;
}

export function isoTime(steady: number): string {
  return new Date(steady + clockShift()).toISOString();
}

export function isoTimeOrNull(steady: number | null): string | null {
  return steady === null ? null : isoTime(steady);
}
