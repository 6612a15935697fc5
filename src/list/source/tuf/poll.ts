/** Asks again and again, and never all nodes at once: each interval is up to a tenth shorter or longer. It must not know what it asks for. */

const JITTER = 0.1;

/** @param random from 0 to 1. */
export function poll(intervalMs: number, ask: () => void, random: () => number = Math.random): { close(): void } {
  let timer: NodeJS.Timeout | null = null;
  const next = (): void => {
    timer = setTimeout(
      () => {
        next();
        ask();
      },
      intervalMs * (1 - JITTER + 2 * JITTER * random()),
    ).unref();
  };
  next();
  return {
    close: () => {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
