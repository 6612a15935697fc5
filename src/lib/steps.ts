/**
 * Long work of the control thread, done in steps. A worker may share its core, and requests that are under way wait for a step
 * to its end. What reloads cost them: bench/load, `reload`. It must not say how long the rest between two steps is.
 */

/** Work that yields after each step. */
export type Steps<T> = Generator<void, T>;

/** Resolves when the next step may be done. */
export type Rest = () => Promise<void>;

/** Bytes to read or to digest in a step. */
export const STEP_BYTES = 128 * 1024;
/** Rows of a segment to look at in a step. */
export const STEP_ROWS = 4 * 1024;

export async function restingBetween<T>(steps: Steps<T>, rest: Rest): Promise<T> {
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) await rest();
  return step.value;
}

export function runSync<T>(steps: Steps<T>): T {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}
