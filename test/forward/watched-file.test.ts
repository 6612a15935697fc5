/** A small file that may change at any time, where the times of files go by steps. */
import { statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { WatchedFile } from '../../src/forward/watched-file.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts';

let directory: TemporaryDirectory;

beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => {
  jest.restoreAllMocks();
  directory[Symbol.dispose]();
});

// Was a fault: whoever wrote within the step of the last look, and as many bytes as there were, was not seen.
test('an edit that leaves the size and the times as they were is seen, where the file was young at the last look; each text is told once', () => {
  const file = directory.file('hosts');
  writeFileSync(file, 'one\n');
  const stats = statSync(file);
  const now = jest.spyOn(Date, 'now').mockReturnValue(stats.ctimeMs);
  const watched = new WatchedFile(file, 100, () => stats);
  expect(watched.changed(0)).toBe('one\n');
  writeFileSync(file, 'two\n');
  expect(watched.changed(1000)).toBe('two\n');
  expect(watched.changed(2000)).toBeNull();
  now.mockReturnValue(stats.ctimeMs + 2000);
  expect([watched.changed(3000), watched.changed(4000)]).toEqual([null, null]);
});
