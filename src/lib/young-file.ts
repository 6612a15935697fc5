/** Whether a file's times tell an edit of it from the one before. It must not look at a file. */

/** Milliseconds. Times of files go by steps, from some milliseconds to two seconds: an edit within the step of the last one leaves the time as it is. */
const STEP_MS = 2000;

/** Another edit may leave the time as it is. @param changedAt of the file, and @param now by this machine's clock, in milliseconds since the epoch. */
export function isYoung(changedAt: number, now: number): boolean {
  return Math.abs(now - changedAt) < STEP_MS;
}
