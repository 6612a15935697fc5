/**
 * Runs again what was inconclusive: each file alone, beside ten busy loops, with the seed of the run, three times; all three must pass.
 * It must not choose what is run again (retry.ts).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { runJest } from './jest-run.ts';
import type { Retry } from './retry.ts';

const TIMES = 3;
const BUSY_LOOPS = 10;

export interface Rerun {
  readonly retry: Retry;
  readonly passed: boolean;
}

export interface RerunOptions {
  readonly seed: number;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

export async function rerun(retries: readonly Retry[], options: RerunOptions): Promise<readonly Rerun[]> {
  if (retries.length === 0) return [];
  const loops = Array.from({ length: BUSY_LOOPS }, busyLoop);
  try {
    const reruns: Rerun[] = [];
    for (const retry of retries) reruns.push({ retry, passed: await passesEachTime(retry.file, options) });
    return reruns;
  } finally {
    for (const loop of loops) loop.kill('SIGKILL');
  }
}

async function passesEachTime(file: string, { seed, say, signal }: RerunOptions): Promise<boolean> {
  for (let time = 1; time <= TIMES; time++) {
    if (signal?.aborted === true) return false;
    say(`${file}: inconclusive; run again alone beside ${BUSY_LOOPS} busy loops, ${time} of ${TIMES}`);
    const args = ['--runInBand', '--runTestsByPath', file];
    if ((await runJest({ args, seed, records: '/dev/null', ...(signal === undefined ? {} : { signal }) })) !== 0)
      return false;
  }
  return true;
}

/** It ends with its standard input: with this process, however that ends. */
function busyLoop(): ChildProcess {
  const loop =
    "process.stdin.on('end', () => process.exit()).resume(); const turn = () => { for (let n = 0; n < 1e7; n++); setImmediate(turn); }; turn();";
  return spawn(process.execPath, ['-e', loop], { stdio: ['pipe', 'ignore', 'ignore'] });
}
