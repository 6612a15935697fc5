/**
 * Asks again and again, and never all nodes at once: each interval is up to a tenth shorter or longer.
 * It must not know what it asks for.
 */
import { systemTime, type Timer } from '../../lib/time.ts';

const JITTER = 0.1;

/** @param random from 0 to 1. */
export function poll(
  intervalMs: number,
  ask: () => void,
  time = systemTime,
  random: () => number = Math.random,
): { close(): void } {
  let timer: Timer | null = null;
  const next = (): void => {
    const due = (): void => {
      next();
      ask();
    };
    timer = time.after(intervalMs * (1 - JITTER + 2 * JITTER * random()), due).unref();
  };
  next();
  return { close: () => timer?.cancel() };
}
