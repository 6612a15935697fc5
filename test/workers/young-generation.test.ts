/** The bound of the command line is the control thread's alone: V8 itself would hold every thread to it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');

/** Bytes that V8 lets the heap of a data thread have, in a process that was started with these flags. */
async function limitOfDataThread(flags: readonly string[], call: string): Promise<number> {
  const program = `
    import { Worker } from 'node:worker_threads';
    import { boundThisThreadOnly, DATA_THREAD_YOUNG_MB } from ${JSON.stringify(join(ROOT, 'src', 'workers', 'young-generation.ts'))};
    ${call}
    const module = (name) => \`process.getBuiltinModule("\${name}")\`;
    const code = \`\${module('node:worker_threads')}.parentPort.postMessage(\${module('node:v8')}.getHeapStatistics().heap_size_limit)\`;
    new Worker(code, { eval: true, resourceLimits: { maxYoungGenerationSizeMb: DATA_THREAD_YOUNG_MB } }).on('message', (limit) => console.log(limit));`;
  const { stdout } = await run(process.execPath, [...flags, '--input-type=module', '--eval', program], { env: { ...process.env, NODE_OPTIONS: '' } });
  return Number(stdout);
}

test('data threads have the room they are given, whatever the control thread has', async () => {
  const flag = ['--max-semi-space-size=1'];
  const given = await limitOfDataThread([], '');
  expect(given).toBeGreaterThan(0);
  expect(await limitOfDataThread(flag, 'boundThisThreadOnly();')).toBe(given);
  expect(await limitOfDataThread(flag, '')).toBeLessThan(given);
});
