/**
 * A process that stands still, and what threads of a process do. One that is sent SIGSTOP runs on until each of its threads has seen the
 * signal, which takes a busy machine a while: what is sent to it meanwhile it may have read. It goes on by SIGCONT.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

/** Resolves when none of its threads runs any more. */
export async function stopProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await eventually(
    `process ${pid} stands still`,
    () => threadStates(pid),
    (states) => states.length > 0 && states.every((state) => state === 'T'),
  );
}

/** Of each thread that is there, one letter (proc(5), `stat`). */
export function threadStates(pid: number): readonly string[] {
  const threads = `/proc/${pid}/task`;
  return readdirSync(threads)
    .map((thread) => stateIn(join(threads, thread, 'stat')))
    .filter((state) => state !== '');
}

function stateIn(file: string): string {
  try {
    // The name, in brackets, may hold anything: behind the last bracket comes the state.
    const stat = readFileSync(file, 'latin1');
    return stat.charAt(stat.lastIndexOf(')') + 2);
  } catch {
    return '';
  }
}
