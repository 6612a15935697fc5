/**
 * Runs what must have a process of its own: a first load, a peak of memory. One at a time, on one core where the system can
 * pin, stopped by its process id if the bench ends before it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { PROXY_CORE } from '../../load/cores.ts';
import { pinned } from '../../load/processes.ts';
import { findProgram } from '../../load/programs.ts';

export interface Outcome {
  readonly output: string;
  /** From the start of the process to its end. */
  readonly seconds: number;
  /** Most bytes that were resident at once (Linux: VmHWM, read every 10 ms); 0: the system does not tell. */
  readonly peakBytes: number;
}

const LIMIT_MS = 300_000;
const LOOK_MS = 10;

/** @throws Error where it does not end with 0 within five minutes. */
export async function runNode(args: readonly string[]): Promise<Outcome> {
  const [program, ...rest] = onOneCore([process.execPath, ...args]);
  const started = performance.now();
  const child = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'inherit'], timeout: LIMIT_MS });
  let output = '';
  let peakBytes = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const look = setInterval(() => (peakBytes = Math.max(peakBytes, peakOf(child.pid))), LOOK_MS);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearInterval(look);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return { output, seconds: (performance.now() - started) / 1000, peakBytes };
}

function onOneCore(command: readonly string[]): readonly string[] {
  return findProgram('taskset') === null || findProgram('setpriv') === null ? command : pinned([PROXY_CORE], command);
}

function peakOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024;
  } catch {
    return 0; // not Linux, or ended in the meantime
  }
}
