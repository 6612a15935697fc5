/** What counts as another file, or as the same one changed: nothing that was written is taken for what was there before. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { linkSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { ABSENT, identityOf, lookAt } from '../../../src/list/source/file-identity.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = temporaryDirectory();
  writeFileSync(directory.file('list'), 'a.example\n');
});
afterEach(() => directory[Symbol.dispose]());

const identity = async (name = 'list'): Promise<string> => (await lookAt(directory.file(name))).identity;

test('the same file is the same, by whichever name', async () => {
  linkSync(directory.file('list'), directory.file('other'));
  symlinkSync('list', directory.file('link'));
  const seen = await identity();
  expect(await identity()).toBe(seen);
  expect([await identity('other'), await identity('link')]).toEqual([seen, seen]);
  expect(identityOf(statSync(directory.file('list'), { bigint: true }))).toBe(seen);
});

test('a file that was renamed over it is another one, though it holds the same and says the same time', async () => {
  const before = await identity();
  const { atime, mtime } = statSync(directory.file('list'));
  writeFileSync(directory.file('new'), 'a.example\n');
  utimesSync(directory.file('new'), atime, mtime);
  renameSync(directory.file('new'), directory.file('list'));
  expect(await identity()).not.toBe(before);
});

test('a time that was set back does not hide that it was written: the time of the change cannot be set', async () => {
  const before = await lookAt(directory.file('list'));
  utimesSync(directory.file('list'), 0, 0);
  const after = await lookAt(directory.file('list'));
  expect(after.identity).not.toBe(before.identity);
  expect(after.changedAt).toBeGreaterThanOrEqual(before.changedAt!);
});

test('a link that leads elsewhere is another file', async () => {
  writeFileSync(directory.file('second'), 'b.example\n');
  symlinkSync('list', directory.file('link'));
  const before = await identity('link');
  rmSync(directory.file('link'));
  symlinkSync('second', directory.file('link'));
  expect(await identity('link')).not.toBe(before);
});

test('what is not there, or leads nowhere, is absent; a folder is something', async () => {
  symlinkSync('nowhere', directory.file('link'));
  mkdirSync(directory.file('folder'));
  expect(await lookAt(directory.file('none'))).toEqual({ identity: ABSENT, changedAt: null, isDatedBySeconds: false });
  expect(await identity('link')).toBe(ABSENT);
  expect(await identity('list/below')).toBe(ABSENT);
  expect(await identity('folder')).not.toBe(ABSENT);
});
