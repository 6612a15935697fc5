/**
 * A thread that builds something for later (a compiled list, a zone) gives way to those that serve: while they want the core it gets a tenth of
 * what they get, and all of it while they do not. On Linux only, where a nice value is one thread's; elsewhere it would be the whole process's.
 * It must not be called by a thread that serves.
 */
import { getPriority, setPriority } from 'node:os';
import { unless } from './errors.ts';

const NICER = 10;
const NICEST = 19;

/** Of the calling thread, for as long as it lives. Where the system does not permit it nothing changes. */
export function lowerThreadPriority(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Math.min(NICEST, getPriority() + NICER));
  } catch (error) {
    // A filter of system calls: it works as before. Node gives the errno's name within a code of its own.
    unless('ERR_SYSTEM_ERROR')(error);
  }
}
