/**
 * How long the control thread rests between two steps of long work (steps.ts). The scheduler gives it and a worker on its
 * core the same share: what works without a rest takes half the core. It must not be used by a data thread.
 */
import type { Rest } from './steps.ts';
import { systemTime } from './time.ts';

/** Milliseconds: with what a timer takes, the steps have a small part of the core. */
const PAUSE_MS = 1;

/** Nobody is served yet: only the event loop gets its turn. */
export const yieldToEventLoop: Rest = async () => {
  await new Promise<void>((resolve) => systemTime.nextTurn(resolve));
};

/** Requests are under way. */
export const throttledYield: Rest = async () => {
  await systemTime.pause(PAUSE_MS);
};

/** Whether a thread that works meanwhile gives way (thread-priority.ts): at a start, requests wait for what it makes. */
export function givesWayWith(rest: Rest): boolean {
  return rest !== yieldToEventLoop;
}
