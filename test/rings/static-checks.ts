/** Type check, format, lint, dead code and allowed imports, side by side. What a check prints is shown where it fails. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const ROOT = join(import.meta.dirname, '..', '..');
/** Scripts of package.json. */
export const CHECKS: readonly string[] = ['typecheck', 'format:check', 'lint', 'deadcode', 'imports'];

/** @returns names of those that failed */
export async function runStaticChecks(
  checks: readonly string[],
  say: (line: string) => void,
): Promise<readonly string[]> {
  const results = await Promise.all(
    checks.map(async (name) => {
      const start = performance.now();
      const { code, output } = await outputOf(name);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      say(code === 0 ? `PASS ${name} (${seconds} s)` : `FAIL ${name} (${seconds} s)\n${output}`);
      return code === 0 ? [] : [name];
    }),
  );
  return results.flat();
}

async function outputOf(script: string): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn('npm', ['run', '-s', script], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, output: `${out}${errors}` };
}
