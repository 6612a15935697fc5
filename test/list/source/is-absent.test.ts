/** A file is absent where the system says so, and not where it says anything else. */
import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { isAbsent } from '../../../src/list/source/is-absent.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

test('what is not there, in a folder that is or is not; not what cannot be looked at', async () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('here'), '');
  const absent = ['here', 'gone', 'gone/below', 'here/below'].map((name) => isAbsent(directory.file(name)));
  expect(await Promise.all(absent)).toEqual([false, true, true, false]);
});
