import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFileAtomic, writeFileAtomic } from '../../src/lib/atomic-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cleanfeed-lib-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

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

  test('of several that create at once exactly one succeeds', async () => {
    const path = join(folder, 'kept');
    const results = await Promise.all(Array.from({ length: 8 }, (_, i) => createFileAtomic(path, String(i))));
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await readFile(path, 'utf8')).toBe(String(results.indexOf(true)));
    expect(await readdir(folder)).toEqual(['kept']);
  });
});
