/**
 * Another list under a number that this node knows, signed as it should be: by a thief of the keys, or by a publisher that has begun anew. It
 * goes the way of any new list, and what was decided of the one before does not hold for it.
 */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import { TestNode } from './test-node.ts';
import { TestRepository } from './test-repository.ts';

const LIST = ['a.example', 'b.example'];
const OTHER = ['x.example', 'y.example', 'z.example'];
let directory: TemporaryDirectory;
let repository: TestRepository;
let node: TestNode;

beforeEach(async () => {
  directory = temporaryDirectory();
  repository = await TestRepository.create(directory.file('repository'));
  node = new TestNode(directory, repository);
  await repository.publish(LIST);
});
afterEach(() => {
  node.close();
  directory[Symbol.dispose]();
});

test('it waits as long as the ring says', async () => {
  node.delayMs = 600_000;
  await node.update();
  await repository.replace(OTHER);
  expect(await node.update()).toBe('unchanged');
  await repository.withdraw(['b.example']);
  expect(await node.update()).toMatchObject({ version: 1, entries: 1, withdrawn: 1, kind: 'withdrawn' });
  node.now += 600_000;
  expect(await node.update()).toMatchObject({ version: 1, entries: 3, gate: 'ask' });
  expect(await node.update()).toBe('unchanged');
});

test('held by the gate it stays so, over removals and restarts, until it is accepted, once', async () => {
  await node.update();
  await repository.replace(OTHER);
  expect(await node.update({ isRefused: true })).toMatchObject({ version: 1, entries: 3, gate: 'ask' });
  expect(await node.update()).toBe('unchanged');
  await repository.withdraw(['b.example']);
  expect(await node.update()).toMatchObject({ version: 1, entries: 1, kind: 'withdrawn' });
  node.restart();
  expect(await node.update()).toMatchObject({ kind: 'cached', version: 1, entries: 1, withdrawn: 1, gate: 'accepted' });
  expect(await node.update({ isRefused: true })).toMatchObject({ version: 1, entries: 3, gate: 'ask' });
  await node.source.accept('1');
  expect(await node.update()).toMatchObject({ version: 1, entries: 3, gate: 'accepted' });
  await repository.replace([...OTHER, 'third.example']);
  expect(await node.update()).toMatchObject({ version: 1, entries: 4, gate: 'ask' });
});

test('an acceptance is of the list that was held, and of no other that takes its number', async () => {
  await node.update();
  await repository.publish(['c.example']);
  await node.update({ isRefused: true });
  await node.source.accept('2');
  await repository.replace(OTHER);
  expect(await node.update()).toMatchObject({ version: 2, entries: 3, gate: 'ask' });
});

test('that the version before had its number does not let it pass', async () => {
  await node.update();
  await repository.publish(['a.example']);
  expect(await node.update()).toMatchObject({ version: 2 });
  await repository.replace(OTHER, 1);
  expect(await node.update()).toMatchObject({ version: 1, entries: 3, gate: 'ask' });
});

test('a pinned version stays the list that was pinned', async () => {
  await node.update();
  await repository.publish(['a.example']);
  await node.update();
  expect(await node.source.rollback()).toBe('1');
  await repository.replace(OTHER, 1);
  expect(await node.update()).toMatchObject({ version: 1, entries: 2, gate: 'pinned' });
  await repository.withdraw(['a.example']);
  expect(await node.update()).toMatchObject({ version: 1, entries: 1, withdrawn: 1, kind: 'withdrawn' });
  node.restart();
  expect(await node.update()).toMatchObject({ version: 1, entries: 1, gate: 'pinned' });
  expect(await node.update()).toBe('unchanged');
});
