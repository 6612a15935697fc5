/** Withdrawn sets that are signed and cannot be used: the one before stays in force. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import { TestNode } from './test-node.ts';
import { TestRepository } from './test-repository.ts';

let directory: TemporaryDirectory;
let repository: TestRepository;
let node: TestNode;

beforeEach(async () => {
  directory = temporaryDirectory();
  repository = await TestRepository.create(directory.file('repository'));
  node = new TestNode(directory, repository);
  await repository.publish(['http://listed.example/a', 'other.example']);
  await node.update();
  await repository.withdraw(['other.example']);
  expect(await node.update()).toMatchObject({ version: 1, entries: 1, withdrawn: 1 });
});
afterEach(() => {
  node.close();
  directory[Symbol.dispose]();
});

const malformed = async (): Promise<void> => await repository.withdrawBytes(new Uint8Array(4096));
const foreign = async (): Promise<void> => {
  await repository.addressTo(null);
  await repository.withdraw(['http://listed.example/a']);
  await repository.addressTo(repository.identity);
};

test.each([
  { is: 'malformed', bad: malformed, code: 'corrupt' },
  { is: "another recipient's", bad: foreign, code: 'decrypt' },
])('one that is $is does not replace the one before, also over a restart, and lists go on', async ({ bad, code }) => {
  await bad();
  await expect(node.update()).rejects.toMatchObject({ code });
  node.restart();
  expect(await node.update()).toMatchObject({ version: 1, entries: 1, withdrawn: 1, fault: null });
  await repository.publish(['http://listed.example/a', 'other.example', 'third.example']);
  expect(await node.update()).toMatchObject({ kind: 'cached', version: 2, withdrawn: 1, fault: code });
  await repository.withdraw(['other.example', 'third.example']);
  expect(await node.update()).toMatchObject({ kind: 'list', version: 2, withdrawn: 2, fault: null });
});

test('one that is larger than any is is not fetched, and the one before stays', async () => {
  await repository.withdrawBytes(new Uint8Array(16 * 1024 * 1024));
  await expect(node.update()).rejects.toMatchObject({ code: 'too_large' });
  expect(node.source.versions).toMatchObject({ withdrawn: 1 });
});

test('one that the disk has damaged is fetched again, and the list is given meanwhile', async () => {
  const state: unknown = JSON.parse(readFileSync(join(node.folder, 'state.json'), 'utf8'));
  const { withdrawn } = Object(state);
  writeFileSync(join(node.folder, 'files', withdrawn.sha256), 'damaged');
  node.restart();
  expect(await node.update()).toMatchObject({ kind: 'cached', entries: 2, withdrawn: 0, fault: expect.any(String) });
  expect(await node.update()).toMatchObject({ version: 1, entries: 1, withdrawn: 1 });
});
