/** The key of `admin.contentKey`: which are taken, and what is said of others. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { readContentKey } from '../../src/list/content-key.ts';
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
