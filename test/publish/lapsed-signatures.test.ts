/**
 * What a node takes after nobody has renewed signatures for longer than they live: a removal and a version arrive with the signatures that need no
 * person, and what only a person can renew is told to whoever published.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { imageTerms } from '../../src/list/protected/image-layout.ts';
import { ALONE } from '../../src/list/source/source.ts';
import type { ListSource } from '../../src/list/source/source.ts';
import { openTuf } from '../../src/list/source/tuf/open-tuf.ts';
import { expired, signedAhead } from '../../src/publish/inspect.ts';
import { withdrawalsOf } from '../../src/publish/withdraw.ts';
import { memoryLog } from '../support/memory-log.ts';
import { nodeTerms } from './node-terms.ts';
import { DAY, Publishing } from './publishing.ts';

const ISP = 'isp-a';
let publishing: Publishing;
let node: ListSource;
/** In force at the node. */
let image: Uint8Array;

beforeEach(async () => {
  publishing = await Publishing.begin();
  await publishing.recipient(ISP);
  await publishing.commit(['wrong.example', 'right.example']);
  writeFileSync(publishing.file('root.json'), publishing.root());
  writeFileSync(publishing.file('node.age'), publishing.identity(ISP), { mode: 0o600 });
  const repository = join(publishing.folders.repo, ISP);
  const terms = nodeTerms([repository], publishing.file('root.json'), publishing.file('node.age'));
  const now = (): number => publishing.now;
  const instance = { log: memoryLog(), now, earliest: now };
  node = openTuf(terms, { name: 'national', stateDirectory: publishing.file('state'), owner: 'test', instance });
  const read = await node.read();
  if (read.kind !== 'list') throw new Error(`it gives ${read.kind}`);
  image = read.bytes;
  await node.accepted(image);
});
afterEach(() => {
  node.close();
  publishing[Symbol.dispose]();
});

/** @returns what whoever withdraws is told. */
async function withdraw(address: string): Promise<readonly string[]> {
  return await publishing.open(async (publisher) => {
    const events = withdrawalsOf([address], publisher.state, []);
    publisher.append(events.map(({ uid, line }) => ({ kind: 'withdrawn', uid, line }) as const));
    await publisher.bringOnlineRolesUpToDate({ isRefresh: false });
    return await expired(publisher);
  });
}

/** How many entries of what is in force are withdrawn, after the node has looked. */
async function withdrawnAtNode(): Promise<number> {
  await node.read({ ...ALONE, inForce: image });
  await node.withdraw(image, ALONE.rest);
  return imageTerms(image).withdrawn;
}

// Was a fault: the metadata of the log, which nobody had signed again, had expired, and no node took what was withdrawn.
test.each([20, 40, 80])('a removal, %d days after signatures were last renewed', async (days) => {
  publishing.now += days * DAY;
  expect(await withdraw('wrong.example')).toEqual([]);
  expect(await withdrawnAtNode()).toBe(1);
});

// Was a fault, by the metadata of the withdrawn set.
test('a version', async () => {
  publishing.now += 40 * DAY;
  await publishing.commit(['right.example', 'third.example']);
  const read = await node.read({ ...ALONE, inForce: image });
  expect(read).toMatchObject({ kind: 'list', version: { label: '2' } });
});

test('without the key of the log: it is published all the same, whoever withdraws is told, and a refresh brings it to nodes', async () => {
  publishing.now += 40 * DAY;
  const key = join(publishing.folders.keys, 'log-1.pem');
  renameSync(key, publishing.file('away'));
  expect(await withdraw('wrong.example')).toEqual(['log of isp-a has expired: cleanfeed publish refresh']);
  await expect(withdrawnAtNode()).rejects.toMatchObject({ code: 'expired' });
  renameSync(publishing.file('away'), key);
  await publishing.open(async (publisher) => await publisher.bringOnlineRolesUpToDate({ isRefresh: true }));
  expect(await withdrawnAtNode()).toBe(1);
});

test.each([
  { days: 100, want: [/^targets of isp-a has expired: cleanfeed publish build/] },
  { days: 366, want: [/^root version 1 has expired: cleanfeed publish rotate root$/, /^targets of isp-a/] },
])('what a person has to sign after $days days is named, and no node takes anything', async ({ days, want }) => {
  publishing.now += days * DAY;
  expect(await withdraw('wrong.example')).toEqual(want.map((one) => expect.stringMatching(one)));
  await expect(withdrawnAtNode()).rejects.toMatchObject({ code: 'expired' });
  expect(imageTerms(image).withdrawn).toBe(0);
});

test('a clock that is behind what was signed is seen, and one that is ahead is not one that is behind', async () => {
  const ahead = async (): Promise<number | null> => await publishing.open(signedAhead);
  expect(await ahead()).toBeNull();
  const signed = publishing.now;
  publishing.now = signed - DAY / 24;
  expect(await ahead()).toBeNull();
  publishing.now -= 1;
  expect(await ahead()).toBe(signed);
  publishing.now = signed + DAY;
  expect(await ahead()).toBeNull();
});
