/** The key of `admin.contentKey`: which are taken, and what is said of others. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { keptContentKey, readContentKey } from '../../src/list/content-key.ts';
import { memoryLog } from '../support/memory-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

let directory: TemporaryDirectory;

beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory[Symbol.dispose]());

const read = async (content: string, mode = 0o600): Promise<string> => {
  writeFileSync(directory.file('key'), content, { mode });
  return Buffer.from(await readContentKey({ kind: 'file', path: directory.file('key') })).toString();
};

test('a line of 32 characters; how the line ends does not matter', async () => {
  const key = 'k'.repeat(32);
  expect([await read(key), await read(`${key}\n`), await read(`${key}\r\n`)]).toEqual([key, key, key]);
});

test('one that can be guessed is refused, and not told', async () => {
  await expect(read(`${'k'.repeat(31)}\n`)).rejects.toMatchObject({
    code: 'secret',
    message: `${directory.file('key')} has 31 characters; a key for admin.contentKey has at least 32, like one of: openssl rand -hex 32`,
  });
});

test('one that others may read is refused', async () => {
  await expect(read('k'.repeat(64), 0o640)).rejects.toMatchObject({ code: 'secret' });
});

// Was a fault: a key that could not be read at the start was given up for as long as the process ran.
test('one that cannot be read is tried again by the next run, and kept from the one on that could', async () => {
  const key = 'k'.repeat(32);
  const path = directory.file('key');
  const log = memoryLog();
  const kept = keptContentKey({ kind: 'file', path }, log);
  const unusable = (): readonly unknown[] => log.named('lists.content_key_unusable');
  expect(await kept()).toBeNull();
  writeFileSync(path, key, { mode: 0o640 });
  expect(await kept()).toBeNull();
  expect(unusable()).toMatchObject([
    { reason: expect.stringContaining('cannot be read') },
    { reason: expect.stringContaining('chmod 600 or 400') },
  ]);
  chmodSync(path, 0o600);
  expect(Buffer.from((await kept()) ?? []).toString()).toBe(key);
  rmSync(path);
  expect(Buffer.from((await kept()) ?? []).toString()).toBe(key);
  expect(unusable()).toHaveLength(2);
});

test('where none is configured there is none, and nothing to tell', async () => {
  const log = memoryLog();
  expect(await keptContentKey(null, log)()).toBeNull();
  expect(log.named('lists.content_key_unusable')).toEqual([]);
});
