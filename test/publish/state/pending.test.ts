/** The write-ahead of a version: what an interrupted command goes on with is what was written, or a fault that is told. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dropPending, readPending, writePending } from '../../../src/publish/state/pending.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

let directory: TemporaryDirectory;
const folders = () => ({ repo: directory.file('repo'), keys: directory.path });
beforeEach(() => {
  directory = temporaryDirectory();
  mkdirSync(directory.file('state'));
});
afterEach(() => directory[Symbol.dispose]());

const RESULTS = [
  {
    recipient: 'isp-a',
    targets: [
      { path: 'match/1/1/7.full', length: 65_736, sha256: 'ab'.repeat(32), custom: { version: 7, digest: 'cd' } },
      { path: 'names/2/7.full', length: 1, sha256: 'ef'.repeat(32) },
    ],
    digests: { 'match/1/1': 'cd' },
  },
];

test('written, read, dropped', async () => {
  expect(await readPending(folders())).toBeNull();
  await writePending(folders(), 7, RESULTS);
  expect(await readPending(folders())).toEqual({ version: 7, results: RESULTS });
  await dropPending(folders());
  expect(await readPending(folders())).toBeNull();
  // Nothing to drop is no fault.
  await dropPending(folders());
});

test.each([
  ['{"version":7,', 'not JSON'],
  ['{"version":7.5,"results":[]}', 'version: must be a whole number'],
  [
    '{"version":7,"results":[{"recipient":"a","digests":{},"targets":[{"path":"p","length":"1","sha256":"s"}]}]}',
    'results.0.targets.0.length: must be a whole number',
  ],
])('%j is told as damaged, and is never taken for nothing', async (text, reason) => {
  writeFileSync(directory.file('state/pending.json'), text);
  await expect(readPending(folders())).rejects.toMatchObject({
    code: 'publisher_state',
    message: expect.stringContaining(`pending.json: ${reason}`),
  });
});
