/** Waits for something that another program brings about, but not for ever: a test that hangs says what it waited for. */
import { HANG_BOUND_MS } from './hang-bound.ts';
import { Inconclusive } from './inconclusive.ts';

export async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Inconclusive('no fact', `never happened: ${what}`)), HANG_BOUND_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
