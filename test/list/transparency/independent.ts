/** Runs verify.py, which shares nothing with our code. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { programPath } from '../../support/program-path.ts';

const SCRIPT = fileURLToPath(new URL('./verify.py', import.meta.url));

export interface Verified {
  readonly exit: number;
  readonly lines: readonly string[];
}

/** @param args as the script takes them: head file, key of the log, key of a witness or '', older head file. */
export async function verifyIndependently(...args: readonly string[]): Promise<Verified> {
  return await new Promise((done) => {
    const child = execFile(programPath('python3') ?? 'python3', [SCRIPT, ...args], (_error, stdout, stderr) => {
      done({ exit: child.exitCode ?? -1, lines: (stdout + stderr).trimEnd().split('\n') });
    });
  });
}
