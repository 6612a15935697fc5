/** What an operator pins: a root that is none is refused, and what was kept under another root is believed only as far as that one vouched for it. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pinnedRoot, storedTrust, withRoot } from '../../../../src/list/source/tuf/pinned-root.ts';
import { emptyState } from '../../../../src/list/source/tuf/stored-state.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';

const ROOT = readFileSync(join(import.meta.dirname, '..', '..', '..', 'publish', 'vectors', 'root.json'), 'utf8');
let directory: TemporaryDirectory;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory[Symbol.dispose]());

test('a root is given byte for byte', async () => {
  writeFileSync(directory.file('root.json'), ROOT);
  expect(await pinnedRoot(directory.file('root.json'))).toBe(ROOT);
});

test.each([
  ['that is not there', null, 'unreadable'],
  ['that is no root', '{"signed":{"_type":"targets"},"signatures":[]}', 'inconsistent'],
  ['that is no JSON', 'root', 'inconsistent'],
  ['that somebody has changed', ROOT.replace('"expires": "2', '"expires": "3'), 'signature'],
])('a file %s is refused, and named where it cannot be read', async (_, content, code) => {
  const path = directory.file('root.json');
  if (content !== null) writeFileSync(path, content);
  await expect(pinnedRoot(path)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(content === null ? path : 'root.json'),
  });
});

const KEPT = {
  ...emptyState('before', 'the root before'),
  metadata: { root: 'the root before', timestamp: '{}' },
  signedAt: 7,
  listSignedAt: 6,
  head: { sha256: '', note: '', version: 1, digest: null },
  logged: ['1@a'],
  current: 5,
  notes: { held: null, accepted: null, pinned: '4@b' },
};

test('under the same root all of it holds', () => {
  expect(withRoot(KEPT, 'before', 'the root before')).toBe(KEPT);
});

test('under another one the log and the times that were signed begin anew; what is in force and pinned stays', () => {
  expect(withRoot(KEPT, 'now', 'the root now')).toEqual({
    ...KEPT,
    pinnedRoot: 'now',
    metadata: { root: 'the root now', timestamp: '{}' },
    signedAt: 0,
    listSignedAt: 0,
    head: null,
    logged: null,
  });
});

test('metadata that the root does not vouch for is not trusted, and none is no fault', () => {
  const reasons: string[] = [];
  const told = (reason: string): void => void reasons.push(reason);
  expect(storedTrust(emptyState('', ROOT), told)).toBeNull();
  expect(reasons).toEqual([]);
  expect(storedTrust(KEPT, told)).toBeNull();
  expect(reasons).toEqual([expect.stringContaining('root.json')]);
});
