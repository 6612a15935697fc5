import { execFileSync } from 'node:child_process';
import {
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFileAtomic, removeStrays, writeFileAtomic } from '../../src/lib/atomic-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cleanfeed-lib-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('what killed processes have left beside a file', () => {
  const now = Date.now();
  async function afterRemoval(...names: readonly string[]): Promise<readonly string[]> {
    for (const name of names) {
      if (name.endsWith('/')) await mkdir(join(folder, name));
      else await writeFile(join(folder, name), '');
      await utimes(join(folder, name), now / 1000 - 11, now / 1000 - 11);
    }
    await removeStrays(join(folder, 'kept'), { now, ageMs: 10_000 });
    return (await readdir(folder)).sort();
  }

  test('is removed', async () => {
    expect(await afterRemoval('.kept.0123456789ab.tmp', '.kept.cdef01234567.tmp')).toEqual([]);
  });

  // Was a fault: whatever began and ended so was removed, an operator's own file and a file of another name, too.
  test.each([
    '.kept.tmp',
    '.kept..tmp',
    '.kept.old.tmp',
    '.kept.0123456789AB.tmp',
    '.kept.0123456789abc.tmp',
    '.kept.0123456789ab',
    '.kept.more.0123456789ab.tmp',
    'xkept.0123456789ab.tmp',
  ])('is not what others have there: %s', async (name) => {
    expect(await afterRemoval(name)).toEqual([name]);
  });

  test('is not removed while it may still be written', async () => {
    expect(await afterRemoval('.kept.0123456789ab.tmp')).toEqual([]);
    await writeFile(join(folder, '.kept.0123456789ab.tmp'), '');
    await removeStrays(join(folder, 'kept'), { now, ageMs: 3_600_000 });
    expect(await readdir(folder)).toEqual(['.kept.0123456789ab.tmp']);
  });

  // Was a fault: it rejected, and what was to be written then was not.
  test('stays where it cannot be removed, and nothing is said of it', async () => {
    expect(await afterRemoval('.kept.0123456789ab.tmp/', '.kept.123456789abc.tmp')).toEqual(['.kept.0123456789ab.tmp']);
    await removeStrays(join(folder, 'missing', 'kept'), { now, ageMs: 0 });
  });
});

describe('atomic files', () => {
  test('replace the file, private by default, and leave nothing beside it', async () => {
    const path = join(folder, 'kept');
    await writeFileAtomic(path, 'one');
    await writeFileAtomic(path, 'two');
    expect(await readFile(path, 'utf8')).toBe('two');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['kept']);
  });

  test('a failure leaves nothing behind', async () => {
    await expect(writeFileAtomic(join(folder, 'missing', 'kept'), 'x')).rejects.toMatchObject({ code: 'ENOENT' });
    // A folder of that name cannot be replaced by a file.
    await expect(writeFileAtomic(folder, 'x')).rejects.toMatchObject({ code: 'EISDIR' });
    expect(await readdir(folder)).toEqual([]);
  });

  // Root that named /dev/null as the output of a command took its place by a file, for every program of the machine.
  test('a device, a pipe and a link to one stay what they are', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await symlink('/dev/null', join(folder, 'link'));
    // As /dev/stdout, where the shell has sent it to a file.
    await using file = await open(join(folder, 'file'), 'w');
    await symlink(`/proc/self/fd/${file.fd}`, join(folder, 'stdout'));
    for (const path of [pipe, join(folder, 'link'), join(folder, 'stdout')])
      await expect(writeFileAtomic(path, 'x')).rejects.toMatchObject({ code: 'EFTYPE', syscall: 'rename', path });
    expect((await stat(pipe)).isFIFO()).toBe(true);
    expect(await readlink(join(folder, 'link'))).toBe('/dev/null');
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['file', 'link', 'pipe', 'stdout']);
  });

  test('an error names the file, and not the one that is written beside it', async () => {
    const path = join(folder, 'missing', 'kept');
    await expect(writeFileAtomic(path, 'x')).rejects.toMatchObject({ code: 'ENOENT', path });
    await expect(writeFileAtomic(folder, 'x')).rejects.toMatchObject({ code: 'EISDIR', path: folder });
  });

  test('a link to a file is replaced by the file', async () => {
    const path = join(folder, 'kept');
    await symlink('other', path);
    await writeFileAtomic(path, 'one');
    expect((await lstat(path)).isFile()).toBe(true);
  });

  test('of several that create at once exactly one succeeds', async () => {
    const path = join(folder, 'kept');
    const results = await Promise.all(Array.from({ length: 8 }, (_, i) => createFileAtomic(path, String(i))));
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await readFile(path, 'utf8')).toBe(String(results.indexOf(true)));
    expect(await readdir(folder)).toEqual(['kept']);
  });

  // Was a fault: it was the name of the file beside it.
  test('what cannot be created is named as it was asked for', async () => {
    const path = join(folder, 'absent', 'kept');
    await expect(createFileAtomic(path, 'one')).rejects.toMatchObject({ code: 'ENOENT', path });
  });
});
