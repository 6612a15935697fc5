/** What recipients get, version after version, as a strict reader of their repositories sees it and as their identities open it. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { decodeDelta } from '../../src/list/protected/delta.ts';
import { readPayloadHeader } from '../../src/list/protected/payload-header.ts';
import { PAYLOAD_HEADER_BYTES } from '../../src/list/protected/payload.ts';
import { RECORD_BYTES } from '../../src/list/protected/record.ts';
import { decodeWithdrawn } from '../../src/list/protected/withdrawn.ts';
import { inspect, overdue } from '../../src/publish/inspect.ts';
import { addRecipient, rekeyRecipient, revokeRecipient } from '../../src/publish/recipient-changes.ts';
import { rotate } from '../../src/publish/rotate.ts';
import { ROLES } from '../../src/publish/state/roles.ts';
import { why } from '../../src/publish/why.ts';
import { withdrawalsOf } from '../../src/publish/withdraw.ts';
import { DAY, Publishing, START } from './publishing.ts';
import { decrypted } from './verified-repository.ts';

let publishing: Publishing;
afterEach(() => publishing[Symbol.dispose]());

const HOUR = DAY / 24;
const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `http://host${i}.example/page.html`);
const matchPaths = (name: string): string[] =>
  [...publishing.repository(name).targets.keys()].filter((path) => path.startsWith('match/'));
const plain = async (name: string, path: string): Promise<Uint8Array> =>
  await decrypted(publishing.identity(name), publishing.repository(name).targets.get(path)!.bytes);

async function withdraw(...addresses: string[]): Promise<void> {
  await publishing.open(async (publisher) => {
    const events = withdrawalsOf(addresses, publisher.state, []);
    publisher.append(events.map(({ uid, line }) => ({ kind: 'withdrawn', uid, line }) as const));
    await publisher.bringOnlineRolesUpToDate({ isRefresh: false });
  });
}

describe('versions', () => {
  test('a small list is published whole each time, a large one as deltas until they are half of it', async () => {
    publishing = await Publishing.begin();
    await publishing.recipient('isp-a');
    expect(matchPaths('isp-a')).toEqual([]);
    await publishing.commit(['a.example']);
    expect(matchPaths('isp-a')).toEqual(['match/1/1/1.full']);
    const large = many(20_000);
    await publishing.commit(large);
    expect(matchPaths('isp-a')).toEqual(['match/1/1/2.full']);
    const digests = new Set<unknown>();
    for (let version = 3; version <= 8; version += 1) {
      await publishing.commit([...large.slice(version), `http://new${version}.example/`]);
      const { targets } = publishing.repository('isp-a');
      const { custom } = targets.get(`match/1/1/${version}.delta`)!;
      expect(custom).toMatchObject({ version, previous: version - 1, format: 1, form: 1 });
      digests.add(custom['digest']);
      const delta = decodeDelta(await plain('isp-a', `match/1/1/${version}.delta`));
      expect([delta.version, delta.previous]).toEqual([version, version - 1]);
      expect(delta.digest).toEqual(Buffer.from(String(custom['digest']), 'hex'));
    }
    expect(digests.size).toBe(6);
    expect(matchPaths('isp-a').sort()).toEqual([
      'match/1/1/2.full',
      ...[3, 4, 5, 6, 7, 8].map((n) => `match/1/1/${n}.delta`),
    ]);
    // Sixteen steps of padding: eight deltas are more than half.
    await publishing.commit(large);
    await publishing.commit([...large, 'b.example']);
    const paths = matchPaths('isp-a');
    expect(paths).toContain('match/1/1/10.full');
    expect(paths).toContain('match/1/1/10.delta');
  });

  test('two recipients find nothing in common but the root', async () => {
    publishing = await Publishing.begin();
    await publishing.recipient('isp-a');
    await publishing.recipient('isp-b');
    await publishing.commit(many(50));
    const [a, b] = [publishing.repository('isp-a'), publishing.repository('isp-b')];
    expect(a.owners).not.toEqual(b.owners);
    const [x, y] = [await plain('isp-a', 'match/1/1/1.full'), await plain('isp-b', 'match/1/1/1.full')];
    expect(x.length).toBe(y.length);
    const keyed = [...keyedParts(x)];
    expect(keyed).toHaveLength(50 * 4);
    expect(keyed.filter((part) => keyedParts(y).has(part))).toEqual([]);
    await expect(decrypted(publishing.identity('isp-b'), a.targets.get('match/1/1/1.full')!.bytes)).rejects.toThrow(
      'no identity',
    );
    expect(a.targets.get('match/1/1/1.full')!.custom['digest']).not.toBe(
      b.targets.get('match/1/1/1.full')!.custom['digest'],
    );
  });

  test('one who comes later gets the list as it is, and then what everybody gets', async () => {
    publishing = await Publishing.begin();
    await publishing.recipient('isp-a');
    const large = many(4000);
    await publishing.commit(large);
    await publishing.recipient('isp-b');
    expect(matchPaths('isp-b')).toEqual(['match/1/1/1.full']);
    await publishing.commit([...large, 'b.example']);
    expect(matchPaths('isp-b').sort()).toEqual(['match/1/1/1.full', 'match/1/1/2.delta']);
  });

  test('records that are lost or damaged are made again from the events, to the same digest', async () => {
    publishing = await Publishing.begin();
    await publishing.recipient('isp-a');
    const large = many(4000);
    await publishing.commit(large);
    const digest = publishing.repository('isp-a').targets.get('match/1/1/1.full')!.custom['digest'];
    const records = join(publishing.folders.keys, 'state', 'records', 'isp-a');
    const [keys = ''] = readdirSync(records);
    const base = join(records, keys, '1-1', '1.base');
    const bytes = readFileSync(base);
    bytes[5000] = bytes[5000]! ^ 1;
    writeFileSync(base, bytes);
    await publishing.commit([...large, 'b.example']);
    expect(matchPaths('isp-a')).toEqual(['match/1/1/2.full']);
    rmSync(records, { recursive: true });
    await publishing.commit(large);
    expect(publishing.repository('isp-a').targets.get('match/1/1/3.full')!.custom['digest']).toBe(digest);
  });

  test('what nothing names any more stays for 30 days', async () => {
    publishing = await Publishing.begin();
    await publishing.recipient('isp-a');
    await publishing.commit(['a.example']);
    const count = (): number => readdirSync(join(publishing.folders.repo, 'isp-a'), { recursive: true }).length;
    const first = publishing.repository('isp-a').targets.get('match/1/1/1.full')!.path;
    expect(first).toBe('match/1/1/1.full');
    await publishing.commit(['b.example']);
    const before = count();
    publishing.now = START + 29 * DAY;
    await publishing.commit(['c.example']);
    expect(count()).toBeGreaterThan(before);
    publishing.now = START + 60 * DAY;
    await publishing.commit(['d.example']);
    const full = readdirSync(join(publishing.folders.repo, 'isp-a', 'targets', 'match', '1', '1'));
    expect(full.map((name) => name.slice(65)).sort()).toEqual(['3.full', '4.full']);
    expect(existsSync(join(publishing.folders.repo, 'isp-a', 'metadata', '1.root.json'))).toBe(true);
    publishing.repository('isp-a');
  });
});

describe('removal', () => {
  test('signs no list anew, names the entry to each recipient by an id of its own, and the next version leaves it out', async () => {
    publishing = await Publishing.begin();
    await publishing.recipient('isp-a');
    await publishing.recipient('isp-b');
    const lines = ['a.example', 'b.example dns', 'http://c.example/x'];
    await publishing.commit(lines);
    const before = publishing.repository('isp-a');
    // Whoever withdraws needs neither the keys of the list nor the root's.
    for (const key of ['targets-1', 'targets-2', 'root-1', 'root-2', 'approval-1'])
      rmSync(join(publishing.folders.keys, `${key}.pem`));
    await withdraw('B.example.');
    const after = publishing.repository('isp-a');
    expect(after.versions).toEqual({
      ...before.versions,
      timestamp: before.versions.timestamp + 1,
      snapshot: before.versions.snapshot + 1,
      withdrawn: before.versions.withdrawn + 1,
    });
    const sets = await Promise.all(
      ['isp-a', 'isp-b'].map(async (name) => decodeWithdrawn(await plain(name, 'withdrawn/1.set'))),
    );
    expect(sets.map(({ serial, ids }) => [serial, ids.length])).toEqual([
      [2, 1],
      [2, 1],
    ]);
    expect(sets[0]!.ids[0]).not.toBe(sets[1]!.ids[0]);
    const told = await publishing.open((publisher) => why(publisher, 'isp-a', String(sets[0]!.ids[0])));
    expect(told).toMatchObject({ line: 'b.example dns', removed: null, withdrawn: '2026-11-26T12:00:00Z' });
  });

  test('an address that was withdrawn is left out of later lists, unless it is listed again: with another id', async () => {
    publishing = await Publishing.begin();
    await publishing.recipient('isp-a');
    const lines = ['a.example', 'b.example'];
    await publishing.commit(lines);
    await withdraw('b.example');
    await publishing.commit([...lines, 'c.example']);
    expect(await publishing.open(({ state }) => [...state.inForce].map(([line]) => line))).toEqual([
      'a.example',
      'c.example',
    ]);
    await publishing.commit([...lines, 'c.example'], { relist: true });
    const { inForce, withdrawn } = await publishing.open(({ state }) => state);
    expect([...inForce].map(([line]) => line).sort()).toEqual(['a.example', 'b.example', 'c.example']);
    expect(withdrawn.has(inForce.get('b.example')!)).toBe(false);
    expect(decodeWithdrawn(await plain('isp-a', 'withdrawn/1.set')).ids.length).toBe(1);
    // It is listed and not withdrawn: the next list finds it so.
    await publishing.commit([...lines, 'd.example']);
    expect(await publishing.open(({ state }) => [...state.inForce].map(([line]) => line).sort())).toEqual([
      'a.example',
      'b.example',
      'd.example',
    ]);
  });

  test('nothing is guessed: what only covers the address is named', async () => {
    publishing = await Publishing.begin();
    await publishing.commit(['http://a.example/dir/*', 'http://a.example/dir/x?*']);
    await publishing.open(({ state }) => {
      expect(withdrawalsOf(['a.example/dir/x?*'], state, []).map(({ line }) => line)).toEqual([
        'http://a.example/dir/x?*',
      ]);
      expect(() => withdrawalsOf(['http://a.example/dir/y'], state, [])).toThrow("'http://a.example/dir/*' covers it");
      expect(() => withdrawalsOf(['http://b.example/'], state, [])).toThrow('nothing on the list covers it');
      expect(() => withdrawalsOf(['http://'], state, [])).toThrow('not an address of a list');
    });
  });
});

describe('keys', () => {
  test.each(ROLES)('role %s is rotated: the chain from the first root holds', async (role) => {
    publishing = await Publishing.begin({ threshold: 2 });
    await publishing.recipient('isp-a');
    await publishing.commit(['a.example']);
    const { added, former } = await publishing.open(async (publisher) => await rotate(publisher, role));
    expect(added.length).toBe(former.length);
    const isOfRoot = !['withdrawn', 'log', 'approval'].includes(role);
    expect(publishing.repository('isp-a').versions.root).toBe(isOfRoot ? 3 : 1);
    for (const file of former) rmSync(join(publishing.folders.keys, file));
    await publishing.commit(['b.example']);
    await publishing.recipient('isp-b');
    await withdraw('b.example');
    publishing.repository('isp-a');
    publishing.repository('isp-b');
  });

  test.each(['targets', 'approval'] as const)(
    'without enough root keys %s is not rotated, and the message names the file',
    async (role) => {
      publishing = await Publishing.begin({ threshold: 2 });
      const before = await publishing.open(({ settings }) => settings);
      await publishing.recipient('isp-a');
      rmSync(join(publishing.folders.keys, 'root-1.pem'));
      rmSync(join(publishing.folders.keys, 'root-3.pem'));
      await expect(publishing.open(async (publisher) => await rotate(publisher, role))).rejects.toThrow(
        /role root needs 2 of 3 keys, and 1 can be used: key .*root-1\.pem: there is no such file/,
      );
      expect(await publishing.open(({ settings }) => settings)).toEqual(before);
      expect(publishing.repository('isp-a').versions.root).toBe(1);
    },
  );

  test('a recipient with other keys gets the whole list; its former identity reads it for the overlap, and no longer', async () => {
    publishing = await Publishing.begin();
    await publishing.recipient('isp-a');
    await publishing.recipient('isp-b');
    const large = many(4000);
    await publishing.commit(large);
    const digest = publishing.repository('isp-a').targets.get('match/1/1/1.full')!.custom['digest'];
    const former = publishing.identity('isp-a');
    const age = await publishing.newIdentity('isp-a');
    await publishing.open(async (publisher) => await rekeyRecipient(publisher, 'isp-a', { age, overlap: 14 * DAY }));
    expect(matchPaths('isp-a')).toEqual(['match/1/1/2.full']);
    expect(matchPaths('isp-b').sort()).toEqual(['match/1/1/1.full', 'match/1/1/2.delta']);
    const { targets, owners } = publishing.repository('isp-a');
    expect(owners).toHaveLength(2);
    expect(targets.get('match/1/1/2.full')!.custom['digest']).not.toBe(digest);
    for (const identity of [former, publishing.identity('isp-a')]) {
      await decrypted(identity, targets.get('match/1/1/2.full')!.bytes);
      await decrypted(identity, targets.get('withdrawn/1.set')!.bytes);
    }
    publishing.now += 15 * DAY;
    await publishing.commit([...large, 'b.example']);
    const later = publishing.repository('isp-a');
    expect(later.owners).toHaveLength(1);
    await expect(decrypted(former, later.targets.get('match/1/1/3.delta')!.bytes)).rejects.toThrow('no identity');
    await expect(decrypted(former, later.targets.get('withdrawn/1.set')!.bytes)).rejects.toThrow('no identity');
  });

  test('host names come to a recipient that got none, and to another identity, whose former one reads them for the overlap, and no longer', async () => {
    publishing = await Publishing.begin();
    const age = await publishing.newIdentity('isp-a');
    await publishing.open(async (publisher) => await addRecipient(publisher, 'isp-a', { age, names: null }));
    await publishing.commit(['a.example dns', 'b.example']);
    expect([...publishing.repository('isp-a').targets.keys()].filter((path) => path.startsWith('names/'))).toEqual([]);
    const renamed = async (overlap: number): Promise<string> => {
      const names = await publishing.newIdentity('names');
      await publishing.open(async (publisher) => await rekeyRecipient(publisher, 'isp-a', { age, names, overlap }));
      return publishing.identity('names');
    };
    const read = async (identity: string, path: string): Promise<string> =>
      Buffer.from(await decrypted(identity, publishing.repository('isp-a').targets.get(path)!.bytes)).toString(
        'latin1',
      );

    const first = await renamed(0);
    expect(await read(first, 'names/2/2.full')).toContain(' a.example dns\n');
    await read(first, 'withdrawn/1.set');
    await read(publishing.identity('isp-a'), 'match/1/1/2.full');

    const second = await renamed(DAY);
    for (const identity of [first, second])
      expect(await read(identity, 'names/2/3.full')).toContain(' a.example dns\n');
    publishing.now += 2 * DAY;
    await publishing.commit(['c.example dns']);
    expect(await read(second, 'names/2/4.full')).toContain(' c.example dns\n');
    await expect(read(first, 'names/2/4.full')).rejects.toThrow('no identity');

    await renamed(0);
    for (const path of ['names/2/5.full', 'withdrawn/1.set'])
      await expect(read(second, path)).rejects.toThrow('no identity');
  });

  test('names for another identity end no overlap of the list', async () => {
    publishing = await Publishing.begin();
    await publishing.recipient('isp-a');
    await publishing.commit(['a.example dns']);
    const former = publishing.identity('isp-a');
    const age = await publishing.newIdentity('isp-a');
    const names = await publishing.newIdentity('names');
    await publishing.open(async (publisher) => await rekeyRecipient(publisher, 'isp-a', { age, overlap: DAY }));
    await publishing.open(async (publisher) => await rekeyRecipient(publisher, 'isp-a', { age, names, overlap: DAY }));
    await decrypted(former, publishing.repository('isp-a').targets.get('match/1/1/3.full')!.bytes);
    await expect(
      publishing.open(async (publisher) => await rekeyRecipient(publisher, 'isp-a', { age, names, overlap: DAY })),
    ).rejects.toThrow('has that age recipient already');
  });

  test('a rekey of names alone lets no former identity of the list read again whose overlap has ended, nor longer than it was told', async () => {
    publishing = await Publishing.begin();
    await publishing.recipient('isp-a');
    await publishing.commit(['a.example dns']);
    const former = publishing.identity('isp-a');
    const age = await publishing.newIdentity('isp-a');
    const rekeyed = async (overlap: number, names?: string): Promise<void> =>
      await publishing.open(async (publisher) => {
        await rekeyRecipient(publisher, 'isp-a', { age, overlap, ...(names === undefined ? {} : { names }) });
      });
    const reads = async (path: string): Promise<unknown> =>
      await decrypted(former, publishing.repository('isp-a').targets.get(path)!.bytes);
    await rekeyed(2 * DAY);
    publishing.now += DAY;
    await rekeyed(14 * DAY, await publishing.newIdentity('names'));
    await reads('match/1/1/3.full');
    publishing.now += DAY;
    await rekeyed(14 * DAY, await publishing.newIdentity('names'));
    for (const path of ['match/1/1/4.full', 'withdrawn/1.set'])
      await expect(reads(path)).rejects.toThrow('no identity');
  });

  test('another identity of the list ends no overlap of names, unless it is to have none', async () => {
    publishing = await Publishing.begin();
    const [age, names] = [await publishing.newIdentity('isp-a'), await publishing.newIdentity('names')];
    await publishing.open(async (publisher) => await addRecipient(publisher, 'isp-a', { age, names }));
    await publishing.commit(['a.example dns']);
    const former = publishing.identity('names');
    const rekeyed = async (next: { age: string; names?: string }, overlap: number): Promise<void> =>
      await publishing.open(async (publisher) => {
        await rekeyRecipient(publisher, 'isp-a', { ...next, overlap });
      });
    const reads = async (path: string): Promise<unknown> =>
      await decrypted(former, publishing.repository('isp-a').targets.get(path)!.bytes);
    await rekeyed({ age, names: await publishing.newIdentity('names') }, 14 * DAY);
    await rekeyed({ age: await publishing.newIdentity('isp-a') }, 14 * DAY);
    await reads('names/2/3.full');
    await rekeyed({ age: await publishing.newIdentity('isp-a') }, 0);
    await expect(reads('names/2/4.full')).rejects.toThrow('no identity');
  });

  test('a recipient that is revoked gets nothing more, and what it has expires at once', async () => {
    publishing = await Publishing.begin();
    await publishing.recipient('isp-a');
    await publishing.recipient('isp-b');
    await publishing.commit(['a.example']);
    publishing.now += HOUR;
    await publishing.open(async (publisher) => await revokeRecipient(publisher, 'isp-a'));
    const before = publishing.repository('isp-a');
    expect(Date.parse(before.expires)).toBe(publishing.now);
    await publishing.commit(['b.example']);
    await withdraw('b.example');
    expect(publishing.repository('isp-a')).toEqual(before);
    expect(matchPaths('isp-b')).toEqual(['match/1/1/2.full']);
    await expect(publishing.open(async (publisher) => await revokeRecipient(publisher, 'isp-a'))).rejects.toThrow(
      'was revoked',
    );
    await expect(publishing.recipient('isp-a')).rejects.toThrow(
      /there is a recipient 'isp-a' already, and it was revoked; .* under another name/,
    );
  });
});

describe('time', () => {
  test('a refresh renews the timestamp, and past half their life what is signed without a person; the rest is named', async () => {
    publishing = await Publishing.begin();
    await publishing.recipient('isp-a');
    await publishing.commit(['a.example']);
    const refresh = async (): Promise<readonly string[]> =>
      await publishing.open(async (publisher) => {
        await publisher.bringOnlineRolesUpToDate({ isRefresh: true });
        return await overdue(publisher);
      });
    const first = publishing.repository('isp-a').versions;
    publishing.now += DAY;
    expect(await refresh()).toEqual([]);
    expect(publishing.repository('isp-a').versions).toEqual({ ...first, timestamp: first.timestamp + 1 });
    publishing.now += 20 * DAY;
    expect(await refresh()).toEqual([]);
    expect(publishing.repository('isp-a').versions).toEqual({
      ...first,
      timestamp: first.timestamp + 2,
      snapshot: first.snapshot + 1,
      withdrawn: first.withdrawn + 1,
      log: first.log + 1,
    });
    publishing.now += 30 * DAY;
    expect(await refresh()).toEqual([expect.stringMatching(/^targets of isp-a expire on 2027-02-26/)]);
    publishing.now += 140 * DAY;
    expect(await refresh()).toEqual([
      expect.stringMatching(/^root version 1 expires on 2027-11-26/),
      expect.anything(),
    ]);
  });

  test('a report says it too', async () => {
    publishing = await Publishing.begin();
    await publishing.recipient('isp-a');
    await publishing.commit(['a.example', 'b.example']);
    const report = await publishing.open(async (publisher) => await inspect(publisher));
    expect(report).toMatchObject({
      root: {
        version: 1,
        isPastHalf: false,
        isExpired: false,
        fingerprint: expect.stringMatching(/^([0-9a-f]{4} ){15}[0-9a-f]{4}$/),
      },
      version: 1,
      entries: 2,
      withdrawn: 0,
      recipients: [{ name: 'isp-a', version: 1, revoked: null, fullBytes: expect.any(Number) }],
    });
  });
});

test('what is secret is for its owner only, and what is public for everybody', async () => {
  publishing = await Publishing.begin();
  await publishing.recipient('isp-a');
  await publishing.commit(['a.example']);
  const modes = (folder: string): Set<string> =>
    new Set(
      readdirSync(folder, { recursive: true, withFileTypes: true }).map(
        (entry) =>
          `${entry.isFile() ? 'file' : 'folder'} ${(statSync(join(entry.parentPath, entry.name)).mode & 0o777).toString(8)}`,
      ),
    );
  expect([...modes(publishing.folders.keys)].sort()).toEqual(['file 600', 'folder 700']);
  expect([...modes(publishing.folders.repo)].sort()).toEqual(['file 644', 'folder 755']);
});

/** Fingerprint, proof, id and host fingerprint of each record of a whole list. */
function keyedParts(bytes: Uint8Array): ReadonlySet<string> {
  const { vectorBytes, addedHosts, addedExpressions } = readPayloadHeader(bytes);
  const from = PAYLOAD_HEADER_BYTES + vectorBytes;
  const parts = new Set<string>();
  for (let at = from; at < from + (addedHosts + addedExpressions) * RECORD_BYTES; at += RECORD_BYTES)
    for (const [start, end] of [
      [0, 8],
      [8, 24],
      [24, 32],
      [36, 44],
    ] as const)
      parts.add(Buffer.from(bytes.subarray(at + start, at + end)).toString('hex'));
  return parts;
}
