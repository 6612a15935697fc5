/** Threads of this process that give way (proc_pid_stat(5), field 19): where each thread has a nice value of its own, on Linux. */
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';

/** @returns how many threads have the nice value that `lowerThreadPriority` gives; 0 where that is of the whole process. */
export function threadsThatGiveWay(): number {
  if (process.platform !== 'linux') return 0;
  const nicer = Math.min(19, getPriority() + 10);
  return readdirSync('/proc/self/task').filter((id) => niceness(id) === nicer).length;
}

function niceness(id: string): number | null {
  try {
    const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8');
    // The name, in brackets, may hold blanks.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  } catch {
    // It has ended meanwhile.
    return null;
  }
}
