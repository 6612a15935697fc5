/** Threads whose modules come from memory: after their files have gone, with nothing looked up on disk, and faults told. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { holdModules, startThread } from '../../../src/lib/modules-in-memory/memory-modules.ts';
import { packageModules } from '../../../src/lib/modules-in-memory/package-modules.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const MEMORY_MODULES = new URL('../../../src/lib/modules-in-memory/memory-modules.ts', import.meta.url).href;

async function said(thread: Worker): Promise<unknown> {
  const [message]: unknown[] = await once(thread, 'message');
  await thread.terminate();
  return message;
}

test('a thread of several modules starts when their folder is gone, is given its input, and runs once per thread', async () => {
  using directory = temporaryDirectory();
  const file = (name: string): string => directory.file(`there/${name}`);
  mkdirSync(directory.file('there'));
  writeFileSync(
    file('entry.ts'),
    `import { parentPort, workerData } from 'node:worker_threads';
    import { greeting } from './deep/part.mts';
    import './deep/part.mts';
    parentPort!.postMessage([greeting as string, workerData, new URL('.', import.meta.url).pathname]);`,
  );
  mkdirSync(file('deep'));
  writeFileSync(file('deep/part.mts'), `export const greeting: string = 'from memory';`);
  const entry = pathToFileURL(file('entry.ts'));
  await holdModules([entry]);
  renameSync(directory.file('there'), directory.file('gone'));
  for (const input of [1, { two: 2 }])
    expect(await said(startThread(entry, input))).toEqual(['from memory', input, `${directory.file('there')}/`]);
});

test('reading does not run: what a module does, it does in its thread', async () => {
  using directory = temporaryDirectory();
  writeFileSync(
    directory.file('side.mjs'),
    `import { writeFileSync } from 'node:fs';
    import { parentPort, workerData } from 'node:worker_threads';
    writeFileSync(new URL('./ran', import.meta.url), '', { flag: 'wx' });
    parentPort.postMessage('ran');`,
  );
  const entry = pathToFileURL(directory.file('side.mjs'));
  await holdModules([entry]);
  // 'wx': a second run would throw.
  expect(await said(startThread(entry, null))).toBe('ran');
});

test('what was not recorded is an error that names it, never a look at the disk', async () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('late.mjs'), `export default 1;`);
  writeFileSync(directory.file('entry.mjs'), `await import('./late.mjs');`);
  const entry = pathToFileURL(directory.file('entry.mjs'));
  await holdModules([entry]);
  const thread = startThread(entry, null);
  const [error]: unknown[] = await once(thread, 'error');
  expect(String(error)).toContain('./late.mjs is not among the modules in memory');
});

test('a module that cannot be read is told with its name; a thread that is not held is not started', async () => {
  const missing = new URL('file:///nowhere/thread.ts');
  await expect(holdModules([missing])).rejects.toMatchObject({
    code: 'modules_unreadable',
    message: expect.stringContaining('/nowhere/thread.ts'),
  });
  expect(() => startThread(missing, null)).toThrow('are not held');
});

test('what could not be read is read again when it is asked for again', async () => {
  using directory = temporaryDirectory();
  const entry = pathToFileURL(directory.file('entry.mjs'));
  await expect(holdModules([entry])).rejects.toMatchObject({ code: 'modules_unreadable' });
  writeFileSync(
    directory.file('entry.mjs'),
    `import { parentPort } from 'node:worker_threads'; parentPort.postMessage('mended');`,
  );
  await holdModules([entry]);
  expect(await said(startThread(entry, null))).toBe('mended');
});

test('of a package all is read that it may require later: undici its parser, at the first connection', () => {
  const { entry, modules } = packageModules('undici');
  expect(modules.get(entry)?.format).toBe('commonjs');
  const names = [...modules.keys()].map((url) => url.replace(/^.*\/node_modules\//, ''));
  expect(names).toEqual(
    expect.arrayContaining([
      'undici/index.js.cjs',
      'undici/lib/llhttp/llhttp_simd-wasm.js.cjs',
      'undici/lib/llhttp/llhttp-wasm.js.cjs',
      'undici/lib/web/fetch/body.js.cjs',
    ]),
  );
});

test('a thread that has begun imports from memory what it needs later, and what that shares with it once', () => {
  using directory = temporaryDirectory();
  const there = directory.file('there');
  mkdirSync(`${there}/node_modules/part`, { recursive: true });
  mkdirSync(`${there}/node_modules/other`);
  for (const name of ['part', 'other'])
    writeFileSync(`${there}/node_modules/${name}/package.json`, `{ "name": "${name}", "main": "index.js" }`);
  writeFileSync(
    `${there}/node_modules/part/index.js`,
    `exports.text = require('other').text + require('node:path').sep;`,
  );
  writeFileSync(`${there}/node_modules/other/index.js`, `exports.text = 'from memory';`);
  writeFileSync(`${there}/shared.mts`, `export const shared: { value: string } = { value: 'unset' };`);
  writeFileSync(
    `${there}/late.mts`,
    `import { text } from 'part'; import { shared } from './shared.mts'; export const said: string = text + shared.value;`,
  );
  writeFileSync(
    `${there}/main.mts`,
    `import { renameSync } from 'node:fs';
    import { holdModules, importFromMemory } from ${JSON.stringify(MEMORY_MODULES)};
    import { shared } from './shared.mts';
    const late = new URL('./late.mts', import.meta.url);
    await holdModules([late]);
    importFromMemory(late);
    renameSync(${JSON.stringify(there)}, ${JSON.stringify(directory.file('gone'))});
    shared.value = 'shared';
    process.stdout.write((await import(late.href)).said);`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, [`${there}/main.mts`], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], NODE_DISABLE_COMPILE_CACHE: '1' },
  });
  expect({ stdout, stderr }).toEqual({ stdout: 'from memory/shared', stderr: '' });
});

test('a CommonJS package among the imports of a thread comes from memory with all that it requires, whatever lies around it by then', async () => {
  using directory = temporaryDirectory();
  const part = directory.file('node_modules/part');
  mkdirSync(`${part}/lib`, { recursive: true });
  writeFileSync(`${part}/package.json`, '{ "name": "part", "main": "lib/index.js" }');
  writeFileSync(`${part}/lib/index.js`, `exports.late = () => require('./late').value;`);
  writeFileSync(`${part}/lib/late.js`, `exports.value = require('./data.json').value;`);
  writeFileSync(`${part}/lib/data.json`, '{ "value": "from memory" }');
  writeFileSync(
    directory.file('entry.mjs'),
    `import { parentPort } from 'node:worker_threads';
    import { late } from 'part';
    parentPort.postMessage(late());`,
  );
  const entry = pathToFileURL(directory.file('entry.mjs'));
  await holdModules([entry]);
  for (const name of ['package.json', 'lib/index.js', 'lib/late.js', 'lib/data.json'])
    writeFileSync(`${part}/${name}`, 'another release');
  expect(await said(startThread(entry, null))).toBe('from memory');
});
