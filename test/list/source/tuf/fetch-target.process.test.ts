/** Under the final name lies what was signed, whole, or nothing; and no more is taken from a mirror than was signed for. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { listError } from '../../../../src/list/list-error.ts';
import { fetchTarget, readTarget } from '../../../../src/list/source/tuf/fetch-target.ts';
import type { Repository } from '../../../../src/list/source/tuf/repository.ts';
import type { SignedTarget } from '../../../../src/list/source/tuf/trusted-metadata.ts';
import { SmallDisk, describeWithSmallDisk } from '../../../support/small-disk.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';

const BODY = Buffer.from('abc');
/** FIPS 180-4. */
const SHA256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const TARGET: SignedTarget = { path: 'match/1/1/7.full', bytes: 3, sha256: SHA256, custom: {} };

let directory: TemporaryDirectory;
let asked: string[];
beforeEach(() => {
  directory = temporaryDirectory();
  asked = [];
});
afterEach(() => directory[Symbol.dispose]());

function mirror(body: () => AsyncGenerator<Uint8Array>): Repository {
  return {
    name: 'mirror',
    open: (path, { maxBytes }) => {
      asked.push(`${path} ${maxBytes}`);
      return Promise.resolve({ kind: 'file', etag: null, pieces: body() });
    },
  };
}

const giving = (...pieces: readonly Uint8Array[]): Repository =>
  mirror(async function* () {
    yield* pieces;
  });

async function fetched(repository: Repository, target = TARGET, maxBytes = 1000): Promise<readonly number[]> {
  const progress: number[] = [];
  await fetchTarget(repository, target, {
    place: directory.file('file'),
    maxBytes,
    progress: (taken) => progress.push(taken),
  });
  return progress;
}

const left = (): string[] => readdirSync(directory.path);

test('in pieces, under the name that a consistent snapshot gives it, for nobody else', async () => {
  expect(await fetched(giving(BODY.subarray(0, 1), BODY.subarray(1)))).toEqual([1, 3]);
  expect(asked).toEqual([`targets/match/1/1/${SHA256}.7.full 3`]);
  expect(readFileSync(directory.file('file'))).toEqual(BODY);
  expect(statSync(directory.file('file')).mode & 0o777).toBe(0o600);
  expect(left()).toEqual(['file']);
});

// Was a fault: after a power cut a state could name a file that is not there, and a start without the network had no list.
test('it outlasts a power cut before anything names it: the file is synced under its first name, the folder behind the last', async () => {
  const folder = await open(directory.path);
  const handles: typeof folder = Object.getPrototypeOf(folder);
  const synced: string[][] = [];
  const spy = jest.spyOn(handles, 'sync').mockImplementation(async function (this: typeof folder) {
    synced.push([readlinkSync(`/proc/self/fd/${this.fd}`), ...left()]);
    await this.datasync();
  });
  try {
    await fetched(giving(BODY));
  } finally {
    spy.mockRestore();
    await folder.close();
  }
  expect(synced).toEqual([
    [directory.file('file.part'), 'file.part'],
    [directory.path, 'file'],
  ]);
});

describe('refused, and nothing is left', () => {
  test.each([
    ['a byte less', [BODY.subarray(0, 2)]],
    ['a byte more', [BODY, Buffer.from('d')]],
    ['another byte', [Buffer.from('abd')]],
    ['nothing', []],
  ])('%s', async (_, pieces) => {
    await expect(fetched(giving(...pieces))).rejects.toMatchObject({ code: 'inconsistent' });
    await expect(readTarget(giving(...pieces), TARGET, 1000)).rejects.toMatchObject({ code: 'inconsistent' });
    expect(left()).toEqual([]);
  });

  test('what has no end', async () => {
    const endless = mirror(async function* () {
      yield BODY;
      throw listError('too_large', 'of the mirror');
    });
    await expect(fetched(endless)).rejects.toMatchObject({ code: 'inconsistent' });
    expect(left()).toEqual([]);
  });

  test('a connection that breaks: its own fault', async () => {
    const broken = mirror(async function* () {
      yield BODY.subarray(0, 1);
      throw listError('connect', 'of the test');
    });
    await expect(fetched(broken)).rejects.toMatchObject({ code: 'connect' });
    expect(left()).toEqual([]);
  });

  test('a file that is signed for and is not there', async () => {
    const empty: Repository = { name: 'mirror', open: () => Promise.resolve({ kind: 'absent' }) };
    await expect(fetched(empty)).rejects.toMatchObject({ code: 'inconsistent' });
    await expect(readTarget(empty, TARGET, 1000)).rejects.toMatchObject({ code: 'inconsistent' });
  });
});

test('the bound is met to the last byte, and what is longer is not asked for, though it is signed', async () => {
  await fetched(giving(BODY), TARGET, 3);
  asked = [];
  await expect(fetched(giving(BODY), TARGET, 2)).rejects.toMatchObject({ code: 'too_large' });
  await expect(readTarget(giving(BODY), TARGET, 2)).rejects.toMatchObject({ code: 'too_large' });
  expect(asked).toEqual([]);
});

test('what is there already is replaced whole or not at all', async () => {
  await fetched(giving(BODY));
  const other: SignedTarget = { ...TARGET, sha256: createHash('sha256').update('xyz').digest('hex') };
  await expect(fetched(giving(Buffer.from('xy')), other)).rejects.toMatchObject({ code: 'inconsistent' });
  expect(readFileSync(directory.file('file'))).toEqual(BODY);
  await fetched(giving(Buffer.from('xyz')), other);
  expect(readFileSync(directory.file('file'), 'utf8')).toBe('xyz');
});

test('a place that cannot be written is a fault of this node', async () => {
  mkdirSync(directory.file('file.part'));
  await expect(fetched(giving(BODY))).rejects.toMatchObject({
    code: 'state',
    message: expect.stringMatching(/file\.part cannot be written: it is a folder$/),
  });
  expect(existsSync(directory.file('file'))).toBe(false);
});

test('a small one is given whole', async () => {
  expect(await readTarget(giving(BODY.subarray(0, 2), BODY.subarray(2)), TARGET, 3)).toEqual(BODY);
});

describeWithSmallDisk()('a disk without room', () => {
  // Was a fault: as much as the disk took was fetched with each look, of a list that is too long for memory.
  test('nothing is asked for that it has no room for; what it has room for is fetched', async () => {
    await using disk = await SmallDisk.mount(directory.path, 64 * 1024);
    const terms = { place: disk.path('file'), maxBytes: 1e9, progress: () => {} };
    const long: SignedTarget = { ...TARGET, bytes: 65 * 1024 * 1024 };
    await expect(fetchTarget(giving(BODY), long, terms)).rejects.toMatchObject({
      code: 'state',
      message: expect.stringMatching(/file\.part cannot be written: .*ENOSPC/),
    });
    expect(asked).toEqual([]);
    await fetchTarget(giving(BODY), TARGET, terms);
    expect(asked).toHaveLength(1);
    expect(readdirSync(disk.path(''))).toEqual(['file']);
  });
});

test('nothing is asked for where no file can be made', async () => {
  const place = directory.file('none/file');
  const fetching = fetchTarget(giving(BODY), TARGET, { place, maxBytes: 1000, progress: () => {} });
  await expect(fetching).rejects.toMatchObject({ code: 'state' });
  expect(asked).toEqual([]);
});
