/** When the sockets that listen are bounded; that it helps is shown by test/e2e/slow-reader.long.test.ts. */
import { once } from 'node:events';
import { openSync, closeSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadNative } from '../../src/lib/native.ts';
import { UnsentBound } from '../../src/memory/unsent-bound.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory[Symbol.dispose]());

async function boundedWith(
  sysctl: string | null,
): Promise<{ readonly descriptors: ReadonlySet<number>; readonly looks: number }> {
  if (sysctl !== null) writeFileSync(directory.file('lowat'), `${sysctl}\n`);
  const asked: number[] = [];
  const bound = new UnsentBound({ boundUnsent: (descriptor) => void asked.push(descriptor) }, directory.file('lowat'));
  await Promise.all([bound.listening(), bound.listening(), bound.listening()]);
  return { descriptors: new Set(asked), looks: asked.filter((descriptor) => descriptor === 0).length };
}

test.each(['4294967295', null])(
  'every descriptor is looked at where the system bounds nothing, or does not tell (%s)',
  async (sysctl) => {
    const own = openSync(directory.file('own'), 'w');
    const { descriptors, looks } = await boundedWith(sysctl);
    closeSync(own);
    expect(descriptors.has(own)).toBe(true);
    // Who comes while it is at work shares the next look.
    expect(looks).toBe(2);
  },
);

test('what the operator has set stands', async () => {
  expect((await boundedWith('131072')).descriptors.size).toBe(0);
});

test('without the native edge nothing happens', async () => {
  await expect(new UnsentBound(null).listening()).resolves.toBeUndefined();
});

test('a socket that listens, one that does not, a file, none at all: nothing is thrown', async () => {
  const native = (await loadNative())!;
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const file = openSync(directory.file('own'), 'w');
  for (let descriptor = 0; descriptor < 100; descriptor++)
    expect(() => native.boundUnsent(descriptor, 65_536)).not.toThrow();
  expect(() => native.boundUnsent(99_999, 65_536)).not.toThrow();
  closeSync(file);
  server.close();
});
