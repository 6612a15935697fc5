/** What of each recipient's repository is published, and what REPO has lost of it. Whole commands: test/publish/lost-files.test.ts. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Repositories } from '../../../src/publish/repository/repositories.ts';
import { Publishing } from '../publishing.ts';

const NAME = 'isp-a';
let publishing: Publishing;
const timestamp = (): string => join(publishing.folders.repo, NAME, 'metadata', 'timestamp.json');

beforeEach(async () => {
  publishing = await Publishing.begin();
  await publishing.recipient(NAME);
  await publishing.commit(['a.example']);
});
afterEach(() => publishing[Symbol.dispose]());

async function read(): Promise<Repositories> {
  const repositories = new Repositories(publishing.folders);
  await repositories.read(NAME);
  return repositories;
}

test('a repository as it was published', async () => {
  const repositories = await read();
  expect([...repositories.all]).toEqual([repositories.published(NAME)]);
  expect(repositories.published(NAME)).toMatchObject({ version: 1 });
  expect([1, 2].map((version) => repositories.isLate(NAME, version))).toEqual([false, true]);
  expect({ isWhole: repositories.isWhole(NAME), outrun: repositories.outrun.size }).toEqual({
    isWhole: true,
    outrun: 0,
  });
});

test('of a recipient that nothing was published to there is nothing, and a version is late', async () => {
  const repositories = await read();
  await repositories.read('isp-b');
  expect(repositories.published('isp-b')).toBeNull();
  expect(repositories.lacking('isp-b')).toEqual([]);
  expect(repositories.isLate('isp-b', 1)).toBe(true);
});

test('a payload that REPO has no more is lacking, and its version late', async () => {
  rmSync(join(publishing.folders.repo, NAME, 'targets', 'match'), { recursive: true });
  const repositories = await read();
  expect(repositories.lacking(NAME).map(({ role, kind }) => `${role} ${kind}`)).toEqual(['targets target']);
  expect([repositories.isWhole(NAME), repositories.isLate(NAME, 1)]).toEqual([false, true]);
});

test('a timestamp that is not the one that was decided is written again; a newer one is told', async () => {
  const decided = readFileSync(timestamp(), 'utf8');
  writeFileSync(timestamp(), decided.replace(/^ {2}"version": \d+/m, '  "version": 99'));
  expect([...(await read()).outrun]).toEqual([[NAME, 99]]);
  expect(readFileSync(timestamp(), 'utf8')).toBe(decided);
});

test('a timestamp that cannot be written when it is read is written with what is published next', async () => {
  const decided = readFileSync(timestamp(), 'utf8');
  rmSync(timestamp());
  mkdirSync(timestamp());
  const repositories = await read();
  expect(repositories.isWhole(NAME)).toBe(false);
  await expect(repositories.publishDecided(NAME)).rejects.toThrow(/EISDIR|directory|folder/);
  rmSync(timestamp(), { recursive: true });
  await repositories.publishDecided(NAME);
  expect([readFileSync(timestamp(), 'utf8'), repositories.isWhole(NAME)]).toEqual([decided, true]);
});
