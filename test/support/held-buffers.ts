/** What this process holds outside the heap: its own garbage is collected first. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of buffers that somebody holds. */
export function heldBuffers(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
