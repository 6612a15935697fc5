/** The name that an installation gives itself: kept, agreed on by processes that start at once, never a host name. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeFileAtomic } from '../../src/lib/atomic-file.ts';
import { loadPseudonym } from '../../src/workers/pseudonym.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cleanfeed-pseudonym-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('is kept, and is no host name', async () => {
  const directory = join(folder, 'state', 'cleanfeed');
  const first = await loadPseudonym(directory);
  expect(first).toEqual({ value: expect.stringMatching(/^cf-[0-9a-f]{12}$/), warning: null });
  expect(await loadPseudonym(directory)).toEqual(first);
  expect((await stat(join(directory, 'pseudonym'))).mode & 0o777).toBe(0o600);
});

test('two processes that start at once agree', async () => {
  const both = await Promise.all(Array.from({ length: 4 }, () => loadPseudonym(folder)));
  expect(new Set(both.map(({ value }) => value)).size).toBe(1);
});

test('a damaged file is replaced', async () => {
  await writeFileAtomic(join(folder, 'pseudonym'), 'proxy.isp.example\r\nX: y');
  const fresh = await loadPseudonym(folder);
  expect(fresh.value).toMatch(/^cf-[0-9a-f]{12}$/);
  expect(await loadPseudonym(folder)).toEqual(fresh);
});

test('without a usable directory it lives in memory, with a warning', async () => {
  await writeFileAtomic(join(folder, 'file'), '');
  const { value, warning } = await loadPseudonym(join(folder, 'file', 'state'));
  expect(value).toMatch(/^cf-[0-9a-f]{12}$/);
  expect(warning).toMatch(/cannot be used \(ENOTDIR\)/);
});
