/** The journal is the file that systemd names, and no other. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { isJournal } from '../../src/lib/journal.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('by device and number of the file', () => {
  using directory = temporaryDirectory();
  const descriptor = openSync(directory.file('stream'), 'w');
  const { dev, ino } = fstatSync(descriptor, { bigint: true });
  const streams = [`${dev}:${ino}`, `${dev}:${ino}0`, '', undefined];
  expect(streams.map((stream) => isJournal(descriptor, { JOURNAL_STREAM: stream }))).toEqual([
    true,
    false,
    false,
    false,
  ]);
  closeSync(descriptor);
  expect(isJournal(descriptor, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(false);
});
