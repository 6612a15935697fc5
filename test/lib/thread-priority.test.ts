/** The nice value of one thread, and of no other. */
import { once } from 'node:events';
import { getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';

const MODULE = JSON.stringify(new URL('../../src/lib/thread-priority.ts', import.meta.url).href);
const CODE = `
  const { parentPort } = require('node:worker_threads');
  const { getPriority } = require('node:os');
  void import(${MODULE}).then(({ lowerThreadPriority }) => {
    lowerThreadPriority();
    parentPort.postMessage(getPriority());
  });
`;

test('a thread that gives way is nicer, and the others are as they were', async () => {
  const before = getPriority();
  const thread = new Worker(CODE, { eval: true });
  const [inThread]: unknown[] = await once(thread, 'message');
  await thread.terminate();
  expect(inThread).toBe(process.platform === 'linux' ? Math.min(19, before + 10) : before);
  expect(getPriority()).toBe(before);
});
