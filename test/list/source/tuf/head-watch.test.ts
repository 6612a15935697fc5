/** A node that follows the publisher's log: new versions wait for it, removals do not, and a fork is kept as evidence. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ListError } from '../../../../src/list/list-error.ts';
import type { Repository } from '../../../../src/list/source/tuf/repository.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import { Party, TestLog } from '../../transparency/logs.ts';
import { TestNode } from './test-node.ts';
import { newSigner, TestRepository } from './test-repository.ts';

const LIST = ['http://listed.example/a', 'other.example'];
const witness = new Party('witness.example/1', 'cosignature');
let directory: TemporaryDirectory;
let repository: TestRepository;
let node: TestNode;
let log: TestLog;

beforeEach(async () => {
  directory = temporaryDirectory();
  repository = await TestRepository.create(directory.file('repository'));
  node = new TestNode(directory, repository);
  log = new TestLog();
  await publish(LIST);
  await node.update();
});
afterEach(() => {
  node.close();
  directory[Symbol.dispose]();
});

/** The next version, and a log that has it, or does not. */
async function publish(lines: readonly string[], { isLogged = true, witnesses = [] as Party[] } = {}): Promise<void> {
  const before = log.leaves.length;
  await repository.publish(lines);
  const { version } = repository;
  const { digest } = repository.targets.get(`match/1/1/${version}.full`)?.custom ?? {};
  log.add({ kind: 'added', at: version });
  if (isLogged) log.add({ kind: 'published', recipient: 'isp-a', version, format: 1, form: 1, digest });
  offer(log, { from: [before].filter((size) => size > 0), witnesses });
}

function offer(from: TestLog, options: { from?: readonly number[]; witnesses?: readonly Party[] }): void {
  const size = from.leaves.length;
  repository.addHead(size, from.head({ ...options, open: [size - 1] }), log.party.key);
  repository.release(['targets', 'log']);
}

async function outcome(): Promise<string> {
  try {
    const given = await node.update();
    return given === 'unchanged'
      ? given
      : `version ${given.version}, ${given.withdrawn} withdrawn, ${given.fault ?? 'no fault'}`;
  } catch (error) {
    return error instanceof ListError ? error.code : String(error);
  }
}

test('versions that the log has are taken, over restarts', async () => {
  await publish([...LIST, 'third.example']);
  expect(await outcome()).toBe('version 2, 0 withdrawn, no fault');
  node.restart();
  await publish([...LIST, 'fourth.example']);
  expect([await outcome(), await outcome()]).toEqual([
    'version 2, 0 withdrawn, no fault',
    'version 3, 0 withdrawn, no fault',
  ]);
  expect(node.faults).toEqual([]);
});

test('one that the log does not have waits, what is withdrawn does not', async () => {
  await publish([...LIST, 'third.example'], { isLogged: false });
  expect(await outcome()).toBe('log_head');
  await repository.withdraw(['other.example']);
  expect(await outcome()).toBe('version 1, 1 withdrawn, log_head');
  await publish([...LIST, 'fourth.example']);
  expect(await outcome()).toBe('version 3, 1 withdrawn, no fault');
});

test('another list of a number that the log has is not in it', async () => {
  await repository.replace(['http://listed.example/other']);
  expect([await outcome(), await outcome()]).toEqual(['log_head', 'log_head']);
});

test('while the newest version waits, none before it is taken that the log does not have', async () => {
  node.delayMs = 600_000;
  node.restart();
  await node.update();
  await repository.publish([...LIST, 'unlogged.example']);
  expect(await outcome()).toBe('log_head');
  node.now += 300_000;
  await publish([...LIST, 'third.example']);
  expect(await outcome()).toBe('unchanged');
  node.now += 300_000;
  expect(await outcome()).toBe('unchanged');
  node.now += 300_000;
  expect(await outcome()).toBe('version 3, 0 withdrawn, no fault');
});

test('a version waits for a witness where one is asked for', async () => {
  node.witnesses = [witness.key];
  node.restart();
  await publish([...LIST, 'third.example']);
  expect([await outcome(), await outcome()]).toEqual(['version 1, 0 withdrawn, no fault', 'log_witness']);
  offer(log, { from: [2], witnesses: [new Party('witness.example/2', 'cosignature'), witness] });
  expect(await outcome()).toBe('version 2, 0 withdrawn, no fault');
});

test('another history is refused, and kept', async () => {
  const other = log.branch(1);
  other.add({ kind: 'added', other: true }, { kind: 'padding' });
  await repository.publish([...LIST, 'third.example']);
  offer(other, { from: [2] });
  expect([await outcome(), await outcome()]).toEqual(['log_fork', 'log_fork']);
  expect(readdirSync(node.folder).filter((name) => name.startsWith('fork-'))).toHaveLength(1);
  node.restart();
  expect([await outcome(), await outcome()]).toEqual(['version 1, 0 withdrawn, no fault', 'log_fork']);
});

// Was a fault: the full disk was told, and not the fork.
test('another history is told also where it cannot be kept', async () => {
  const other = log.branch(1);
  other.add({ kind: 'added', other: true }, { kind: 'padding' });
  await repository.publish([...LIST, 'third.example']);
  offer(other, { from: [2] });
  const { bytes } = repository.targets.get(`log/${other.leaves.length}.head`)!;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  mkdirSync(join(node.folder, `fork-${sha256.slice(0, 16)}.head`, 'in-the-way'), { recursive: true });
  await expect(node.update()).rejects.toMatchObject({
    code: 'log_fork',
    message: expect.stringMatching(/has two histories: .*; that head cannot be kept in \S+ as evidence: /),
  });
});

// Was a fault: that a mirror could not be reached was told, and the fork was a warning beside it.
test('another history is graver than a mirror that cannot be reached', async () => {
  const away: Repository = {
    name: 'away',
    open: () => Promise.reject(new ListError('connect', 'the server cannot be reached: ECONNREFUSED')),
  };
  node.restart();
  node.mirrors = [away, ...node.mirrors];
  await node.update();
  const other = log.branch(1);
  other.add({ kind: 'added', other: true }, { kind: 'padding' });
  await repository.publish([...LIST, 'third.example']);
  offer(other, { from: [2] });
  expect(await outcome()).toBe('log_fork');
});

test('of further histories no more is kept than proves the first ones', async () => {
  for (let i = 0; i < 12; i += 1) {
    const other = log.branch(1);
    other.add({ kind: 'added', other: i }, { kind: 'padding' });
    await repository.publish([...LIST, `third${i}.example`]);
    offer(other, { from: [2] });
    expect(await outcome()).toBe('log_fork');
  }
  expect(readdirSync(node.folder).filter((name) => name.startsWith('fork-'))).toHaveLength(8);
});

test('another history is followed where a root is pinned anew', async () => {
  await repository.publish([...LIST, 'third.example']);
  const { digest } = repository.targets.get('match/1/1/2.full')?.custom ?? {};
  const other = log.branch(1);
  other.add({ kind: 'published', recipient: 'isp-a', version: 2, format: 1, form: 1, digest });
  offer(other, {});
  expect(await outcome()).toBe('log_fork');
  repository.rotate('timestamp', [newSigner()]);
  repository.release();
  expect(await outcome()).toBe('log_fork');
  node.pin(repository.root());
  node.restart();
  expect([await outcome(), await outcome()]).toEqual([
    'version 1, 0 withdrawn, no fault',
    'version 2, 0 withdrawn, no fault',
  ]);
});

test('a log that is gone is no log', async () => {
  for (const path of repository.targets.keys()) if (path.startsWith('log/')) repository.targets.delete(path);
  await repository.publish([...LIST, 'third.example']);
  expect(await outcome()).toBe('log_head');
});

test('of a repository without a log versions are taken again when witnesses are asked for no more', async () => {
  const plain = await TestRepository.create(directory.file('plain'));
  const other = new TestNode(directory, plain, 'other');
  other.pin(plain.root());
  await plain.publish(LIST);
  await other.update();
  other.witnesses = [witness.key];
  other.restart();
  await plain.publish([...LIST, 'third.example']);
  expect([await other.outcome(), await other.outcome()]).toEqual(['version 1', 'log_head']);
  other.witnesses = [];
  other.restart();
  expect([await other.outcome(), await other.outcome()]).toEqual(['version 1', 'version 2']);
  other.close();
});

test('a head without a proof for what was seen is told, and taken', async () => {
  await repository.publish([...LIST, 'third.example']);
  const { digest } = repository.targets.get('match/1/1/2.full')?.custom ?? {};
  log.add({ kind: 'published', recipient: 'isp-a', version: 2, format: 1, form: 1, digest });
  offer(log, {});
  expect([await outcome(), node.faults]).toEqual(['version 2, 0 withdrawn, no fault', ['gap']]);
});
