/** The file of past runs. */
import { appendFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { addToHistory, historyFile, readHistory } from './history.ts';

const RUN = { at: '2026-01-01T00:00:00.000Z', commit: 'c', ring: 'test', seed: 1, passed: true, retried: [] };

test('keeps runs in order, in a folder that it makes, and takes a line that was cut for none', () => {
  using directory = temporaryDirectory();
  const file = directory.file('deep/er/runs.jsonl');
  expect(readHistory(file)).toEqual([]);
  expect(addToHistory(file, RUN)).toBeNull();
  appendFileSync(file, '{"at":\n');
  expect(addToHistory(file, { ...RUN, seed: 2 })).toBeNull();
  expect(readHistory(file).map(({ seed }) => seed)).toEqual([1, 2]);
});

test('says why it cannot be written', () => {
  expect(addToHistory('/dev/null/runs.jsonl', RUN)).toMatch(/ENOTDIR|EEXIST/);
});

test('lies where the environment says', () => {
  expect(historyFile({ CLEANFEED_TEST_HISTORY: '/a/b' })).toBe('/a/b');
  expect(historyFile({ XDG_STATE_HOME: '/s' })).toBe('/s/cleanfeed/test-runs.jsonl');
});
