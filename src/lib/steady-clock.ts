/**
 * Time that does not jump, for everything whose age or length is told: a machine that starts with a wrong clock and has it set
 * an hour later, or by hand, must not show lists of a negative age. Dates (which day an entry expires) are of the wall clock.
 */
import { systemTime } from './time.ts';

/** Milliseconds since the epoch as the wall clock stood when the process started, and monotonic from there. */
export function steadyNow(time = systemTime): number {
  return time.origin + time.now();
}

/** What is to be added to a steady time so that it reads as the wall clock does now. Whole seconds, so that a time that is shown twice is the same. */
export function clockShift(): number {
  return Math.round((systemTime.wall() - steadyNow()) / 1000) * 1000;
}
