/**
 * How much memory each thread has for what it has just allocated. V8 would take 48 MB for each and give back none of it, also
 * when the thread has had nothing to do for a minute (ADR 0008). It must not be called in a thread that serves already.
 */
import { setFlagsFromString } from 'node:v8';

/**
 * Of a data thread: three halves of 2 MB. What a request allocates is dead a moment later: more memory only lets garbage lie,
 * and makes each collection longer, since the memory of what was read is given back in it: half of a p99 was waiting for
 * that. Half as much would make that shorter still, and suspect traffic dearer. To measure it: bench/load, `half` and
 * `suspect`.
 */
export const DATA_THREAD_YOUNG_MB = 6;

/**
 * The control thread's is bounded on the command line (`--max-semi-space-size`, in the systemd units), which V8 would apply to
 * the threads that are started later, whatever they were told: from now on it is forgotten.
 */
export function boundThisThreadOnly(): void {
  setFlagsFromString('--max-semi-space-size=0');
}

/**
 * V8 allocates in the old space at once what has mostly lived long so far, and takes connections for that after the first
 * quiet minute. When they come and go, each that is dead keeps what it refers to alive until a full collection: all outlive
 * their time (ADR 0001).
 */
export function allocateYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
