/** `cleanfeed verify-release`, on folders that sha256sum and openssl have signed: what was changed behind the signature is named, whatever it is. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { commandsInOneProcess } from './commands-in-one-process.ts';

const cleanfeed = commandsInOneProcess();
const UNVERIFIED = 'release_unverified';
const DEB = 'cleanfeed_0.1.0_all.deb';

let directory: TemporaryDirectory;
let folder: string;
beforeEach(() => {
  directory = temporaryDirectory();
  folder = directory.file('release');
  mkdirSync(`${folder}/apt`, { recursive: true });
  writeFileSync(`${folder}/${DEB}`, 'a package');
  writeFileSync(`${folder}/apt/Release`, 'an index');
  for (const name of ['ours', 'other']) key(name, 'ed25519');
  inShell(`sha256sum -- ${DEB} apt/Release > SHA256SUMS`);
  sign();
});
afterEach(() => directory[Symbol.dispose]());

function inShell(command: string): void {
  execFileSync('sh', ['-ec', command], { cwd: folder, stdio: 'pipe' });
}

function key(name: string, algorithm: string): void {
  inShell(
    `openssl genpkey -algorithm ${algorithm} -out ../${name}.key && openssl pkey -in ../${name}.key -pubout -out ../${name}.pem`,
  );
}

function sign(): void {
  inShell('openssl pkeyutl -sign -inkey ../ours.key -rawin -in SHA256SUMS -out SHA256SUMS.sig');
}

async function verify(
  path = folder,
  name = 'ours.pem',
): Promise<{ readonly code: number | null; readonly said: string }> {
  const { code, stdout, stderr } = await cleanfeed(['verify-release', path, '--key', directory.file(name)]);
  return { code, said: `${stdout}${stderr}` };
}

test('what is as it was signed: the folder, and one file of it', async () => {
  expect(await verify()).toEqual({ code: 0, said: `${folder}: 2 files as signed\n` });
  expect(await verify(`${folder}/${DEB}`)).toMatchObject({ code: 0 });
  const { stdout } = await cleanfeed(['verify-release', folder, '-k', directory.file('ours.pem'), '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, files: [{ path: DEB, state: 'ok' }, { path: 'apt/Release' }] });
});

test.each([
  {
    name: 'a file with a byte more',
    change: () => appendFileSync(`${folder}/${DEB}`, '.'),
    says: `${DEB} is not what was signed`,
  },
  { name: 'a file that is gone', change: () => rmSync(`${folder}/apt/Release`), says: 'apt/Release is missing' },
  {
    name: 'a file more',
    change: () => writeFileSync(`${folder}/apt/InRelease`, ''),
    says: 'apt/InRelease is not in SHA256SUMS',
  },
  { name: 'a checksum more', change: () => inShell('sha256sum SHA256SUMS.sig >> SHA256SUMS'), says: 'not by this key' },
  {
    name: 'no signature',
    change: () => rmSync(`${folder}/SHA256SUMS.sig`),
    says: 'SHA256SUMS.sig: there is no such file',
  },
  {
    name: 'a signed path outside of the folder',
    change: () => (inShell('sha256sum ../ours.pem >> SHA256SUMS'), sign()),
    says: 'SHA256SUMS:3: no line',
  },
  {
    name: 'a signed file that is cut off',
    change: () => (inShell('truncate -s -1 SHA256SUMS'), sign()),
    says: 'SHA256SUMS:2: the last line is cut off',
  },
])('refused: $name', async ({ change, says }) => {
  change();
  const { code, said } = await verify();
  expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining(says) });
  if (says.startsWith('not by')) expect(said).toContain(UNVERIFIED);
});

test.each([
  { name: 'another key', file: 'other.pem', says: 'not by this key' },
  { name: 'a key of another kind', file: 'x.pem', says: 'is a key of x25519' },
  { name: 'a file that is no key', file: `release/${DEB}`, says: 'is no public key in PEM' },
])('refused: $name', async ({ file, says }) => {
  key('x', 'x25519');
  const { code, said } = await verify(folder, file);
  expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining(says) });
});
