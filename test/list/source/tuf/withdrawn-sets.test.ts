/** Withdrawn sets that are signed and cannot be used: the one before stays in force. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity } from 'age-encryption';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import { FolderRepository } from '../../../../src/list/source/tuf/folder-repository.ts';
import type { Repository } from '../../../../src/list/source/tuf/repository.ts';
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
  expect(await node.update()).toMatchObject({ kind: 'withdrawn', version: 2, withdrawn: 2, fault: null });
});

test('one that is larger than any is is not fetched, and the one before stays', async () => {
  await repository.withdrawBytes(new Uint8Array(16 * 1024 * 1024));
  await expect(node.update()).rejects.toMatchObject({ code: 'too_large' });
  expect(node.source.versions).toMatchObject({ withdrawn: 1 });
});

/** The file that state.json names, and its copy. */
function setFiles(): readonly [string, string] {
  const { withdrawn } = Object(JSON.parse(readFileSync(join(node.folder, 'state.json'), 'utf8')));
  const path = join(node.folder, 'files', withdrawn.sha256);
  return [path, `${path}.copy`];
}

test.each([0, 1])(
  'of which the disk has damaged the one file (%s) is read from the other, and mended',
  async (which) => {
    const files = setFiles();
    const sound = readFileSync(files[0]);
    writeFileSync(files[which] ?? '', 'damaged');
    node.restart();
    expect(await node.update()).toMatchObject({ kind: 'cached', entries: 1, withdrawn: 1, fault: null });
    expect(await node.update()).toBe('unchanged');
    if (which === 0) expect(files.map((path) => readFileSync(path))).toEqual([sound, sound]);
  },
);

test('of which the disk has damaged both files is fetched again, and the list is given meanwhile', async () => {
  for (const path of setFiles()) writeFileSync(path, 'damaged');
  node.restart();
  expect(await node.update()).toMatchObject({ kind: 'cached', entries: 2, withdrawn: 0, fault: expect.any(String) });
  expect(await node.update()).toMatchObject({ version: 1, entries: 1, withdrawn: 1 });
});

test('one that cannot be used is not fetched with each poll, but later each time, and at once with another identity', async () => {
  const asked = counted();
  await node.update();
  await foreign();
  const times: number[] = [];
  for (let minute = 0; minute < 20; minute += 1) {
    await expect(node.update()).rejects.toMatchObject({ code: 'decrypt' });
    times.push(asked.count);
    node.now += 60_000;
  }
  expect(times).toEqual([1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5]);
  node.identity = `${repository.identity}\n${await generateX25519Identity()}`;
  await expect(node.update()).rejects.toMatchObject({ code: 'decrypt' });
  expect(asked.count).toBe(6);
  await repository.withdraw(['http://listed.example/a']);
  expect(await node.update()).toMatchObject({ withdrawn: 1, fault: null });
});

/** How often a withdrawn set is asked for from now on. */
function counted(): { readonly count: number } {
  const asked = { count: 0 };
  const real = new FolderRepository(repository.folder);
  const open: Repository['open'] = async (path, ask) => {
    if (path.startsWith('targets/withdrawn/')) asked.count += 1;
    return await real.open(path, ask);
  };
  node.mirrors = [{ name: 'counted', open }];
  node.restart();
  return asked;
}

describe('a repository from which no removal can come (L8)', () => {
  test('without its delegation, or with an empty role: it is told, and what was withdrawn stays so', async () => {
    await node.update();
    repository.targets.delete('withdrawn/1.set');
    repository.release(['withdrawn']);
    await expect(node.update()).rejects.toMatchObject({
      code: 'inconsistent',
      message: 'the repository names no withdrawn set any more, and had one: no removal can arrive',
    });
    expect(node.source.versions).toMatchObject({ withdrawn: 1 });
    repository.undelegated.add('withdrawn');
    repository.release(['targets']);
    await expect(node.update()).rejects.toMatchObject({
      code: 'inconsistent',
      message: 'the repository delegates to no role `withdrawn`: no removal can arrive',
    });
    repository.undelegated.clear();
    await repository.withdraw(['http://listed.example/a']);
    expect(await node.update()).toMatchObject({ entries: 1, withdrawn: 1, fault: null });
  });
});
