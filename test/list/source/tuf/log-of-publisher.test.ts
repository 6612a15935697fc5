/** A node keeps an eye on the log of a publisher that is the real one. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FolderRepository } from '../../../../src/list/source/tuf/folder-repository.ts';
import { readHeadFile } from '../../../../src/list/transparency/head-file.ts';
import { Publisher } from '../../../../src/publish/publisher.ts';
import { cosign } from '../../../../src/publish/log/witness.ts';
import { withdrawalsOf } from '../../../../src/publish/withdraw.ts';
import { DAY, Publishing } from '../../../publish/publishing.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import { Party } from '../../transparency/logs.ts';
import { TestNode } from './test-node.ts';

let publishing: Publishing;
let directory: TemporaryDirectory;
let node: TestNode;

beforeEach(async () => {
  directory = temporaryDirectory();
  publishing = await Publishing.begin({ now: Date.now() });
  await publishing.recipient('isp-a');
  await publishing.commit(['one.example', 'two.example']);
  node = new TestNode(directory, {
    folder: join(publishing.folders.repo, 'isp-a'),
    identity: publishing.identity('isp-a'),
    root: () => publishing.root(),
  });
});
afterEach(() => {
  node.close();
  publishing[Symbol.dispose]();
  directory[Symbol.dispose]();
});

async function faultOf(update: Promise<unknown>): Promise<unknown> {
  return await update.then(
    () => null,
    (error: unknown) => error,
  );
}

describe('a log that grows', () => {
  test('is followed from version to version, over restarts, and asked for only where its head is new', async () => {
    expect(await node.update()).toMatchObject({ kind: 'list', version: 1 });
    await publishing.commit(['one.example']);
    expect(await node.update()).toMatchObject({ kind: 'list', version: 2 });
    node.restart();
    await publishing.commit(['three.example']);
    await node.update();
    expect(await node.update()).toMatchObject({ kind: 'list', version: 3 });
    expect(node.faults).toEqual([]);
  });

  test('that has no proof for a node that was away for long is a gap: it goes on, and says so', async () => {
    await node.update();
    for (let month = 1; month <= 3; month += 1) {
      publishing.now += 40 * DAY;
      await publishing.commit([`month${month}.example`]);
    }
    await publishing.open(async (publisher) => await publisher.bringOnlineRolesUpToDate({ isRefresh: true }));
    node.now = publishing.now;
    expect(await node.update()).toMatchObject({ kind: 'list', version: 4 });
    expect(node.faults).toEqual(['gap']);
  });
});

/** The publisher's state before its next commit, from which it goes another way. */
async function otherHistory(lines: readonly string[], withdrawn: string): Promise<string> {
  const folders = { repo: directory.file('other/repo'), keys: directory.file('other/keys') };
  mkdirSync(directory.file('other'), { recursive: true });
  cpSync(publishing.folders.repo, folders.repo, { recursive: true });
  cpSync(publishing.folders.keys, folders.keys, { recursive: true });
  for (const line of lines) {
    await using publisher = await Publisher.open(folders, { now: publishing.now });
    await publisher.commitVersion({ added: [line], removed: [], changeSet: null, approvedBy: [] });
  }
  await using publisher = await Publisher.open(folders, { now: publishing.now });
  publisher.append(
    withdrawalsOf([withdrawn], publisher.state, []).map(({ uid, line }) => ({ kind: 'withdrawn', uid, line }) as const),
  );
  await publisher.bringOnlineRolesUpToDate({ isRefresh: false });
  return join(folders.repo, 'isp-a');
}

describe('a fork', () => {
  test('refuses the update, with valid signatures of all roles; what is withdrawn is withdrawn all the same', async () => {
    await node.update();
    const other = await otherHistory(['a.example', 'b.example', 'c.example'], 'one.example');
    await publishing.commit(['one.example', 'two.example', 'three.example']);
    expect(await node.update()).toMatchObject({ version: 2, entries: 3 });
    node.mirrors = [new FolderRepository(other)];
    node.restart();
    await node.update();
    expect(await node.update()).toMatchObject({ version: 2, withdrawn: 1, kind: 'withdrawn', fault: 'log_fork' });
    expect(await faultOf(node.update())).toMatchObject({ code: 'log_fork' });
  });

  test('is none where the operator pins another root: the publisher has begun anew', async () => {
    await node.update();
    const other = await otherHistory(['a.example', 'b.example'], 'one.example');
    await publishing.commit(['three.example']);
    await node.update();
    node.mirrors = [new FolderRepository(other)];
    node.pin(`${publishing.root()} `);
    node.restart();
    await node.update();
    expect(await node.update()).toMatchObject({ version: 3 });
  });
});

describe('witnesses', () => {
  const party = new Party('witness.example/1', 'cosignature');

  test('nothing new is taken before one has cosigned', async () => {
    node.witnesses = [new Party('other.example', 'cosignature').key, party.key];
    expect(await faultOf(node.update())).toMatchObject({ code: 'log_witness' });
    const bytes = readFileSync(join(publishing.folders.repo, 'log_head.json'));
    const name = readHeadFile(bytes)!.checkpoint.origin;
    const [hex = ''] = await publishing.open(({ settings }) => settings.roles.log.keys.map((one) => one.public));
    const note = cosign(null, bytes, {
      log: { name, kind: 'log', key: Buffer.from(hex, 'hex') },
      key: party.key,
      sign: party.sign,
      now: publishing.now,
    });
    writeFileSync(join(publishing.folders.keys, 'state', 'cosignatures', 'w'), note);
    await publishing.open(async (publisher) => await publisher.bringOnlineRolesUpToDate({ isRefresh: true }));
    expect(await node.update()).toMatchObject({ kind: 'list', version: 1 });
    await publishing.commit(['three.example']);
    expect(await faultOf(node.update())).toMatchObject({ code: 'log_witness' });
  });
});
