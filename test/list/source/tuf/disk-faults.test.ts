/**
 * A disk that takes nothing more, or gives nothing back, is a fault of this node: told as one, of no mirror. What is withdrawn is free all the same
 * (requirement 71), a short new version comes into force, and a list that was in force stays.
 */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FolderRepository } from '../../../../src/list/source/tuf/folder-repository.ts';
import type { Repository } from '../../../../src/list/source/tuf/repository.ts';
import { Store } from '../../../../src/list/source/tuf/store.ts';
import { emptyState } from '../../../../src/list/source/tuf/stored-state.ts';
import { eventually } from '../../../support/eventually.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import { TestNode } from './test-node.ts';
import { TestRepository } from './test-repository.ts';

const FIRST = ['a.example dns', 'http://c.example/x'];
let directory: TemporaryDirectory;
let repository: TestRepository;
let node: TestNode;

beforeEach(async () => {
  directory = temporaryDirectory();
  repository = await TestRepository.create(directory.file('repository'));
  node = new TestNode(directory, repository);
  await repository.publish(FIRST);
});
afterEach(() => {
  node.close();
  directory[Symbol.dispose]();
});

/** Where a file of the repository is to lie: something that keeps it from being written. @returns what makes it writable again. */
function inTheWayOf(target: string): () => void {
  node.mayWarn = true;
  const { bytes } = repository.targets.get(target)!;
  const place = join(node.folder, 'files', createHash('sha256').update(bytes).digest('hex'));
  const ways = [`${place}.part`, place];
  for (const way of ways) mkdirSync(way, { recursive: true });
  return () => ways.forEach((way) => rmSync(way, { recursive: true }));
}

/** From now on no state can be written. @returns what puts the last one back. */
function inTheWayOfState(): () => void {
  node.mayWarn = true;
  const path = join(node.folder, 'state.json');
  renameSync(path, `${path}.kept`);
  mkdirSync(path);
  return () => {
    rmSync(path, { recursive: true });
    renameSync(`${path}.kept`, path);
  };
}

function counted(asked: string[], name: string): Repository {
  const real = new FolderRepository(repository.folder);
  return {
    name,
    open: async (path, ask) => {
      asked.push(`${name} ${path}`);
      return await real.open(path, ask);
    },
  };
}

// Was a fault: nothing that was withdrawn arrived before the disk was mended.
test('what is withdrawn holds though it cannot be written: it is told as a fault, and is on the disk once that is mended', async () => {
  await node.update();
  await repository.withdraw(['a.example dns']);
  const mend = inTheWayOf('withdrawn/1.set');
  expect(await node.update()).toMatchObject({ kind: 'withdrawn', withdrawn: 1, entries: 1, fault: 'state' });
  await expect(node.update()).rejects.toMatchObject({
    code: 'state',
    message: expect.stringMatching(
      /cannot be written: .*; what came since then is in force, and is kept in memory only/,
    ),
  });
  expect(node.faults).toEqual([]);
  mend();
  const mendState = inTheWayOfState();
  await repository.withdraw(['a.example dns', 'http://c.example/x']);
  expect(await node.update()).toMatchObject({ kind: 'withdrawn', withdrawn: 2, entries: 0, fault: 'state' });
  mendState();
  expect(await node.update()).toBe('unchanged');
  expect(node.filesOnDisk()).toHaveLength(4);
  node.mirrors = [];
  node.restart();
  expect(await node.update()).toMatchObject({ kind: 'cached', withdrawn: 2, entries: 0, fault: null });
});

// Was a fault: it came with the mended disk.
test('a new version comes into force though it cannot be written, with a warning, and no mirror is blamed', async () => {
  await node.update();
  const asked: string[] = [];
  node.restart();
  node.mirrors = [counted(asked, 'one'), counted(asked, 'two')];
  await node.update();
  await repository.publish([...FIRST, 'd.example dns']);
  const mend = inTheWayOf('match/1/1/2.full');
  expect(await node.update()).toMatchObject({ kind: 'list', version: 2, entries: 3 });
  expect(node.warning).toMatch(/cannot be written/);
  await expect(node.update()).rejects.toMatchObject({ code: 'state' });
  await repository.withdraw(['d.example dns']);
  expect(await node.update()).toMatchObject({ kind: 'withdrawn', version: 2, entries: 2, fault: 'state' });
  expect([node.faults, asked.filter((path) => path.startsWith('two targets'))]).toEqual([[], []]);
  mend();
  expect(await node.update()).toBe('unchanged');
  node.mirrors = [];
  node.restart();
  expect(await node.update()).toMatchObject({ kind: 'cached', version: 2, withdrawn: 1 });
});

test('what was seen keeps older metadata out as long as the process runs', async () => {
  await node.update();
  const before = directory.file('before');
  cpSync(repository.folder, before, { recursive: true });
  const mend = inTheWayOfState();
  await repository.withdraw(['a.example dns']);
  await node.update();
  rmSync(repository.folder, { recursive: true });
  renameSync(before, repository.folder);
  await expect(node.update()).rejects.toMatchObject({ code: 'rollback' });
  expect(node.source.versions.withdrawn).toBe(1);
  mend();
  await expect(node.update()).rejects.toMatchObject({ code: 'rollback' });
  node.restart();
  // What could be written since then keeps it out also after a restart.
  expect(await node.update()).toMatchObject({ kind: 'cached', withdrawn: 1 });
  await expect(node.update()).rejects.toMatchObject({ code: 'rollback' });
});

test('another source of the same folder knows it too, as after a reload', async () => {
  await node.update();
  const mend = inTheWayOfState();
  await repository.withdraw(['a.example dns']);
  await node.update();
  const next = new TestNode(directory, repository);
  next.mayWarn = true;
  expect(await next.update()).toMatchObject({ kind: 'cached', withdrawn: 1 });
  node.close();
  await expect(next.update()).rejects.toMatchObject({ code: 'state' });
  mend();
  expect(await next.update()).toBe('unchanged');
  next.close();
});

test('what an operator decides is refused where it cannot be kept', async () => {
  await node.update();
  await repository.publish([...FIRST, 'd.example dns']);
  await node.update();
  const mend = inTheWayOfState();
  await expect(node.source.rollback()).rejects.toMatchObject({ code: 'state' });
  expect(node.source.versions).toMatchObject({ pinned: null, previous: '1' });
  mend();
  expect(await node.source.rollback()).toBe('1');
});

test('nothing is begun in memory: a first start waits for the disk', async () => {
  writeFileSync(node.folder, 'no folder');
  for (let i = 0; i < 2; i += 1) await expect(node.update()).rejects.toMatchObject({ code: 'state' });
  expect(node.image).toBeNull();
  rmSync(node.folder);
  expect(await node.update()).toMatchObject({ kind: 'list', version: 1 });
});

// Was a fault: nobody caught it, and /status told nothing of the names.
test('names that cannot be written are told from memory', async () => {
  await repository.addNames(FIRST);
  node.namesIdentity = repository.namesIdentity;
  const mend = inTheWayOf('names/2/1.full');
  await node.update();
  await eventually('they are here', () => node.source.versions.names?.version === '1');
  const read = await node.source.names.read(node.image!, 'block');
  expect(read.bytes.length).toBeGreaterThan(0);
  await expect(node.update()).rejects.toMatchObject({ code: 'state' });
  mend();
  expect(await node.update()).toBe('unchanged');
  expect([node.faults, node.source.versions.names]).toEqual([[], { version: '1', fault: null }]);
});

// Was a fault: it counted as none, so that an older version would have been taken, and one that was pinned was forgotten.
test('what was remembered and cannot be read is not begun anew: the list in force stays, and a start waits', async () => {
  await node.update();
  const path = join(node.folder, 'state.json');
  const kept = readFileSync(path);
  rmSync(path);
  mkdirSync(path);
  rmSync(join(node.folder, 'state.copy.json'));
  node.restart();
  await expect(node.update()).rejects.toMatchObject({
    code: 'state',
    message: expect.stringMatching(/state\.json cannot be read: it is a folder$/),
  });
  expect([node.image, node.faults]).toEqual([null, []]);
  rmSync(path, { recursive: true });
  writeFileSync(path, kept);
  expect(await node.update()).toMatchObject({ kind: 'cached', version: 1, fault: null });
});

// Was a fault: without a word.
test.each([
  ['{"format":2,', 'not JSON'],
  ['{"format":3}', 'format: must be 2'],
])('what was remembered and is damaged (%j) is begun anew, and told once', async (text, reason) => {
  await node.update();
  for (const name of ['state.json', 'state.copy.json']) writeFileSync(join(node.folder, name), text);
  node.restart();
  expect(await node.update()).toMatchObject({ kind: 'list', version: 1 });
  expect(node.faults).toEqual([`damaged: ${reason}`]);
  node.restart();
  expect(await node.update()).toMatchObject({ kind: 'cached', version: 1 });
  expect(node.faults).toHaveLength(1);
});

// Was a fault: without a word.
test('metadata that was remembered and is not what was signed is fetched again, and told once', async () => {
  await node.update();
  const path = join(node.folder, 'state.json');
  // As an earlier release has written it: without a digest, and once.
  const state = JSON.parse(readFileSync(path, 'utf8')) as { metadata: { timestamp: string }; sha256?: string };
  delete state.sha256;
  rmSync(join(node.folder, 'state.copy.json'));
  state.metadata.timestamp = state.metadata.timestamp.replace(/"expires":\s*"2/, '"expires":"3');
  writeFileSync(path, JSON.stringify(state));
  node.restart();
  expect(await node.update()).toMatchObject({ version: 1, fault: null });
  expect(node.faults).toEqual([expect.stringMatching(/^damaged: .*timestamp\.json/)]);
  node.restart();
  expect(await node.update()).toMatchObject({ kind: 'cached', version: 1 });
  expect(node.faults).toHaveLength(1);
});

// Was a fault: a commit meanwhile, as of an operator's decision, removed what was being written.
test('what is being written beside a file that comes is not removed by a commit; what a crash has left is', async () => {
  const store = new Store({ folder: directory.file('store'), owner: 'test' });
  await store.prepare();
  const file = { sha256: 'a'.repeat(64), bytes: 1 };
  const path = store.placeFor(file);
  const beside = [`${path}.part`, join(dirname(path), `.${basename(path)}.copy.0123456789ab.tmp`)];
  for (const each of beside) writeFileSync(each, '');
  await store.write(emptyState('', '{}'));
  expect(beside.map((each) => existsSync(each))).toEqual([true, true]);
  store.drop(file);
  await store.write(emptyState('', '{}'));
  expect(beside.map((each) => existsSync(each))).toEqual([false, false]);
});

// Was a fault: it was written anew as it had been read, over what somebody else had written in between.
test('whether the folder can be written is tried without touching the state', async () => {
  await node.update();
  const path = join(node.folder, 'state.json');
  const store = new Store({ folder: node.folder, owner: 'any' });
  const { ino } = statSync(path);
  expect(await store.isWritable()).toBe(true);
  expect([statSync(path).ino, node.filesOnDisk()]).toEqual([ino, expect.not.arrayContaining(['writable'])]);
  store.close();
});
