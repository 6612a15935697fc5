/** A reload makes another source of a list that lies in the same folder: one of them changes it at a time, and neither loses anything to the other. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { listError } from '../../../../src/list/list-error.ts';
import { FolderOwner } from '../../../../src/list/source/tuf/folder-owner.ts';
import { FolderRepository } from '../../../../src/list/source/tuf/folder-repository.ts';
import type { Repository } from '../../../../src/list/source/tuf/repository.ts';
import { eventually } from '../../../support/eventually.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import { TestNode } from './test-node.ts';
import { TestRepository } from './test-repository.ts';

const FIRST = ['http://listed.example/a', 'other.example'];
let directory: TemporaryDirectory;
let repository: TestRepository;
/** In force, and what a reload puts in its place. */
let before: TestNode;
let after: TestNode;
/** Payloads stop in the middle until it is open. */
let gate: PromiseWithResolvers<void>;
let isFetching: boolean;

beforeEach(async () => {
  directory = temporaryDirectory();
  repository = await TestRepository.create(directory.file('repository'));
  [before, after] = [new TestNode(directory, repository), new TestNode(directory, repository)];
  await repository.publish(FIRST);
  await repository.withdraw(['other.example']);
  gate = Promise.withResolvers();
  gate.resolve();
  before.mirrors = [slow()];
  before.interrupt = () => gate.reject(listError('connect', 'interrupted'));
  await before.update();
});
afterEach(() => {
  before.close();
  after.close();
  directory[Symbol.dispose]();
});

function slow(): Repository {
  const real = new FolderRepository(repository.folder);
  return {
    name: 'slow',
    open: async (path, ask) => {
      const answer = await real.open(path, ask);
      if (!path.startsWith('targets/match/') || answer.kind !== 'file') return answer;
      const { pieces } = answer;
      return {
        ...answer,
        pieces: (async function* () {
          for await (const piece of pieces) {
            yield piece.subarray(0, 1);
            isFetching = true;
            await gate.promise;
            yield piece.subarray(1);
          }
        })(),
      };
    },
  };
}

/** The payload of the next version begins to come, and does not end. */
async function beginFetch(): Promise<{ readonly outcome: Promise<string> }> {
  await repository.publish([...FIRST, 'third.example']);
  gate = Promise.withResolvers();
  gate.promise.catch(() => {});
  isFetching = false;
  const outcome = before.outcome();
  await eventually('it is being fetched', () => isFetching);
  return { outcome };
}

const stateFile = (): string => readFileSync(join(before.folder, 'state.json'), 'utf8');

function expectWhole(): void {
  const { chains, withdrawn } = JSON.parse(stateFile());
  const files = chains.flatMap(({ full, deltas }: { full: object; deltas: object[] }) => deltas.concat(full));
  for (const { sha256 } of [...files, withdrawn]) statSync(join(before.folder, 'files', sha256));
}

test('the new one looks at what lies here while the other goes on, and changes nothing', async () => {
  const { outcome } = await beginFetch();
  const state = stateFile();
  expect(await after.source.read()).toMatchObject({ kind: 'cached', version: { label: '1', gate: 'accepted' } });
  expect(stateFile()).toBe(state);
  gate.resolve();
  expect(await outcome).toBe('version 2');
  expectWhole();
});

test('what is withdrawn meanwhile is withdrawn from what the new one has read', async () => {
  const read = await after.source.read();
  await repository.withdraw(['other.example', 'http://listed.example/a']);
  await before.update();
  if (!('bytes' in read)) throw new Error('nothing was read');
  expect(await after.source.withdraw(read.bytes, () => Promise.resolve())).toBe(true);
});

test('the new one takes the folder over when it is in force, with all that the other has done since', async () => {
  await after.source.read();
  await repository.publish([...FIRST, 'third.example']);
  await before.update();
  before.close();
  expect(await after.update()).toMatchObject({ version: 2, withdrawn: 1, fault: null });
  await repository.publish([...FIRST, 'fourth.example']);
  expect(await after.update()).toMatchObject({ version: 3, withdrawn: 1 });
  expectWhole();
  after.restart();
  expect(await after.update()).toMatchObject({ kind: 'cached', version: 3, withdrawn: 1, fault: null });
});

test('the other ends what it does when the new one needs the network, and goes on if that comes to nothing', async () => {
  const { outcome } = await beginFetch();
  const anew = await TestRepository.create(directory.file('anew'));
  await anew.publish(FIRST);
  after.pin(anew.root());
  after.mirrors = [{ name: 'away', open: () => Promise.reject(listError('connect', 'no route')) }];
  // What lies here is of another publisher: nothing of it is signed under that root.
  expect(await after.outcome()).toBe('connect');
  expect(await outcome).toBe('connect');
  expect(await before.outcome()).toBe('unchanged');
  after.close();
  after.pin(repository.root());
  gate = Promise.withResolvers();
  gate.resolve();
  expect(await before.outcome()).toBe('version 2');
  expectWhole();
});

test.each([true, false])(
  'one that is closed gets the folder no more, whatever it still does (while it waits for it: %s)',
  async (isWaiting) => {
    const other = new FolderOwner(before.folder, () => null);
    const busy = Promise.withResolvers<void>();
    const last = new FolderOwner(before.folder, () => busy.promise);
    if (isWaiting) await last.take();
    const { source } = isWaiting ? after : before;
    if (!isWaiting) source.close();
    await repository.publish([...FIRST, 'third.example']);
    const outcome = isWaiting ? after.outcome() : before.outcome();
    if (isWaiting) {
      await eventually('it waits for the folder', () => !last.isOwner);
      source.close();
      busy.resolve();
    }
    await outcome;
    await eventually('nobody has it', () => other.isFree);
    await other.take();
    expect(other.isOwner).toBe(true);
  },
);

test('an operator decides nothing about a list that is being read anew', async () => {
  await repository.publish([...FIRST, 'third.example']);
  await before.update();
  const taken = new FolderOwner(before.folder, () => null);
  await taken.take();
  await expect(before.source.rollback()).rejects.toMatchObject({ code: 'version_refused' });
  taken.release();
  expect(await before.source.rollback()).toBe('1');
});

// Was a fault: it was forgotten, and as it is judged once only, nobody could accept it.
test('what is held is held still when another has had the folder, and is accepted', async () => {
  await before.update();
  await repository.publish([...FIRST, 'third.example']);
  expect(await before.update({ isRefused: true })).toMatchObject({ version: 2, gate: 'ask' });
  const taken = new FolderOwner(before.folder, () => null);
  await taken.take();
  taken.release();
  expect(await before.update()).toBe('unchanged');
  await before.source.accept('2');
  expect(await before.update()).toMatchObject({ version: 2, gate: 'accepted' });
});

test('whoever takes a folder waits until nothing is under way there, and of several each has it once', async () => {
  const busy = Promise.withResolvers<void>();
  const had: number[] = [];
  const first = new FolderOwner('/a', () => busy.promise);
  await first.take();
  const others = [1, 2, 3].map((number) => ({ number, owner: new FolderOwner('/a', () => null) }));
  const taken = others.map(async ({ number, owner }) => {
    await owner.take();
    had.push(number);
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect([had, first.isOwner, first.isFree]).toEqual([[], false, true]);
  busy.resolve();
  await Promise.all(taken);
  expect(new Set(had)).toEqual(new Set([1, 2, 3]));
  const owner = others.find((one) => one.owner.isOwner);
  expect(others.filter((one) => one.owner.isFree)).toEqual([owner]);
  owner?.owner.release();
  expect(others.every((one) => one.owner.isFree)).toBe(true);
});
