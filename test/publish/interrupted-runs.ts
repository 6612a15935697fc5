/** test/support/interrupted-publisher-driver.ts as a process of its own, where it can take the file system away. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const DRIVER = join(import.meta.dirname, '..', 'support', 'interrupted-publisher-driver.ts');

/** @returns a row for each command that was interrupted everywhere; rejects with what the driver says at the first fault. */
export async function interruptedRuns(
  ...names: readonly string[]
): Promise<readonly { readonly name: string; readonly operations: number }[]> {
  const { stdout } = await run(process.execPath, [DRIVER, ...names], { env: { ...process.env, NODE_OPTIONS: '' } });
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { readonly name: string; readonly operations: number });
}
