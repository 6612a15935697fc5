/** A protected list from a folder, end to end: what is asked, what is kept, what is given. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TestNode } from './test-node.ts';
import { TestRepository } from './test-repository.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';

let directory: TemporaryDirectory;
let repository: TestRepository;
let node: TestNode;

beforeEach(async () => {
  directory = temporaryDirectory();
  repository = await TestRepository.create(directory.file('repository'));
  node = new TestNode(directory, repository);
  await repository.publish(['http://listed.example/a', 'other.example']);
});
afterEach(() => {
  node.close();
  directory[Symbol.dispose]();
});

test('the first list, the next by a delta, and nothing where nothing has changed', async () => {
  expect(await node.update()).toMatchObject({ version: 1, entries: 2, gate: 'ask' });
  expect(await node.update()).toBe('unchanged');
  await repository.publish(['http://listed.example/a', 'http://listed.example/b', 'third.example']);
  expect(await node.update()).toMatchObject({ version: 2, entries: 3, gate: 'ask' });
  expect(node.filesOnDisk()).toHaveLength(2);
});

test('what is withdrawn is withdrawn from the version in force, past the gate', async () => {
  await node.update();
  await repository.withdraw(['other.example']);
  expect(await node.update()).toMatchObject({ version: 1, entries: 1, withdrawn: 1, gate: 'removals only' });
  expect(await node.update()).toBe('unchanged');
});
