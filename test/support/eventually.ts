/**
 * Waits for a condition that another thread, process or socket brings about: asks again and again until it holds. The
 * bound is far beyond what anything takes; no test depends on how long it is.
 */
import { HANG_BOUND_MS } from './hang-bound.ts';

const STEP_MS = 10;

export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  holds: (value: T) => boolean = Boolean,
): Promise<T> {
  const deadline = Date.now() + HANG_BOUND_MS;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`never happened: ${what}; the last look gave ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}
