/** Copies of lists that are gone: which are removed, and which stay. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import type { ListConfig } from '../../../src/config/list-types.ts';
import { copyPaths, writeCachedCopy } from '../../../src/list/source/cached-copy.ts';
import { removeStrayCopies } from '../../../src/list/source/stray-copies.ts';
import { NO_TERMS } from '../../support/http-terms.ts';
import { listConfig } from '../../support/list-config.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

const OWN = '/etc/cleanfeed/a.yaml';
const URL_NOW = 'https://lists.example/now.txt';
let directory: TemporaryDirectory;

beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory[Symbol.dispose]());

const list = (name: string, url: string): ListConfig => ({
  ...listConfig(name, ''),
  source: { kind: 'https', url, intervalMs: 1000, http: NO_TERMS },
});

async function copy(name: string, url: string, owner = OWN): Promise<string> {
  const path = copyPaths({ stateDirectory: directory.path, owner }, name, url).copy;
  const bytes = Buffer.from('a.example\n');
  await writeCachedCopy({ path, owner, url }, { bytes, fetchedAt: 0, etag: null, lastModified: null, sha256: '' });
  return path;
}

const left = (): string[] => readdirSync(directory.file('lists')).map((name) => directory.file(`lists/${name}`));

test('of another URL, and of a list that is gone', async () => {
  const used = await copy('far', URL_NOW);
  await copy('far', 'https://lists.example/before.txt');
  await copy('gone', URL_NOW);
  await removeStrayCopies({ stateDirectory: directory.path, owner: OWN }, [
    list('far', URL_NOW),
    listConfig('near', '/near.txt'),
  ]);
  expect(left()).toEqual([used]);
});

test('not those of another instance, nor what says nothing, nor another file', async () => {
  const others = await copy('far', 'https://lists.example/other.txt', '/etc/cleanfeed/b.yaml');
  const files = ['damaged.cache', 'empty.cache', 'notes.txt'].map((name) => directory.file(`lists/${name}`));
  for (const [i, file] of files.entries()) writeFileSync(file, i === 0 ? '{"owner":\n' : '');
  await removeStrayCopies({ stateDirectory: directory.path, owner: OWN }, []);
  expect(left().sort()).toEqual([others, ...files].sort());
});

test('a directory that is not there, or a folder in the place of a copy, is no failure', async () => {
  await removeStrayCopies({ stateDirectory: directory.path, owner: OWN }, []);
  mkdirSync(directory.file('lists/odd.cache'), { recursive: true });
  await removeStrayCopies({ stateDirectory: directory.path, owner: OWN }, []);
  expect(left()).toHaveLength(1);
});
