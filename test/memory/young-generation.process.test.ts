/** What V8 is told at start: a bound that is the control thread's alone, and where new objects go. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const MODULE = JSON.stringify(join(ROOT, 'src', 'memory', 'young-generation.ts'));

async function output(flags: readonly string[], program: string): Promise<number> {
  const { stdout } = await run(process.execPath, [...flags, '--input-type=module', '--eval', program], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return Number(stdout);
}

/** Bytes that V8 lets the heap of a data thread have, in a process that was started with these flags. */
async function limitOfDataThread(flags: readonly string[], call: string): Promise<number> {
  const program = `
    import { Worker } from 'node:worker_threads';
    import { boundThisThreadOnly, DATA_THREAD_YOUNG_MB } from ${MODULE};
    ${call}
    const module = (name) => \`process.getBuiltinModule("\${name}")\`;
    const code = \`\${module('node:worker_threads')}.parentPort.postMessage(\${module('node:v8')}.getHeapStatistics().heap_size_limit)\`;
    new Worker(code, { eval: true, resourceLimits: { maxYoungGenerationSizeMb: DATA_THREAD_YOUNG_MB } }).on('message', (limit) => console.log(limit));`;
  return await output(flags, program);
}

test('data threads have the room they are given, whatever the control thread has', async () => {
  const flag = ['--max-semi-space-size=1'];
  const given = await limitOfDataThread([], '');
  expect(given).toBeGreaterThan(0);
  expect(await limitOfDataThread(flag, 'boundThisThreadOnly();')).toBe(given);
  expect(await limitOfDataThread(flag, '')).toBeLessThan(given);
});

test('new objects are allocated in the young generation, whatever outlived it before', async () => {
  // A digest of all flags.
  const tag = `import { cachedDataVersionTag } from 'node:v8'; import { allocateYoung } from ${MODULE};`;
  const plain = await output([], `${tag} console.log(cachedDataVersionTag())`);
  const told = await output([], `${tag} allocateYoung(); console.log(cachedDataVersionTag())`);
  expect(told).not.toBe(plain);
  expect(told).toBe(await output(['--no-allocation-site-pretenuring'], `${tag} console.log(cachedDataVersionTag())`));
});
