/** New commits, in small histories made here: subjects, rises of a number, a clone without the base. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { checkCommits } from './commits.ts';
import { FILE } from './ratchets.ts';
import type { Ratchets } from './ratchets.ts';

const LONG = 'a'.repeat(73);
let directory: ReturnType<typeof temporaryDirectory>;
let folder = '';

beforeEach(() => {
  directory = temporaryDirectory();
  folder = directory.file('work');
  mkdirSync(join(folder, 'test', 'house'), { recursive: true });
  git('init', '-q', '-b', 'main');
});
afterEach(() => directory[Symbol.dispose]());

function git(...args: readonly string[]): string {
  const who = ['-c', 'user.name=A', '-c', 'user.email=a@host.example', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...who, ...args], { cwd: folder, encoding: 'utf8', stdio: 'pipe' }).trim();
}

function commit(subject: string, ratchets?: Ratchets): string {
  if (ratchets !== undefined) writeFileSync(join(folder, FILE), JSON.stringify(ratchets));
  git('add', '-A');
  git('commit', '-q', '--allow-empty', '-m', subject);
  return git('rev-parse', 'HEAD');
}

test('subjects since the first numbers are held; those before, and those of the base, are not', () => {
  commit(LONG);
  const first = commit(LONG, { codeLines: { most: 10 } });
  const base = commit(LONG);
  const bad = commit(`${LONG}\n\nthe reason`);
  commit('a'.repeat(72));
  expect(checkCommits(folder, base)).toEqual({
    commits: 2,
    faults: [expect.stringMatching(`^${bad.slice(0, 12)}: its subject has 73 characters`)],
    note: null,
  });
  expect(checkCommits(folder, first).faults).toHaveLength(2);
  expect(checkCommits(folder).commits).toBe(3);
});

test('a number rises with a reason only', () => {
  const base = commit('numbers', { codeLines: { most: 10 }, modeComparisons: { most: 1 } });
  commit('fall', { codeLines: { most: 9 }, modeComparisons: { most: 1 } });
  commit('reasoned', { codeLines: { most: 11, reason: 'a capability' }, modeComparisons: { most: 1 } });
  expect(checkCommits(folder, base)).toMatchObject({ commits: 2, faults: [] });
  commit('not reasoned', {
    codeLines: { most: 12, reason: 'a capability' },
    modeComparisons: { most: 2, reason: 'b' },
  });
  expect(checkCommits(folder, base).faults).toEqual([
    expect.stringMatching(/codeLines rises from 11 to 12 without a new reason/),
    expect.stringMatching(/modeComparisons rises from 1 to 2: it may only fall/),
  ]);
});

test('a shallow clone says that it is one, and holds what it has', () => {
  const base = commit('numbers', { codeLines: { most: 10 } });
  commit('older');
  commit('old');
  commit(LONG);
  const origin = folder;
  folder = directory.path;
  git('clone', '-q', '--depth', '2', `file://${origin}`, 'shallow');
  const shallow = join(directory.path, 'shallow');
  expect(checkCommits(shallow)).toEqual({
    commits: 1,
    faults: [expect.stringMatching(/its subject has 73/)],
    note: expect.stringMatching(/shallow/),
  });
  expect(checkCommits(shallow, base)).toEqual({
    commits: 0,
    faults: [],
    note: expect.stringMatching(/not in this clone/),
  });
});

test('a tree without history, or without the numbers, has nothing to hold', () => {
  expect(checkCommits(folder).note).toMatch(/no history/);
  commit(LONG);
  expect(checkCommits(folder)).toEqual({ commits: 0, faults: [], note: expect.stringMatching(/no commit has/) });
});
