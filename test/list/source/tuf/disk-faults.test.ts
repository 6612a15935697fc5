/** A disk that takes nothing more, or gives nothing back, is a fault of this node: told as one, of no mirror, and the list in force stays. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FolderRepository } from '../../../../src/list/source/tuf/folder-repository.ts';
import type { Repository } from '../../../../src/list/source/tuf/repository.ts';
import { emptyState, Store } from '../../../../src/list/source/tuf/store.ts';
import { updateMetadata } from '../../../../src/list/source/tuf/update-metadata.ts';
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

/** Where a file of the repository is written while it comes: something that cannot be written. @returns what makes it writable again. */
function inTheWayOf(target: string): () => void {
  const { bytes } = repository.targets.get(target)!;
  const place = join(node.folder, 'files', `${createHash('sha256').update(bytes).digest('hex')}.part`);
  mkdirSync(place, { recursive: true });
  return () => rmSync(place, { recursive: true });
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

// Was a fault: an error of the system, which no code told from a fault of the program, and no other mirror was to blame for.
test('a payload that cannot be written: the list in force stays, no mirror is blamed, and the next look mends it', async () => {
  await node.update();
  const asked: string[] = [];
  node.restart();
  node.mirrors = [counted(asked, 'one'), counted(asked, 'two')];
  await node.update();
  await repository.publish([...FIRST, 'd.example dns']);
  const mend = inTheWayOf('match/1/1/2.full');
  await expect(node.update()).rejects.toMatchObject({
    code: 'state',
    message: expect.stringMatching(/\.part cannot be written: /),
  });
  expect([node.faults, asked.filter((path) => path.startsWith('two targets'))]).toEqual([[], []]);
  mend();
  expect(await node.update()).toMatchObject({ version: 2, entries: 3 });
});

// Was a fault: nobody caught it, and /status told nothing of the names.
test('names that cannot be written are told, as what they are, and fetched with the next look', async () => {
  await repository.addNames(FIRST);
  node.namesIdentity = repository.namesIdentity;
  const mend = inTheWayOf('names/2/1.full');
  await node.update();
  await eventually('it is told', () => node.faults.length > 0);
  expect(node.faults).toEqual(['names: state']);
  expect(node.source.versions.names).toMatchObject({
    version: null,
    fault: expect.stringContaining('cannot be written'),
  });
  mend();
  await node.update();
  await eventually('they are here', () => node.source.versions.names?.version === '1');
});

// Was a fault: it counted as none, so that an older version would have been taken, and one that was pinned was forgotten.
test('what was remembered and cannot be read is not begun anew: the list in force stays, and a start waits', async () => {
  await node.update();
  const path = join(node.folder, 'state.json');
  const kept = readFileSync(path);
  rmSync(path);
  mkdirSync(path);
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
  writeFileSync(join(node.folder, 'state.json'), text);
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
  const state = JSON.parse(readFileSync(path, 'utf8')) as { metadata: { timestamp: string } };
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

// Was a fault, likewise.
test('metadata that cannot be written', async () => {
  writeFileSync(directory.file('full'), '');
  const mirror = new FolderRepository(repository.folder);
  const update = updateMetadata({
    repository: mirror,
    stored: { root: repository.root() },
    timestamp: Buffer.from('{}'),
    staging: join(directory.file('full'), 'staging'),
    times: { now: node.now, clock: node.now },
  });
  await expect(update).rejects.toMatchObject({
    code: 'state',
    message: expect.stringMatching(/staging cannot be written: /),
  });
});
