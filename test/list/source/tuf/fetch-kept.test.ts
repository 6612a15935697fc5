/** A file that the disk does not take is held in memory, if there is room for it; no other fault is one of the disk. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { fetchKept } from '../../../../src/list/source/tuf/fetch-kept.ts';
import type { Repository } from '../../../../src/list/source/tuf/repository.ts';
import { wholeOf } from '../../../../src/list/source/tuf/repository.ts';
import { Store } from '../../../../src/list/source/tuf/store.ts';
import type { SignedTarget } from '../../../../src/list/source/tuf/trusted-metadata.ts';
import { codeOf } from '../../../support/list-error-code.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';

const MIB = 1024 * 1024;
let directory: TemporaryDirectory;
let store: Store;

beforeEach(async () => {
  directory = temporaryDirectory();
  store = new Store({ folder: directory.file('store'), owner: 'test' });
  await store.prepare();
});
afterEach(() => {
  store.close();
  directory[Symbol.dispose]();
});

function targetOf(body: Uint8Array): SignedTarget {
  const sha256 = createHash('sha256').update(body).digest('hex');
  return { path: 'match/1/1/1.full', bytes: body.length, sha256, custom: {} };
}

function mirrorOf(body: Uint8Array): Repository {
  return {
    name: 'mirror',
    open: () => {
      const pieces = (async function* () {
        yield await Promise.resolve(body);
      })();
      return Promise.resolve({ kind: 'file', etag: null, pieces });
    },
  };
}

async function fetched(body: Uint8Array, { isNeeded = false, given = body } = {}): Promise<string> {
  const terms = { store, maxBytes: 512 * MIB, progress: () => {}, isNeeded };
  return await codeOf(fetchKept(mirrorOf(given), targetOf(body), terms));
}

function blocked(body: Uint8Array): void {
  mkdirSync(`${store.pathOf(targetOf(body))}.part`);
}

test('to the disk, where that takes it', async () => {
  const body = Buffer.from('body');
  expect(await fetched(body)).toBe('ok');
  expect(existsSync(store.pathOf(targetOf(body)))).toBe(true);
  expect(store.heldOf([targetOf(body)]).size).toBe(0);
});

test('into memory, where it does not, until it is dropped', async () => {
  const body = Buffer.alloc(3 * MIB, 'body');
  blocked(body);
  expect(await fetched(body)).toBe('ok');
  expect(await wholeOf(store.piecesOf(targetOf(body)))).toEqual(body);
  store.drop(targetOf(body));
  expect(store.heldOf([targetOf(body)]).size).toBe(0);
});

test('not where it is too long for what is there already, unless it is needed', async () => {
  const [first, second] = [Buffer.alloc(40 * MIB, 1), Buffer.alloc(30 * MIB, 2)];
  for (const body of [first, second]) blocked(body);
  expect([await fetched(first), await fetched(second)]).toEqual(['ok', 'state']);
  expect(await fetched(second, { isNeeded: true })).toBe('ok');
});

test('what is not what was signed is held nowhere', async () => {
  const body = Buffer.from('body');
  expect(await fetched(body, { given: Buffer.from('else') })).toBe('inconsistent');
  blocked(body);
  expect(await fetched(body, { given: Buffer.from('else') })).not.toBe('ok');
  expect(store.heldOf([targetOf(body)]).size).toBe(0);
});
