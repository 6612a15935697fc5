/**
 * REPO has lost files that the metadata names: it was brought back from an older copy, somebody has tidied up. What is published next makes them again,
 * a removal arrives, and whoever publishes is told what cannot be signed. Nothing in REPO is read for it.
 */
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { inspect, lost, unreadable } from '../../src/publish/inspect.ts';
import { audit } from '../../src/publish/log/audit.ts';
import { withdraw } from '../../src/publish/withdraw.ts';
import { decrypted } from './verified-repository.ts';
import { DAY, Publishing } from './publishing.ts';

const [ONE, TWO] = ['isp-a', 'isp-b'];
let publishing: Publishing;

beforeEach(async () => {
  publishing = await Publishing.begin();
  await publishing.recipient(ONE);
  await publishing.recipient(TWO);
  await publishing.commit(['wrong.example', 'right.example']);
});
afterEach(() => publishing[Symbol.dispose]());

const restore = (copy: string): void => {
  rmSync(publishing.folders.repo, { recursive: true });
  cpSync(copy, publishing.folders.repo, { recursive: true });
};
const refresh = async (): Promise<void> =>
  await publishing.open(async (publisher) => await publisher.bringOnlineRolesUpToDate({ isRefresh: true }));
/** Bytes of the withdrawn set as a node decrypts it. */
const withdrawnSet = async (name: string): Promise<Uint8Array> =>
  await decrypted(publishing.identity(name), publishing.repository(name).targets.get('withdrawn/1.set')!.bytes);
const withdrawnCount = async (name: string): Promise<number> =>
  new DataView((await withdrawnSet(name)).buffer).getUint32(12, true);
const lostOf = async (): Promise<object> => Object.fromEntries(await publishing.open(lost));
/** Takes the keys of targets away, or brings them. */
const moveTargetsKeys = (from: string, to: string): void => {
  for (const file of ['targets-1.pem', 'targets-2.pem']) renameSync(join(from, file), join(to, file));
};

/** A week passes, with a version, and REPO is brought back as it was before. */
async function olderCopy(): Promise<void> {
  const copy = publishing.file('copy');
  cpSync(publishing.folders.repo, copy, { recursive: true });
  publishing.now += 7 * DAY;
  await publishing.commit(['wrong.example', 'right.example', 'third.example']);
  restore(copy);
}

// Was a fault: it said that the entry was withdrawn, and no node could read the repository.
test('REPO from an older copy: a removal arrives', async () => {
  await olderCopy();
  await publishing.open(async (publisher) => {
    expect(await withdraw(publisher, ['wrong.example'])).toBe(1);
    expect(unreadable(publisher)).toEqual([]);
    // The list itself is made again with the next version, or by a commit: nodes that have it need no other.
    expect([...lost(publisher).values()]).toEqual([
      expect.stringMatching(/^REPO lacks isp-a\/targets\/match\/1\/1\/[0-9a-f]{64}\.2\.full and 1 more of its files$/),
      expect.stringMatching(/^REPO lacks isp-b\/targets\/match/),
    ]);
    await publisher.finishVersion();
  });
  expect(await lostOf()).toEqual({});
  for (const name of [ONE, TWO]) {
    expect(await withdrawnCount(name)).toBe(1);
    expect([...publishing.repository(name).targets.keys()]).toContain('match/1/1/2.full');
  }
});

test('the key of targets is away: whoever withdraws is told, and it is signed as soon as the key is there', async () => {
  await olderCopy();
  const away = publishing.file('away');
  mkdirSync(away);
  moveTargetsKeys(publishing.folders.keys, away);
  await publishing.open(async (publisher) => {
    await withdraw(publisher, ['wrong.example']);
    expect(unreadable(publisher)[1]).toMatch(
      /^REPO lacks isp-b\/metadata\/3\.targets\.json and 2 more of its files: bring the keys of targets, then cleanfeed publish refresh$/,
    );
  });
  expect(() => publishing.repository(TWO)).toThrow('ENOENT');
  moveTargetsKeys(away, publishing.folders.keys);
  await refresh();
  await publishing.open((publisher) => expect(unreadable(publisher)).toEqual([]));
  await publishing.open(async (publisher) => await publisher.finishVersion());
  expect(await withdrawnCount(TWO)).toBe(1);
});

// Was a fault: the next command published metadata that named payloads which were not there.
test('payloads of an interrupted version that are gone are made again', async () => {
  const blocked = join(publishing.folders.repo, TWO, 'metadata', '3.targets.json');
  mkdirSync(blocked);
  await expect(publishing.commit(['right.example'])).rejects.toMatchObject({ code: 'not_reached' });
  rmSync(blocked, { recursive: true });
  const folder = join(publishing.folders.repo, TWO, 'targets/match/1/1');
  const made = readdirSync(folder).find((name) => name.endsWith('.2.full'));
  rmSync(join(folder, made!));
  await publishing.open(async (publisher) => {
    expect(publisher.late).toEqual([TWO]);
    await publisher.finishVersion();
    expect(publisher.late).toEqual([]);
  });
  expect(publishing.repository(TWO).targets.get('match/1/1/2.full')!.length).toBeGreaterThan(0);
});

// Was a fault: no command of the publisher did anything.
test('REPO is gone as a whole', async () => {
  rmSync(publishing.folders.repo, { recursive: true });
  await publishing.commit(['right.example']);
  for (const name of [ONE, TWO]) expect(publishing.repository(name).targets.size).toBe(3);
});

test.each(['withdrawn', 'log', 'snapshot', 'targets'])('metadata of %s is made again by a refresh', async (role) => {
  for (const file of readdirSync(join(publishing.folders.repo, ONE, 'metadata')))
    if (file.endsWith(`.${role}.json`)) rmSync(join(publishing.folders.repo, ONE, 'metadata', file));
  expect(() => publishing.repository(ONE)).toThrow('ENOENT');
  await refresh();
  expect(publishing.repository(ONE).versions.timestamp).toBeGreaterThan(1);
});

test.each(['withdrawn', 'log'])('targets of %s are made again by a refresh', async (role) => {
  rmSync(join(publishing.folders.repo, ONE, 'targets', role), { recursive: true });
  await refresh();
  expect(publishing.repository(ONE).targets.size).toBe(3);
});

test('a file that is cut off counts as lost, `inspect` and the audit name it', async () => {
  const folder = join(publishing.folders.repo, ONE, 'targets/match/1/1');
  const [file] = readdirSync(folder);
  const { size } = statSync(join(folder, file!));
  writeFileSync(join(folder, file!), Buffer.alloc(size));
  // Of the same length: only the audit reads it.
  expect(await lostOf()).toEqual({});
  const differences = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for await (const { what, difference } of audit(publishing.folders))
      if (difference !== null) found.push(`${what}: ${difference}`);
    return found;
  };
  const named =
    'isp-a: all files that its metadata names are in the repository, as they were signed: not match/1/1/1.full';
  expect(await differences()).toEqual([named]);
  writeFileSync(join(folder, file!), '');
  const { recipients } = await publishing.open(inspect);
  expect(recipients.map(({ lacking }) => lacking)).toEqual([[`targets/match/1/1/${file}`], []]);
  await publishing.open(async (publisher) => await publisher.finishVersion());
  expect(await differences()).toEqual([]);
});

// Was a fault: the newer timestamp was replaced without a word, and nodes took nothing more.
test('KEYS from an older copy: the first command tells whose timestamp was newer', async () => {
  const copy = publishing.file('keys-copy');
  cpSync(publishing.folders.keys, copy, { recursive: true });
  expect(await publishing.open(({ repositories }) => repositories.outrun.size)).toBe(0);
  await publishing.commit(['right.example']);
  const { timestamp } = publishing.repository(TWO).versions;
  rmSync(publishing.folders.keys, { recursive: true });
  cpSync(copy, publishing.folders.keys, { recursive: true });
  expect(await publishing.open(({ repositories }) => repositories.outrun.get(TWO))).toBe(timestamp);
  expect(await publishing.open(({ repositories }) => repositories.outrun.size)).toBe(0);
});

// Was a fault: the second command said that nothing was left to do, and no node had the removal.
test('a timestamp that could not be written is tried again, and whoever withdraws is told', async () => {
  const blocked = join(publishing.folders.repo, TWO, 'metadata', 'timestamp.json');
  rmSync(blocked);
  mkdirSync(blocked);
  const again = async (): Promise<number> =>
    await publishing.open(async (publisher) => await withdraw(publisher, ['wrong.example']));
  for (let command = 0; command < 2; command += 1)
    await expect(again()).rejects.toMatchObject({ code: 'not_reached', message: expect.stringContaining(TWO) });
  await publishing.open(async (publisher) => {
    await expect(publisher.finishVersion()).rejects.toMatchObject({ code: 'not_reached' });
    rmSync(blocked, { recursive: true });
    await publisher.finishVersion();
  });
  expect(await withdrawnCount(TWO)).toBe(1);
});
