/**
 * Long work of the control thread is done in steps of about a millisecond, and rests between two of them. A worker may share
 * its core: the scheduler gives both the same share, so what works without a rest takes half the core, three milliseconds
 * at a time, from requests that are under way.
 */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

export type Rest = () => Promise<void>;

/** Milliseconds: work in steps of one takes a sixth of the core. */
const PAUSE_MS = 5;

/** Nobody is served yet: only the event loop gets its turn. */
export const shortRest: Rest = async () => {
  await nextTurn();
};

/** Requests are under way. */
export const longRest: Rest = async () => {
  await pause(PAUSE_MS);
};
