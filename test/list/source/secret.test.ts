/** Secrets that the configuration names: which files are read, and what is said of others. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { readSecret } from '../../../src/list/source/secret.ts';
import { testAsRoot } from '../../support/programs.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

let directory: TemporaryDirectory;

beforeEach(() => {
  directory = temporaryDirectory();
  writeFileSync(directory.file('key'), 'secret text', { mode: 0o600 });
  process.env['CREDENTIALS_DIRECTORY'] = directory.path;
});
afterEach(() => {
  delete process.env['CREDENTIALS_DIRECTORY'];
  directory[Symbol.dispose]();
});

const ofFile = async (name: string): Promise<string> => await readSecret({ kind: 'file', path: directory.file(name) });

test.each([0o600, 0o400])('a file of mode %o', async (mode) => {
  chmodSync(directory.file('key'), mode);
  expect(await ofFile('key')).toBe('secret text');
});

test.each([0o640, 0o604, 0o620, 0o601])('a file of mode %o is refused, and its name is told', async (mode) => {
  chmodSync(directory.file('key'), mode);
  await expect(ofFile('key')).rejects.toMatchObject({
    code: 'secret',
    message: `${directory.file('key')} may be read or written by others (mode ${mode.toString(8)}); chmod 600 or 400 it`,
  });
});

test('a credential of the service manager', async () => {
  expect(await readSecret({ kind: 'credential', name: 'key' })).toBe('secret text');
});

// As systemd makes it for a unit with `User=`: 0400, and an ACL whose mask is shown as the group's permission.
testAsRoot('a credential that belongs to root')('a credential with an ACL for the user of the service', async () => {
  chmodSync(directory.file('key'), 0o440);
  expect(await readSecret({ kind: 'credential', name: 'key' })).toBe('secret text');
});

// CREDENTIALS_DIRECTORY may name any folder: there the group's permission is what it says.
testAsRoot('a credential of another group')(
  'a credential that a group other than that of root may read is refused',
  async () => {
    chownSync(directory.file('key'), 0, 4711);
    chmodSync(directory.file('key'), 0o440);
    await expect(readSecret({ kind: 'credential', name: 'key' })).rejects.toMatchObject({
      code: 'secret',
      message: expect.stringContaining('(mode 440)'),
    });
  },
);

test.each([0o444, 0o460, 0o420, 0o404, 0o450])('a credential of mode %o is refused', async (mode) => {
  chmodSync(directory.file('key'), mode);
  await expect(readSecret({ kind: 'credential', name: 'key' })).rejects.toMatchObject({
    code: 'secret',
    message: expect.stringContaining(`(mode ${mode.toString(8)})`),
  });
});

test('a credential, and no service manager', async () => {
  delete process.env['CREDENTIALS_DIRECTORY'];
  await expect(readSecret({ kind: 'credential', name: 'key' })).rejects.toMatchObject({
    code: 'secret',
    message: expect.stringContaining('LoadCredential=key:/path'),
  });
});

test('what is not there, is no file, or is too large', async () => {
  mkdirSync(directory.file('folder'), 0o700);
  writeFileSync(directory.file('large'), 'x'.repeat(64 * 1024 + 1), { mode: 0o600 });
  writeFileSync(directory.file('at the limit'), 'x'.repeat(64 * 1024), { mode: 0o600 });
  for (const name of ['none', 'folder', 'large']) await expect(ofFile(name)).rejects.toMatchObject({ code: 'secret' });
  expect(await ofFile('at the limit')).toHaveLength(64 * 1024);
});
