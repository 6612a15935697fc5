/** What a node keeps of a repository while an update and an operator change it at the same time. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { NO_NOTES } from '../../../../src/list/source/version-notes.ts';
import { Store } from '../../../../src/list/source/tuf/store.ts';
import { SyncedRepository } from '../../../../src/list/source/tuf/synced-repository.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import { TestRepository } from './test-repository.ts';

let directory: TemporaryDirectory;
let repository: SyncedRepository;
let store: Store;
let rootPath: string;
let steady = 0;

beforeEach(async () => {
  directory = temporaryDirectory();
  rootPath = directory.file('root.json');
  writeFileSync(rootPath, (await TestRepository.create(directory.file('repository'))).root());
  store = new Store({ folder: directory.file('state'), owner: 'test' });
  repository = opened();
  await repository.own();
  await store.prepare();
});
afterEach(() => directory[Symbol.dispose]());

function opened(): SyncedRepository {
  return new SyncedRepository({
    store,
    mirrors: [],
    rootPath,
    supported: { format: 1, form: 1 },
    identity: () => Promise.reject(new Error('not asked for')),
    now: () => 0,
    earliest: () => 0,
    steady: () => steady,
    interrupt: () => {},
    log: { witnesses: () => [], onGap: () => {} },
    progress: () => {},
    onFault: () => {},
  });
}

test('of commits at the same time none is lost, in memory or on disk', async () => {
  const pinned = { ...NO_NOTES, pinned: '7' };
  await Promise.all([
    repository.commit({ notes: pinned }),
    repository.commit({ heardAt: 5 }),
    repository.commit(({ heardAt }) => ({ signedAt: heardAt + 1 })),
  ]);
  const expected = { notes: pinned, heardAt: 5, signedAt: 6 };
  expect(repository.state).toMatchObject(expected);
  expect(await store.read()).toMatchObject(expected);
});

test('what is noted during a commit stays', async () => {
  const held = { ...NO_NOTES, held: '3' };
  const committed = repository.commit({ heardAt: 5 });
  await Promise.resolve();
  repository.note(held);
  await committed;
  expect(repository.state).toMatchObject({ notes: held, heardAt: 5 });
});

test('a commit that fails changes nothing, and the next one does', async () => {
  const fails = repository.commit(() => {
    throw new Error('of the test');
  });
  const next = repository.commit({ heardAt: 5 });
  await expect(fails).rejects.toThrow('of the test');
  await next;
  expect(repository.state).toMatchObject({ heardAt: 5, signedAt: 0 });
});

describe('a silence', () => {
  const HOUR = 3_600_000;

  test('is counted while a node runs, over restarts, whatever the clock says, and ends when the publisher is heard', async () => {
    await repository.commit({ heardAt: 5 });
    steady += 3 * HOUR;
    await expect(repository.follow()).rejects.toThrow('without mirrors');
    steady += HOUR / 2;
    expect(repository.lastHeard.silentMs).toBe(3.5 * HOUR);
    const again = opened();
    await again.open();
    // What passed since it was written down is forgotten; what passed between two runs nobody knows.
    expect(again.lastHeard.silentMs).toBe(3 * HOUR);
    steady += HOUR;
    expect(again.lastHeard.silentMs).toBe(4 * HOUR);
  });
});

test('a time that was signed under a root is not believed once another one is pinned', async () => {
  await repository.commit({ signedAt: 5 });
  const again = opened();
  await again.open();
  expect(again.now).toBe(5);
  writeFileSync(rootPath, (await TestRepository.create(directory.file('anew'))).root());
  const anew = opened();
  await anew.open();
  expect(anew.now).toBe(0);
});
