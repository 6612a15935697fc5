/** The name of a target's file. */
import { expect, test } from '@jest/globals';
import { targetFile } from '../../../../src/list/source/tuf/target-file.ts';

test.each([
  ['records.bin', 'ab12.records.bin'],
  ['log/7.head', 'log/ab12.7.head'],
  ['a/b/c.age', 'a/b/ab12.c.age'],
])('%s lies in %s', (path, file) => {
  expect(targetFile({ path, sha256: 'ab12' })).toBe(file);
});
