/** One run of jest, to its end, in a process of its own; its output is passed on. It must not judge what failed. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { RECORDS } from '../support/test-records.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Exit code of a program that a signal has ended, less the signal's number (POSIX shells). */
const SIGNALLED = 128;

export interface JestRun {
  readonly args: readonly string[];
  readonly seed: number;
  /** File for the records; it need not exist. */
  readonly records: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Gives the end of the run to the process, where the starter is told to end. */
  readonly signal?: AbortSignal;
}

/** @returns the exit code */
export async function runJest({ args, seed, records, env = {}, signal }: JestRun): Promise<number> {
  // No event comes of a signal that was there before.
  if (signal?.aborted === true) return SIGNALLED;
  // By the set-up, which knows the options that Node needs for jest.
  const jest = [join(ROOT, 'src', 'setup.mjs'), 'exec', 'jest'];
  return await exitOf(process.execPath, [...jest, '--seed', String(seed), ...args], {
    env: { ...process.env, ...env, [RECORDS]: records },
    ...(signal === undefined ? {} : { signal }),
  });
}

async function exitOf(
  program: string,
  args: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly signal?: AbortSignal },
): Promise<number> {
  const child = spawn(program, [...args], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env: options.env });
  const end = (): void => void child.kill('SIGTERM');
  options.signal?.addEventListener('abort', end, { once: true });
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      options.signal?.removeEventListener('abort', end);
      resolve(code ?? SIGNALLED);
    });
  });
}
