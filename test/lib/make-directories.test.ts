import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { makeDirectories } from '../../src/lib/make-directories.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('makeDirectories', () => {
  test('makes all that are missing, with the mode, and leaves what is there', async () => {
    using directory = temporaryDirectory();
    mkdirSync(directory.file('a'), { mode: 0o755 });
    await makeDirectories(directory.file('a/b/c'), 0o700);
    await makeDirectories(directory.file('a/b/c'), 0o750);
    expect(['a', 'a/b', 'a/b/c'].map((name) => modeOf(directory.file(name)))).toEqual([0o755, 0o700, 0o700]);
  });

  test('whatever the umask is, and a group that is given on stays', async () => {
    using directory = temporaryDirectory();
    mkdirSync(directory.file('group'));
    chmodSync(directory.file('group'), 0o2755);
    const before = process.umask(0o077);
    try {
      await makeDirectories(directory.file('group/a/b'), 0o755);
    } finally {
      process.umask(before);
    }
    expect(['group/a', 'group/a/b'].map((name) => statSync(directory.file(name)).mode & 0o7777)).toEqual([
      0o2755, 0o2755,
    ]);
  });

  test.each([0o700, 0o755])('several at once, with mode %o', async (mode) => {
    using directory = temporaryDirectory();
    for (let turn = 0; turn < 20; turn += 1)
      await Promise.all(
        Array.from({ length: 8 }, async (_, i) => await makeDirectories(directory.file(`${turn}/b/c/${i % 2}`), mode)),
      );
    expect(readdirSync(directory.path, { recursive: true })).toHaveLength(20 * 5);
    expect(modeOf(directory.file('19/b/c/1'))).toBe(mode);
  });

  test('through a link', async () => {
    using directory = temporaryDirectory();
    mkdirSync(directory.file('real'));
    symlinkSync(directory.file('real'), directory.file('link'));
    await makeDirectories(directory.file('link'), 0o700);
    await makeDirectories(directory.file('link/a'), 0o700);
    expect(statSync(directory.file('real/a')).isDirectory()).toBe(true);
  });

  test.each([
    { name: 'below /proc, where nobody makes any', path: () => '/proc/none/state', code: 'ENOENT' },
    { name: 'a file', path: (folder: string) => join(folder, 'file'), code: 'EEXIST' },
    { name: 'below a file', path: (folder: string) => join(folder, 'file', 'a', 'b'), code: 'ENOTDIR' },
    { name: 'a link that leads nowhere', path: (folder: string) => join(folder, 'nowhere'), code: 'EEXIST' },
    { name: 'below a link that leads nowhere', path: (folder: string) => join(folder, 'nowhere', 'a'), code: 'EEXIST' },
    { name: 'no name', path: () => '', code: 'ENOENT' },
  ])('says so at once: $name', async ({ path, code }) => {
    using directory = temporaryDirectory();
    writeFileSync(directory.file('file'), '');
    symlinkSync(directory.file('none'), directory.file('nowhere'));
    await expect(makeDirectories(path(directory.path), 0o700)).rejects.toMatchObject({ code });
  });
});
