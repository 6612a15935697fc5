/**
 * Waits for a condition that another thread, process or socket brings about: asks again and again until it holds. The
 * bound is far beyond what anything takes; no test depends on how long it is.
 */
import { HANG_BOUND_MS } from './hang-bound.ts';
import { Inconclusive } from './inconclusive.ts';

/**
 * The pause before the next look: an eighth of what has been waited, so that it is late by no more than that. A look may cost
 * both sides milliseconds (an answer with all metrics); at one in ten milliseconds the looks took more than what was waited for.
 */
const PAUSE_MS = { least: 10, most: 100 };
const PAUSE_SHARE = 1 / 8;

export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  holds: (value: T) => boolean = Boolean,
): Promise<T> {
  const start = Date.now();
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    const waited = Date.now() - start;
    if (waited > HANG_BOUND_MS)
      throw new Inconclusive('no fact', `never happened: ${what}; the last look gave ${JSON.stringify(value)}`);
    const pause = Math.min(Math.max(waited * PAUSE_SHARE, PAUSE_MS.least), PAUSE_MS.most);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
