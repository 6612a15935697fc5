/** Images that are made in a thread of their own: byte for byte those that are made in this one, and the same errors. */
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { ListError } from '../../../../src/list/list-error.ts';
import { holdThreads } from '../../../../src/lib/threads.ts';
import { imageTerms } from '../../../../src/list/protected/image-layout.ts';
import { ALONE } from '../../../../src/list/source/source.ts';
import { Identity } from '../../../../src/list/source/tuf/identity.ts';
import { IMAGE_THREAD, isLong, runImageJob } from '../../../../src/list/source/tuf/image-job.ts';
import type { ImageJob } from '../../../../src/list/source/tuf/image-job.ts';
import { fileKeysOf, storedImage } from '../../../../src/list/source/tuf/stored-image.ts';
import type { Vault } from '../../../../src/list/source/tuf/stored-image.ts';
import { Store } from '../../../../src/list/source/tuf/store.ts';
import { CountedMemory, withdrawn } from '../../protected/support.ts';
import { endingMemory } from '../../../support/ending-memory.ts';
import { eventually } from '../../../support/eventually.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import { threadsThatGiveWay } from '../../../support/thread-niceness.ts';
import { TestNode } from './test-node.ts';
import { TestRepository } from './test-repository.ts';
import { codeOf } from '../../../support/list-error-code.ts';

let directory: TemporaryDirectory;
let repository: TestRepository;
let node: TestNode;
const lines = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, i) => `http://h${from + i}.example/page${i}`);

beforeAll(async () => await holdThreads([IMAGE_THREAD]));
beforeEach(async () => {
  directory = temporaryDirectory();
  repository = await TestRepository.create(directory.file('repository'));
  node = new TestNode(directory, repository);
});
afterEach(() => {
  node.close();
  directory[Symbol.dispose]();
});

/** Of what lies at the node, which has version 1 in force, and 2 lies there too. */
async function jobs(): Promise<{ readonly full: ImageJob; readonly onTheWay: ImageJob; readonly store: Store }> {
  await repository.publish(lines(3000));
  await node.update();
  const inForce = node.image;
  await repository.publish([...lines(2980), ...lines(20, 5000)]);
  await node.update();
  const store = new Store({ folder: node.folder, owner: 'test' });
  const [chain] = (await store.read())!.chains;
  expect(chain).toMatchObject({ version: 1, deltas: [{}] });
  const { folder } = node;
  const full: ImageJob = {
    chain: chain!,
    version: 2,
    withdrawn: withdrawn([1n, 2n], 3),
    folder,
    fileKeys: await fileKeysOf({ full: chain!.full, deltas: chain!.deltas }, vaultOf(store)),
    held: new Map(),
    inForce: null,
    givesWay: false,
  };
  return { full, onTheWay: { ...full, inForce }, store };
}

function vaultOf(store: Store): Vault {
  return { store, identity: Identity.parse(repository.identity) };
}

test('from a whole list as from an image in force', async () => {
  const { full, onTheWay, store } = await jobs();
  const want = await storedImage({ chain: full.chain, version: 2 }, full.withdrawn, vaultOf(store), ALONE);
  const memory = new CountedMemory();
  for (const job of [full, onTheWay]) expect(Buffer.compare(await runImageJob(job, memory), want)).toBe(0);
  expect(memory.leased.size).toBe(2);
  expect(imageTerms(want)).toMatchObject({ version: 2, entries: 3000, withdrawnSerial: 3 });
});

test('of files that no disk has taken, which it is given', async () => {
  const { full, onTheWay, store } = await jobs();
  const want = await storedImage({ chain: full.chain, version: 2 }, full.withdrawn, vaultOf(store), ALONE);
  const [delta] = full.chain.deltas;
  const path = store.pathOf(delta!);
  const held = new Map([[delta!.sha256, readFileSync(path)]]);
  rmSync(path);
  for (const job of [full, onTheWay])
    expect(Buffer.compare(await runImageJob({ ...job, held }, new CountedMemory()), want)).toBe(0);
});

test('of deltas nothing stays but the image, also where there is none', async () => {
  const { onTheWay, store } = await jobs();
  const { chain, inForce, withdrawn: set } = onTheWay;
  const freed = jest.spyOn(ArrayBuffer.prototype, 'transfer');
  try {
    await storedImage({ chain, version: 2 }, set, vaultOf(store), { ...ALONE, inForce });
    expect(freed).toHaveBeenCalledTimes(1);
    const memory = { lease: () => Promise.reject(new ListError('memory_not_leased', 'none')), release: () => {} };
    const made = storedImage({ chain, version: 2 }, set, vaultOf(store), { ...ALONE, inForce, memory });
    expect(await codeOf(made)).toBe('memory_not_leased');
    expect(freed).toHaveBeenCalledTimes(2);
  } finally {
    freed.mockRestore();
  }
});

test('what is wrong is told as in this thread, and no memory stays leased', async () => {
  const { full, store } = await jobs();
  const memory = new CountedMemory();
  const otherKeys = new Map([...full.fileKeys.keys()].map((sha256) => [sha256, new Uint8Array(16)]));
  expect(await codeOf(runImageJob({ ...full, fileKeys: otherKeys }, memory))).toBe('decrypt');
  const path = store.pathOf(full.chain.full);
  const bytes = readFileSync(path);
  rmSync(`${path}.copy`);
  // Whatever of it is damaged: a file that cannot be decrypted is told from one that is not as it was received, which is fetched again.
  for (const damaged of [bytes.with(bytes.length - 100, bytes.at(-100)! ^ 1), bytes.subarray(0, 40_000)]) {
    writeFileSync(path, damaged);
    expect(await codeOf(storedImage({ chain: full.chain, version: 2 }, full.withdrawn, vaultOf(store), ALONE))).toBe(
      'corrupt',
    );
    expect(await codeOf(runImageJob(full, memory))).toBe('corrupt');
  }
  expect(await codeOf(runImageJob({ ...full, fileKeys: new Map() }, memory))).toBe('internal');
  expect(memory.leased.size).toBe(0);
  const none = { lease: () => Promise.reject(new ListError('memory_not_leased', 'none left')), release: () => {} };
  writeFileSync(path, bytes);
  expect(await codeOf(runImageJob(full, none))).toBe('memory_not_leased');
});

/** Each thread of the process has the next number. */
async function nextThread(): Promise<number> {
  const probe = new Worker('', { eval: true });
  const number = probe.threadId;
  await once(probe, 'exit');
  return number;
}

test('one thread makes one image after the other, two are made by two, and one that has failed is replaced', async () => {
  const { full, onTheWay, store } = await jobs();
  const memory = new CountedMemory();
  const want = await storedImage({ chain: full.chain, version: 2 }, full.withdrawn, vaultOf(store), ALONE);
  const isMade = async (job: ImageJob): Promise<boolean> => Buffer.compare(await runImageJob(job, memory), want) === 0;
  expect(await isMade(full)).toBe(true);
  const before = await nextThread();
  for (const job of [onTheWay, full, onTheWay]) expect(await isMade(job)).toBe(true);
  expect((await nextThread()) - before).toBe(1);
  expect(await Promise.all([full, onTheWay].map(isMade))).toEqual([true, true]);
  expect((await nextThread()) - before).toBe(3);
  expect(await codeOf(runImageJob({ ...full, fileKeys: new Map() }, memory))).toBe('internal');
  expect(await isMade(full)).toBe(true);
  expect((await nextThread()) - before).toBe(5);
  expect(memory.leased.size).toBe(7);
});

test('at a start the thread does not give way, with the first update it does, and no further with the next', async () => {
  const { full } = await jobs();
  // Whatever a test before has left would have given way already.
  expect(await codeOf(runImageJob({ ...full, fileKeys: new Map() }, new CountedMemory()))).toBe('internal');
  const memory = new CountedMemory();
  const before = threadsThatGiveWay();
  const found: number[] = [];
  for (const givesWay of [false, true, true]) {
    await runImageJob({ ...full, givesWay }, memory);
    found.push(threadsThatGiveWay() - before);
  }
  expect(found).toEqual(process.platform === 'linux' ? [0, 1, 1] : [0, 0, 0]);
});

test('a thread that dies is a fault of the list, and the next job has another', async () => {
  const { full } = await jobs();
  const memory = new CountedMemory();
  // What nobody has foreseen: a chain that is none.
  const dying: ImageJob = { ...full, chain: { ...full.chain, deltas: Object(null) } };
  expect(await codeOf(runImageJob(dying, memory))).toBe('internal');
  expect(memory.leased.size).toBe(0);
  expect(imageTerms(await runImageJob(full, memory)).version).toBe(2);
});

// Was a fault: what was lent to a thread that had died by then stayed lent for as long as the process ran.
test('a thread that dies while memory is waited for ends the wait, and what comes then goes back', async () => {
  const { full } = await jobs();
  const memory = endingMemory();
  await expect(runImageJob(full, memory)).rejects.toMatchObject({
    code: 'internal',
    message: 'the image thread ended before it was done (exit status 1); what is in force stays',
  });
  memory.come();
  await eventually('it has gone back', memory.hasGoneBack);
  expect(imageTerms(await runImageJob(full, new CountedMemory())).version).toBe(2);
});

test('a long list takes that way at a node', async () => {
  await repository.publish(lines(88_000));
  expect(await node.update()).toMatchObject({ version: 1, entries: 88_000 });
  const before = threadsThatGiveWay();
  // A command gives way always: an instance may serve beside it.
  node.restart();
  node.isOffline = true;
  expect(await node.update()).toMatchObject({ version: 1, entries: 88_000 });
  expect(threadsThatGiveWay() - before).toBe(process.platform === 'linux' ? 1 : 0);
  node.restart();
  node.isOffline = false;
  expect(await node.update()).toMatchObject({ version: 1, entries: 88_000 });
  await repository.withdraw(['http://h0.example/page0']);
  // Of the image in force alone: the files need not lie here.
  for (const name of node.filesOnDisk()) rmSync(join(node.folder, 'files', name));
  expect(await node.update()).toMatchObject({ version: 1, entries: 87_999, withdrawn: 1, kind: 'withdrawn' });
  const [chain] = (await new Store({ folder: node.folder, owner: 'test' }).read())!.chains;
  expect([isLong(chain!, null), isLong(chain!, node.image)]).toEqual([true, true]);
  expect(isLong({ ...chain!, full: { sha256: '', bytes: 70_000 } }, null)).toBe(false);
});
