import {
  chmod,
  lchown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isSameFile, placeOfOutput, writeOutput } from '../../src/lib/output-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cleanfeed-lib-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

// Was a fault: the link was replaced by the file, and what it names stayed as it was.
describe('an output that is a symbolic link', () => {
  test('is what it names: the link stays, through several and through folders that are links', async () => {
    await mkdir(at('real'));
    await symlink('real', at('folder'));
    await symlink('../second', at('real/first'));
    await symlink(at('real/file'), at('second'));
    await writeOutput(at('folder/first'), 'one');
    await writeOutput(at('folder/first'), 'two', { mode: 0o644 });
    expect(await readFile(at('real/file'), 'utf8')).toBe('two');
    expect(((await lstat(at('real/file'))).mode & 0o777).toString(8)).toBe('644');
    expect([await readlink(at('real/first')), await readlink(at('second'))]).toEqual(['../second', at('real/file')]);
    expect((await readdir(at('real'))).sort()).toEqual(['file', 'first']);
  });

  test('a file, or nothing, is itself', async () => {
    await writeOutput(at('file'), 'one');
    expect(await readdir(folder)).toEqual(['file']);
    expect(await placeOfOutput(at('file'))).toBe(at('file'));
    expect(await placeOfOutput('absent')).toBe('absent');
  });

  test('what cannot be written is named as it was asked for, and the link stays', async () => {
    await symlink('absent/file', at('nowhere'));
    await symlink('loop', at('pool'));
    await symlink('pool', at('loop'));
    await symlink('/dev/null', at('device'));
    await symlink('.', at('here'));
    for (const [name, code] of Object.entries({
      nowhere: 'ENOENT',
      loop: 'ELOOP',
      device: 'EFTYPE',
      here: 'EISDIR',
      'absent/file': 'ENOENT',
    }))
      await expect(writeOutput(at(name), 'x')).rejects.toMatchObject({ code, path: at(name) });
    expect((await readdir(folder)).sort()).toEqual(['device', 'here', 'loop', 'nowhere', 'pool']);
  });

  test('forty links are followed, as the system does it, and no more', async () => {
    await symlink('file', at('1'));
    for (let i = 2; i <= 41; i++) await symlink(String(i - 1), at(String(i)));
    expect(await placeOfOutput(at('40'))).toBe(at('file'));
    await expect(placeOfOutput(at('41'))).rejects.toMatchObject({ code: 'ELOOP' });
  });

  // `/dev/stdout`, `/dev/fd/1` and links to them, where the shell has sent it to a file.
  test('what this process has open is no place for a file', async () => {
    await using file = await open(at('file'), 'w');
    await symlink(`/proc/self/fd/${file.fd}`, at('stdout'));
    await symlink('stdout', at('link'));
    for (const path of [at('stdout'), at('link'), `/dev/fd/${file.fd}`])
      await expect(writeOutput(path, 'x')).rejects.toMatchObject({ code: 'EFTYPE', path });
    expect((await readdir(folder)).sort()).toEqual(['file', 'link', 'stdout']);
  });

  // As fs.protected_symlinks: root that writes to a name in /tmp would write wherever somebody else wants.
  test('a link of somebody else in a folder of everybody is not followed', async () => {
    if (process.geteuid?.() !== 0) return;
    await mkdir(at('tmp'));
    await chmod(at('tmp'), 0o1777);
    await symlink('../victim', at('tmp/theirs'));
    await lchown(at('tmp/theirs'), 65_534, 65_534);
    await symlink('../mine', at('tmp/ours'));
    await expect(writeOutput(at('tmp/theirs'), 'x')).rejects.toMatchObject({ code: 'EACCES', path: at('tmp/theirs') });
    await writeOutput(at('tmp/ours'), 'x');
    expect((await readdir(folder)).sort()).toEqual(['mine', 'tmp']);
    await chmod(at('tmp'), 0o755);
    await writeOutput(at('tmp/theirs'), 'x');
    expect((await readdir(folder)).sort()).toEqual(['mine', 'tmp', 'victim']);
  });
});

test('an output is the input by whatever name, and not a link to it that is another file', async () => {
  await mkdir(at('real'));
  await symlink('real', at('folder'));
  await writeOutput(at('real/file'), 'x');
  await symlink('real/file', at('link'));
  await link(at('real/file'), at('hard'));
  for (const path of ['real/file', 'folder/file', 'link', 'real/../link'])
    expect(await isSameFile(at('real/file'), at(path))).toBe(true);
  for (const path of ['hard', 'absent', 'absent/file']) expect(await isSameFile(at('real/file'), at(path))).toBe(false);
});
