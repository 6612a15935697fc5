/** Small files of the publisher's state: absent is no fault, everything else that is not what it should be is one, with file and key. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { NUMBER, TEXT } from '../../../src/lib/json-shapes.ts';
import { listOf, mapping } from '../../../src/lib/shape.ts';
import { readState, writeState } from '../../../src/publish/state/state-file.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

const SHAPE = mapping({ version: NUMBER, keys: listOf(mapping({ file: TEXT })) });
const VALUE = { version: 1, keys: [{ file: 'root-1.pem' }] };
let directory: TemporaryDirectory;
let path: string;
beforeEach(() => {
  directory = temporaryDirectory();
  path = directory.file('state.json');
});
afterEach(() => directory[Symbol.dispose]());

test('what was written is read, and is for nobody else', async () => {
  await writeState(path, VALUE);
  expect(await readState(path, SHAPE)).toEqual(VALUE);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).toMatch(/\n$/);
});

test('what is not there is null', async () => {
  expect(await readState(path, SHAPE)).toBeNull();
  expect(await readState(directory.file('none/state.json'), SHAPE)).toBeNull();
});

test.each([
  ['', 'not JSON'],
  ['{"version":1', 'not JSON'],
  ['null', 'must be a mapping'],
  ['{"version":"1","keys":[]}', 'version: must be a number'],
  ['{"version":1e999,"keys":[]}', 'version: must be a number'],
  ['{"version":1}', 'keys: must be a list'],
  ['{"version":1,"keys":[{"file":7}]}', 'keys.0.file: must be a text'],
  ['{"version":1,"keys":[],"more":1}', 'has unknown keys: "more"'],
])('%j is damaged: %s', async (text, reason) => {
  writeFileSync(path, text);
  await expect(readState(path, SHAPE)).rejects.toMatchObject({
    code: 'publisher_state',
    message: `${path}: ${reason}`,
  });
  // Nothing was repaired.
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('what cannot be read is not taken for what is not there', async () => {
  mkdirSync(path);
  await expect(readState(path, SHAPE)).rejects.toMatchObject({
    code: 'publisher_state',
    message: `${path}: it is a folder`,
  });
});
