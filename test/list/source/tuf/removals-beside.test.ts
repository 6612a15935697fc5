/**
 * Requirement 71 at the source: what is withdrawn is fetched, checked and told while a payload drips, while an image is made, and while a read waits for its
 * turn; and none of it is lost, nor comes back with the version that was on its way.
 */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { listError } from '../../../../src/list/list-error.ts';
import { imageTerms } from '../../../../src/list/protected/image-layout.ts';
import { ALONE } from '../../../../src/list/source/source.ts';
import type { ReadContext } from '../../../../src/list/source/source.ts';
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
let node: TestNode;
let told: number;
/** Payloads wait for it. */
let gate: PromiseWithResolvers<void>;
let isAway: boolean;
let isFetching: boolean;

beforeEach(async () => {
  directory = temporaryDirectory();
  repository = await TestRepository.create(directory.file('repository'));
  node = new TestNode(directory, repository);
  await repository.publish(FIRST);
  open();
  [isAway, isFetching, told] = [false, false, 0];
  node.mirrors = [slow()];
  await node.update();
  node.source.watch({ changed: () => {}, current: () => {}, named: () => {}, withdrawn: () => (told += 1) });
});
afterEach(() => {
  node.close();
  directory[Symbol.dispose]();
});

function open(): void {
  gate = Promise.withResolvers();
  gate.resolve();
}

function slow(): Repository {
  const real = new FolderRepository(repository.folder);
  return {
    name: 'slow',
    open: async (path, ask) => {
      if (isAway) throw listError('connect', 'no route');
      isFetching = path.startsWith('targets/match/');
      if (isFetching) await gate.promise;
      return await real.open(path, ask);
    },
  };
}

async function withdrawBeside(...lines: readonly string[]): Promise<void> {
  const before = told;
  await repository.withdraw(lines);
  node.poll();
  await eventually('what is withdrawn is told', () => told > before);
}

async function terms(): Promise<ReturnType<typeof imageTerms>> {
  if (node.image === null) throw new Error('nothing is in force');
  await node.source.withdraw(node.image, ALONE.rest);
  return imageTerms(node.image);
}

/** It does not end before the gate opens. */
async function beginUpdate(): Promise<Promise<unknown>[]> {
  gate = Promise.withResolvers();
  isFetching = false;
  const update = node.update();
  await eventually('the payload is being fetched', () => isFetching);
  return [update];
}

test('while a payload does not come', async () => {
  await repository.publish([...FIRST, 'third.example']);
  const [update] = await beginUpdate();
  await withdrawBeside('other.example');
  expect(await terms()).toMatchObject({ version: 1, entries: 1, withdrawn: 1 });
  await withdrawBeside('other.example', 'http://listed.example/a');
  expect(await terms()).toMatchObject({ version: 1, entries: 0, withdrawn: 2 });
  gate.resolve();
  expect(await update).toMatchObject({ version: 2, entries: 1, withdrawn: 2, fault: null });
  expect(await node.update()).toBe('unchanged');
  node.restart();
  expect(await node.update()).toMatchObject({ kind: 'cached', version: 2, withdrawn: 2, fault: null });
});

test('while a payload does not come that is not the newest any more', async () => {
  await repository.publish([...FIRST, 'third.example']);
  const [update] = await beginUpdate();
  await repository.publish([...FIRST, 'third.example', 'fourth.example']);
  await withdrawBeside('other.example');
  expect(await terms()).toMatchObject({ version: 1, withdrawn: 1 });
  gate.resolve();
  expect(await update).toMatchObject({ version: 2, withdrawn: 1 });
  expect(await node.update()).toMatchObject({ version: 3, withdrawn: 1, fault: null });
});

test('while an image is made: it comes without', async () => {
  await repository.publish([...FIRST, 'third.example']);
  const lent = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const memory: ReadContext['memory'] = {
    lease: async (byteLength) => {
      asked.resolve();
      await lent.promise;
      return await ALONE.memory.lease(byteLength);
    },
    release: () => {},
  };
  const read = node.source.read({ ...ALONE, memory, inForce: node.image });
  await asked.promise;
  await withdrawBeside('other.example');
  expect(await terms()).toMatchObject({ version: 1, withdrawn: 1 });
  lent.resolve();
  const given = await read;
  if (!('bytes' in given)) throw new Error('nothing was given');
  expect(await node.source.withdraw(given.bytes, ALONE.rest)).toBe(true);
  expect(imageTerms(given.bytes)).toMatchObject({ version: 2, entries: 2, withdrawn: 1 });
  expect(await node.source.withdraw(given.bytes, ALONE.rest)).toBe(false);
});

test('while nothing is under way the read does it', async () => {
  const changes: string[] = [];
  const read = async (): Promise<void> => {
    changes.push((await node.source.read({ ...ALONE, inForce: node.image })).kind);
  };
  node.source.watch({
    changed: () => void read(),
    current: () => {},
    named: () => {},
    withdrawn: () => changes.push('withdrawn'),
  });
  await repository.withdraw(['other.example']);
  node.poll();
  await eventually('it has been read', () => changes.length === 2);
  expect(changes).toEqual(['withdrawn', 'unchanged']);
});

test('a server that is away meanwhile is told to the log, and asked again', async () => {
  await repository.publish([...FIRST, 'third.example']);
  const [update] = await beginUpdate();
  isAway = true;
  node.poll();
  await eventually('it is told', () => node.faults.includes('beside, slow: connect'));
  isAway = false;
  await withdrawBeside('other.example');
  expect(await terms()).toMatchObject({ version: 1, withdrawn: 1 });
  gate.resolve();
  await update;
});
