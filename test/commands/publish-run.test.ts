/** How a command of the publisher says what has failed, and by which exit code; a fault of the program is none of the publisher's. */
import { afterEach, expect, jest, test } from '@jest/globals';
import { reportingFaults } from '../../src/commands/publish-run.ts';
import { listError } from '../../src/list/list-error.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

/** @param cause what the command ends with. */
function failing(cause: unknown): { readonly code: Promise<unknown>; readonly said: string[] } {
  const said: string[] = [];
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  return { code: reportingFaults(() => Promise.reject(cause)), said };
}

const full = Object.assign(new Error("ENOSPC: no space left on device, write '/publisher/state.json'"), {
  code: 'ENOSPC',
});

const placed = (code: string, path: string): Error => Object.assign(new Error(`${code}: …`), { code, path });

test.each([
  ['a list', listError('corrupt', 'the list is damaged'), 65, 'the list is damaged'],
  ['the system', full, 78, full.message],
  // Was told by the system's words, with the name of the file that is written beside it.
  ['a place', placed('EEXIST', 'keys'), 78, 'keys: something else of that name is there'],
  ['a folder that is not there', placed('ENOENT', 'none/set'), 78, 'none/set: there is no such file or folder'],
])('a fault of %s is told in a line', async (_, error, code, message) => {
  const { code: ended, said } = failing(error);
  expect([await ended, said]).toEqual([code, [`cleanfeed: ${message}\n`]]);
});

// Was a fault: Node's own errors, which a mistake in the program brings about, were told as one of the configuration.
test.each([
  Object.assign(new TypeError('The "path" argument must be of type string'), { code: 'ERR_INVALID_ARG_TYPE' }),
  new TypeError('undefined is not a function'),
  'no error at all',
])('a fault of the program (%s) is left to whoever reports those', async (error) => {
  const { code, said } = failing(error);
  await expect(code).rejects.toBe(error);
  expect(said).toEqual([]);
});
