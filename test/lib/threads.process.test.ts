/** Threads of a checkout start from memory: after their files have gone, with what they are given; faults are told, and can be mended. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { bundledSources } from '../../src/lib/bundled-sources.ts';
import { holdThreads, startThread } from '../../src/lib/threads.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const THREADS = new URL('../../src/lib/threads.ts', import.meta.url).href;
const PRELUDE = `import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { holdThreads, startThread } from ${JSON.stringify(THREADS)};
const [folder, entry] = process.argv.slice(1);
const said = async (input) => {
  const thread = startThread(new URL(entry), input);
  const [message] = await once(thread, 'message');
  await thread.terminate();
  return message;
};
`;

/** Runs it in a process of its own, whose modules are not the test runner's. @returns what it has printed, as lines of JSON. */
function run(script: string, folder: string, entry: string): readonly unknown[] {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', `${PRELUDE}${script}`, '--', folder, entry],
    { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

test('a thread of several modules starts when their folder is gone, is given its input, and runs once per thread', () => {
  using directory = temporaryDirectory();
  mkdirSync(directory.file('there/deep'), { recursive: true });
  writeFileSync(
    directory.file('there/own-thread.ts'),
    `import { parentPort, workerData } from 'node:worker_threads';
    import { greeting } from './deep/part.ts';
    parentPort!.postMessage([greeting as string, workerData]);`,
  );
  writeFileSync(directory.file('there/deep/part.ts'), `export const greeting: string = 'from memory';`);
  const entry = pathToFileURL(directory.file('there/own-thread.ts')).href;
  const script = `await holdThreads([new URL(entry)]);
renameSync(folder, folder + '-gone');
for (const input of [1, { two: 2 }]) console.log(JSON.stringify(await said(input)));`;
  expect(run(script, directory.file('there'), entry)).toEqual([
    ['from memory', 1],
    ['from memory', { two: 2 }],
  ]);
});

test('a module that cannot be read is told with its name, and read again when it is asked for again', () => {
  using directory = temporaryDirectory();
  const entry = pathToFileURL(directory.file('own-thread.ts')).href;
  const script = `const fault = await holdThreads([new URL(entry)]).catch((error) => error);
console.log(JSON.stringify([fault.code, fault.message.includes('own-thread.ts')]));
writeFileSync(new URL(entry), "import { parentPort } from 'node:worker_threads'; parentPort.postMessage('mended');");
await holdThreads([new URL(entry)]);
console.log(JSON.stringify(await said(null)));`;
  expect(run(script, directory.path, entry)).toEqual([['modules_unreadable', true], 'mended']);
});

test('a stack trace names the thread', async () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('own-thread.ts'), `export {};\nthrow new Error('of this thread');`);
  const entry = pathToFileURL(directory.file('own-thread.ts'));
  const [[href, text] = ['', '']] = await bundledSources([entry]);
  expect(href).toBe(entry.href);
  const { stderr } = spawnSync(
    process.execPath,
    ['-e', 'new (require("worker_threads").Worker)(process.argv[1], { eval: true })', text],
    { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
  );
  expect(stderr).toMatch(/own-thread\.mjs:\d+/);
});

test('a thread that is not held is not started', async () => {
  const missing = new URL('file:///nowhere/no-thread.ts');
  expect(() => startThread(missing, null)).toThrow('are not held');
  await expect(holdThreads([missing])).rejects.toMatchObject({ code: 'modules_unreadable' });
});
