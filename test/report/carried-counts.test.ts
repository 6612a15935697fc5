/** What goes from one process to the next: in memory only, once, and for the same key. */
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { carry, takeCarried } from '../../src/report/carried-counts.ts';
import { OpenCounts } from '../../src/report/open-counts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function counted(): OpenCounts {
  const open = new OpenCounts();
  open.max = 3;
  open.begin('2026-11-24', null);
  open.count('2026-11-24', 'own', new Map([['#1', 12]]));
  return open;
}

test('is taken once, by whoever has the key', async () => {
  using memory = temporaryDirectory('/dev/shm');
  const file = memory.file('c.json');
  expect(await takeCarried(file, 'key')).toBeNull();
  expect(await carry(file, counted(), 'key')).toBe(true);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect((await takeCarried(file, 'key'))?.encode('')).toBe(counted().encode(''));
  expect(existsSync(file)).toBe(false);
  await carry(file, counted(), 'key');
  expect(await takeCarried(file, 'other')).toBeNull();
  // Of no use to anybody any more.
  expect(existsSync(file)).toBe(false);
  writeFileSync(file, 'not ours');
  expect(await takeCarried(file, 'key')).toBeNull();
});

test('is not written to a disk, nor where there is no folder', async () => {
  using disk = temporaryDirectory('/var/tmp');
  expect(await carry(disk.file('c.json'), counted(), 'key')).toBe(false);
  expect(await carry(disk.file('no/c.json'), counted(), 'key')).toBe(false);
  expect(existsSync(disk.file('c.json'))).toBe(false);
});
