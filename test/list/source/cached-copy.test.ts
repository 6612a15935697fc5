/** What is found where the copy of a list is kept: the copy, nothing, or why what is there cannot be used. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { yieldToEventLoop } from '../../../src/lib/pauses.ts';
import { readCachedCopy, writeCachedCopy } from '../../../src/list/source/cached-copy.ts';
import { countedMemory } from '../../support/counted-memory.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

const URL_OF_LIST = 'https://lists.example/a.txt';
const BYTES = Buffer.from('a.example\n');
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
const COPY = { bytes: BYTES, fetchedAt: 5, etag: '"v1"', lastModified: null, sha256: SHA256 };

let directory: TemporaryDirectory;
let path: string;

beforeEach(async () => {
  directory = temporaryDirectory();
  path = directory.file('copy');
  await writeCachedCopy({ path, owner: '/f.yaml', url: URL_OF_LIST }, COPY);
});

afterEach(() => directory[Symbol.dispose]());

const find = async (url = URL_OF_LIST): ReturnType<typeof readCachedCopy> =>
  await readCachedCopy(path, url, { memory: countedMemory(), rest: yieldToEventLoop });

test('the copy, with what the server said of it', async () => {
  const found = await find();
  const copy = found.kind === 'copy' ? found.copy : null;
  expect(copy).toMatchObject({ fetchedAt: 5, etag: '"v1"', lastModified: null });
  expect(Buffer.from(copy?.bytes ?? []).toString()).toBe('a.example\n');
});

test('no copy where there is no file', async () => {
  rmSync(path);
  expect(await find()).toEqual({ kind: 'none' });
});

test('a header as long as it may be, and one character longer', async () => {
  const [header = ''] = readFileSync(path, 'utf8').split('\n', 1);
  const withHeader = (length: number): void => writeFileSync(path, `${header.padEnd(length)}\n${BYTES.toString()}`);
  withHeader(64 * 1024 - 1);
  expect(await find()).toMatchObject({ kind: 'copy' });
  withHeader(64 * 1024);
  expect(await find()).toEqual({ kind: 'unusable', reason: 'it is damaged' });
});

test('the copy of another URL', async () => {
  expect(await find('https://lists.example/b.txt')).toEqual({
    kind: 'unusable',
    reason: 'it is the copy of another URL',
  });
});

const rewrite = (change: (text: string) => string): void => writeFileSync(path, change(readFileSync(path, 'utf8')));

test.each([
  { name: 'a byte more', reason: 'it is damaged', spoil: () => rewrite((text) => `${text}x`) },
  { name: 'no header', reason: 'it is damaged', spoil: () => rewrite(() => 'a.example\n') },
  { name: 'a header that is no object', reason: 'it is damaged', spoil: () => rewrite(() => 'null\n') },
  {
    name: 'another format',
    reason: 'it has another format',
    spoil: () => rewrite((text) => text.replace('"format":1', '"format":2')),
  },
  {
    name: 'a folder',
    reason: 'it is a folder',
    spoil: () => {
      rmSync(path);
      mkdirSync(path);
    },
  },
])('$name: $reason', async ({ spoil, reason }) => {
  spoil();
  expect(await find()).toEqual({ kind: 'unusable', reason });
});
