/** A protected list from a folder, end to end: what is asked, what is kept, what is given. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { formatOf } from '../../../../src/list/format/formats.ts';
import { ALONE } from '../../../../src/list/source/source.ts';
import type { ReadContext } from '../../../../src/list/source/source.ts';
import { ownerOf } from '../../../../src/list/protected/owner.ts';
import { FolderRepository } from '../../../../src/list/source/tuf/folder-repository.ts';
import { listError } from '../../../../src/list/list-error.ts';
import type { Repository } from '../../../../src/list/source/tuf/repository.ts';
import { TestNode } from './test-node.ts';
import { TestRepository } from './test-repository.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';

let directory: TemporaryDirectory;
let repository: TestRepository;
let node: TestNode;

beforeEach(async () => {
  directory = temporaryDirectory();
  repository = await TestRepository.create(directory.file('repository'));
  node = new TestNode(directory, repository);
  await repository.publish(['http://listed.example/a', 'other.example']);
});
afterEach(() => {
  node.close();
  directory[Symbol.dispose]();
});

test('the first list, the next by a delta, and nothing where nothing has changed', async () => {
  expect(await node.update()).toMatchObject({ version: 1, entries: 2, gate: 'ask' });
  expect(await node.update()).toBe('unchanged');
  await repository.publish(['http://listed.example/a', 'http://listed.example/b', 'third.example']);
  expect(await node.update()).toMatchObject({ version: 2, entries: 3, gate: 'ask' });
  expect(node.filesOnDisk().filter((name) => !name.endsWith('.copy'))).toHaveLength(2);
});

test('what is withdrawn is withdrawn from the version in force, past the gate', async () => {
  await node.update();
  await repository.withdraw(['other.example']);
  expect(await node.update()).toMatchObject({ version: 1, entries: 1, withdrawn: 1, kind: 'withdrawn' });
  expect(await node.update()).toBe('unchanged');
});

test('removals go on after somebody has used up the serials of withdrawn sets', async () => {
  await node.update();
  repository.serial = 2 ** 52;
  await repository.withdraw([]);
  expect(await node.update()).toMatchObject({ version: 1, withdrawn: 0, kind: 'withdrawn' });
  repository.serial = 0;
  await repository.withdraw(['other.example']);
  expect(await node.update()).toMatchObject({ version: 1, entries: 1, withdrawn: 1, kind: 'withdrawn' });
  expect(await node.update()).toBe('unchanged');
});

test('what comes to nothing once is tried again at the next look: a list with an identity that has been put right', async () => {
  node.identity = 'nonsense';
  await expect(node.update()).rejects.toMatchObject({ code: 'secret' });
  node.identity = await generateX25519Identity();
  await expect(node.update()).rejects.toMatchObject({ code: 'decrypt' });
  node.identity = null;
  expect(await node.update()).toMatchObject({ version: 1, entries: 2 });
});

test('an identity that cannot open the list any more is told before a start needs it, and what is withdrawn is withdrawn', async () => {
  repository.owners = [ownerOf(await identityToRecipient(repository.identity))];
  await repository.publish(['http://listed.example/a', 'other.example']);
  await node.update();
  node.identity = 'nonsense';
  expect(await node.outcome()).toBe('secret');
  node.identity = await generateX25519Identity();
  expect(await node.outcome()).toBe('decrypt');
  expect(await node.outcome()).toBe('decrypt');
  await repository.withdraw(['other.example']);
  node.identity = repository.identity;
  expect(await node.update()).toMatchObject({ version: 2, entries: 1, withdrawn: 1 });
  expect(await node.update()).toBe('unchanged');
});

test('a removal takes no memory: the image in force is what it was, but for what is withdrawn', async () => {
  await node.update();
  const { image } = node;
  await repository.withdraw(['other.example']);
  const none: ReadContext['memory'] = {
    lease: () => Promise.reject(listError('internal', 'no memory for a moment')),
    release: () => {},
  };
  expect(await node.source.read({ ...ALONE, memory: none, inForce: image })).toEqual({ kind: 'unchanged' });
  expect(await node.update()).toMatchObject({ version: 1, entries: 1, kind: 'withdrawn' });
  expect(node.image).toBe(image);
});

test('from what is in force is withdrawn what is withdrawn, though the newest version cannot be used', async () => {
  await node.update();
  await repository.addressTo(null);
  await repository.publish(['third.example']);
  await repository.addressTo(repository.identity);
  await repository.withdraw(['other.example']);
  expect(await node.update()).toMatchObject({ kind: 'withdrawn', version: 1, entries: 1, fault: 'decrypt' });
  await expect(node.update()).rejects.toMatchObject({ code: 'decrypt' });
});

test('nodes that serve the same show the same content, and others do not', async () => {
  const other = new TestNode(directory, repository, 'other');
  const contents = async (): Promise<readonly (number | null)[]> => {
    for (const one of [node, other]) await one.update();
    return [node, other].map(({ image }) => (image === null ? null : formatOf(image).contentOf(image)));
  };
  const [first, same] = await contents();
  expect(first).toBe(same);
  await repository.withdraw(['other.example']);
  const [second, alike] = await contents();
  expect(second).toBe(alike);
  expect(second).not.toBe(first);
  expect(node.source.versions).toMatchObject({ withdrawn: 1, expiresAt: Date.UTC(2126, 0, 1) });
  other.close();
});

test.each([
  { begins: 'with the number in force', versions: 2 },
  { begins: 'with a lower one', versions: 1 },
])('a publisher that has lost its keys, and begins anew $begins, is followed', async ({ versions }) => {
  await repository.publish(['http://listed.example/a']);
  await node.update();
  const anew = await TestRepository.create(directory.file('anew'));
  await anew.addressTo(repository.identity);
  for (let i = 0; i < versions; i++) await anew.publish(['a.example', 'b.example', `c${i}.example`]);
  node.mirrors = [new FolderRepository(anew.folder)];
  node.close();
  expect(await node.update()).toMatchObject({ kind: 'cached', entries: 1 });
  await expect(node.update()).rejects.toMatchObject({ code: 'signature' });
  node.pin(anew.root());
  node.close();
  expect(await node.update()).toMatchObject({ version: versions, entries: 3, gate: 'ask', fault: null });
  expect(await node.update()).toBe('unchanged');
  node.restart();
  expect(await node.update()).toMatchObject({ kind: 'cached', version: versions, entries: 3 });
});

test('a ring that waits follows a publisher that begins anew, once it has waited', async () => {
  node.delayMs = 600_000;
  await repository.publish(['http://listed.example/a']);
  await node.update();
  const anew = await TestRepository.create(directory.file('anew'));
  await anew.addressTo(repository.identity);
  await anew.publish(['a.example', 'b.example', 'c.example']);
  node.mirrors = [new FolderRepository(anew.folder)];
  node.pin(anew.root());
  node.restart();
  await node.update();
  expect(await node.update()).toBe('unchanged');
  node.now += 600_000;
  expect(await node.update()).toMatchObject({ version: 1, entries: 3, gate: 'ask', fault: null });
});

describe('decisions of an operator', () => {
  beforeEach(async () => {
    await node.update();
    await repository.publish(['http://listed.example/a']);
  });

  test('what the gate refuses is held until it is accepted, once', async () => {
    expect(await node.update({ isRefused: true })).toMatchObject({ version: 2, gate: 'ask' });
    expect(await node.update()).toBe('unchanged');
    await repository.withdraw(['other.example']);
    expect(await node.update()).toMatchObject({ version: 1, withdrawn: 1, kind: 'withdrawn' });
    await expect(node.source.accept('3')).rejects.toMatchObject({ code: 'version_refused' });
    await node.source.accept('2');
    expect(await node.update()).toMatchObject({ version: 2, gate: 'accepted' });
    await repository.publish(['http://listed.example/a', 'new.example']);
    expect(await node.update()).toMatchObject({ version: 3, gate: 'ask' });
  });

  test('what is held is asked for again after a restart, and a newer version before', async () => {
    await node.update({ isRefused: true });
    node.restart();
    expect(await node.update()).toMatchObject({ version: 1, gate: 'accepted' });
    await repository.publish(['newer.example']);
    expect(await node.update()).toMatchObject({ version: 3, gate: 'ask' });
  });

  // Was a fault: they took turns, so that with each poll one was made anew, and another one was held than a moment before.
  test('of two that the gate refuses each is judged once, and the newer one is held', async () => {
    expect(await node.update({ isRefused: true })).toMatchObject({ version: 2, gate: 'ask' });
    await repository.publish(['http://listed.example/a', 'third.example']);
    expect(await node.update({ isRefused: true })).toMatchObject({ version: 3, gate: 'ask' });
    for (let poll = 0; poll < 3; poll += 1) expect(await node.update()).toBe('unchanged');
    await expect(node.source.accept('2')).rejects.toMatchObject({ code: 'version_refused' });
    node.restart();
    expect(await node.update()).toMatchObject({ version: 1, gate: 'accepted' });
    expect(await node.update({ isRefused: true })).toMatchObject({ version: 3, gate: 'ask' });
    expect(await node.update({ isRefused: true })).toMatchObject({ version: 2, gate: 'ask' });
    for (let poll = 0; poll < 3; poll += 1) expect(await node.update()).toBe('unchanged');
    await repository.withdraw(['other.example']);
    expect(await node.update()).toMatchObject({ version: 1, withdrawn: 1, kind: 'withdrawn' });
    await node.source.accept('3');
    expect(await node.update()).toMatchObject({ version: 3, gate: 'accepted' });
    expect(await node.update()).toBe('unchanged');
  });

  test('where the newest is held the one before it is taken, and the newest is judged beside that, once', async () => {
    await repository.publish(['http://listed.example/a', 'third.example']);
    expect(await node.update({ isRefused: true })).toMatchObject({ version: 3, gate: 'ask' });
    expect(await node.update()).toMatchObject({ version: 2, gate: 'ask' });
    expect(await node.update({ isRefused: true })).toMatchObject({ version: 3, gate: 'ask' });
    expect(await node.update()).toBe('unchanged');
    await node.source.accept('3');
    expect(await node.update()).toMatchObject({ version: 3, gate: 'accepted' });
  });

  // Was a fault: the gate was asked of the newer one, and the acceptance was lost with its refusal.
  test('what is accepted goes before what has come since', async () => {
    await node.update({ isRefused: true });
    await repository.publish(['http://listed.example/a', 'third.example']);
    await node.source.accept('2');
    expect(await node.update()).toMatchObject({ version: 2, gate: 'accepted' });
    expect(await node.update()).toMatchObject({ version: 3, gate: 'ask' });
  });

  // Was a fault: the acceptance was lost with whatever was being judged at that moment.
  test.each([{ isRefused: true }, { isRefused: false }])(
    'what is accepted while another one is judged is not forgotten (the other one is refused: $isRefused)',
    async ({ isRefused }) => {
      if (isRefused) {
        await node.update({ isRefused });
        await repository.publish(['http://listed.example/a', 'third.example']);
      } else {
        await repository.publish(['http://listed.example/a', 'third.example']);
        await node.update({ isRefused: true });
      }
      const [accepted, other] = isRefused ? [2, 3] : [3, 2];
      const judged = await node.source.read({ ...ALONE, inForce: node.image });
      if (!('bytes' in judged) || judged.version === null) throw new Error('nothing is judged');
      expect(judged.version).toMatchObject({ label: `${other}`, gate: 'ask' });
      await node.source.accept(`${accepted}`);
      if (isRefused) node.source.refused(judged.version);
      else await node.source.accepted((node.image = judged.bytes));
      expect(await node.update()).toMatchObject({ version: accepted, gate: 'accepted' });
    },
  );

  test('what was refused is judged anew after a rollback and a release, and by other rules', async () => {
    await node.update();
    await repository.publish(['http://listed.example/a', 'third.example']);
    await node.update({ isRefused: true });
    await node.source.rollback();
    expect(await node.update()).toMatchObject({ version: 1, gate: 'pinned' });
    await node.source.release();
    expect(await node.update({ isRefused: true })).toMatchObject({ version: 3, gate: 'ask' });
    expect(await node.update()).toMatchObject({ version: 2, gate: 'accepted' });
    expect(await node.update({ isRefused: true })).toMatchObject({ version: 3, gate: 'ask' });
    expect(await node.update()).toBe('unchanged');
    node.source.forget();
    expect(await node.update()).toMatchObject({ version: 3, gate: 'ask' });
  });

  test('a rollback pins the version before, also over a restart, and takes removals all the same', async () => {
    await node.update();
    expect(node.source.versions).toMatchObject({ pinned: null, previous: '1' });
    expect(await node.source.rollback()).toBe('1');
    expect(await node.update()).toMatchObject({ version: 1, entries: 2, gate: 'pinned' });
    await repository.publish(['newer.example']);
    expect(await node.update()).toBe('unchanged');
    await expect(node.source.rollback()).rejects.toMatchObject({ code: 'version_refused' });
    node.restart();
    expect(await node.update()).toMatchObject({ version: 1, gate: 'pinned' });
    expect(node.source.versions).toMatchObject({ pinned: '1', previous: null });
    await repository.withdraw(['other.example']);
    expect(await node.update()).toMatchObject({ version: 1, entries: 1, kind: 'withdrawn' });
    await node.source.release();
    expect(await node.update()).toMatchObject({ version: 3, gate: 'ask' });
    await expect(node.source.release()).rejects.toMatchObject({ code: 'version_refused' });
  });

  // Was a fault: it was told that the version does not lie here, and not that nothing else is taken before it is released.
  test('a pinned version that is damaged on disk says so, and what to do', async () => {
    await node.update();
    await node.source.rollback();
    await node.update();
    for (const name of node.filesOnDisk()) writeFileSync(join(node.folder, 'files', name), 'damaged');
    node.restart();
    await expect(node.update()).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringMatching(/^version 1 is pinned and cannot be used: .*; 'ctl release' takes the newest$/),
    });
    await node.source.release();
    expect(await node.update()).toMatchObject({ version: 2, gate: 'accepted' });
  });

  // Was a fault: whoever did what it said lost his decision, and had no list still.
  test('an identity that cannot be read is no fault of the pinned version', async () => {
    await node.update();
    await node.source.rollback();
    await node.update();
    node.restart();
    node.identity = 'no identity';
    await expect(node.update()).rejects.toMatchObject({
      code: 'secret',
      message: expect.not.stringContaining('ctl release'),
    });
    node.identity = await generateX25519Identity();
    await expect(node.update()).rejects.toMatchObject({
      code: 'decrypt',
      message: expect.stringContaining('ctl release'),
    });
    node.identity = null;
    expect(await node.update()).toMatchObject({ version: 1, gate: 'pinned' });
  });

  test('of one version there is nothing to go back to', async () => {
    await expect(node.source.rollback()).rejects.toMatchObject({ code: 'version_refused' });
  });
});

test('a new version waits as long as the ring says, the first one and what is withdrawn do not', async () => {
  node.delayMs = 600_000;
  expect(await node.update()).toMatchObject({ version: 1 });
  const given: unknown[] = [];
  for (let version = 2; version < 6; version++) {
    node.now += 300_000;
    await repository.publish([`entry-${version}.example`]);
    given.push(await node.update());
  }
  expect(given).toMatchObject(['unchanged', 'unchanged', { version: 2 }, { version: 3 }]);
  await repository.withdraw([]);
  expect(await node.update()).toMatchObject({ version: 3, kind: 'withdrawn' });
  node.restart();
  node.now += 300_000;
  expect([await node.update(), await node.update()]).toMatchObject([{ version: 3 }, { version: 4 }]);
});

// Was a fault: what the publisher had signed was taken for the time, and the second version came into force on all rings at once.
test('a publisher whose clock is ahead makes no ring wait for less', async () => {
  node.delayMs = 3_600_000;
  await node.update();
  repository.time = Math.floor(node.now / 1000) + 7200;
  await repository.withdraw([]);
  await node.update();
  await repository.publish(['third.example']);
  expect(await node.update()).toBe('unchanged');
  node.now += 3_599_000;
  expect(await node.update()).toBe('unchanged');
  node.now += 1000;
  expect(await node.update()).toMatchObject({ version: 2 });
});

// Was a fault: it waited until that time had come, unless something newer was published.
test.each([
  { name: 'the repository says nothing new', isRefreshed: false },
  { name: 'its timestamp is signed anew', isRefreshed: true },
])(
  'a version that was first seen by a clock far ahead waits as long as the ring says from when that is set right: $name',
  async ({ isRefreshed }) => {
    node.delayMs = 3_600_000;
    await node.update();
    const { now } = node;
    node.now += 400 * 86_400_000;
    await repository.publish(['third.example']);
    expect(await node.update()).toBe('unchanged');
    node.now = now;
    node.restart();
    await node.update();
    if (isRefreshed) repository.release(['targets']);
    expect(await node.update()).toBe('unchanged');
    node.now += 3_599_000;
    expect(await node.update()).toBe('unchanged');
    node.now += 1000;
    expect(await node.update()).toMatchObject({ version: 2 });
  },
);

describe('what lies on disk', () => {
  test('is for nobody else, and is not decrypted', async () => {
    await node.update();
    for (const name of ['state.json', ...node.filesOnDisk().map((file) => join('files', file))]) {
      const path = join(node.folder, name);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(readFileSync(path, 'latin1')).not.toMatch(/listed|other\.example|CFMATC/);
    }
    for (const name of ['.', 'files']) expect(statSync(join(node.folder, name)).mode & 0o777).toBe(0o700);
  });

  test.each(['another byte', 'nothing'])('and has become %s, is fetched again', async (kind) => {
    await node.update();
    for (const name of node.filesOnDisk()) {
      const path = join(node.folder, 'files', name);
      if (kind === 'nothing') rmSync(path);
      else writeFileSync(path, readFileSync(path).fill(1, 300));
    }
    node.restart();
    expect(await node.update()).toMatchObject({ kind: 'list', version: 1 });
    node.restart();
    expect(await node.update()).toMatchObject({ kind: 'cached', version: 1, fault: null });
  });

  // Was a fault: a node of a ring had no list until the newest had waited.
  test('and is damaged, in a ring: the newest is taken at once, and those behind it wait again', async () => {
    node.delayMs = 3_600_000;
    await node.update();
    await repository.publish(['second.example']);
    expect(await node.update()).toBe('unchanged');
    for (const name of node.filesOnDisk()) writeFileSync(join(node.folder, 'files', name), 'damaged');
    node.restart();
    expect(await node.update()).toMatchObject({ kind: 'list', version: 2, gate: 'ask', fault: null });
    await repository.publish(['third.example']);
    expect(await node.update()).toBe('unchanged');
    node.now += 3_600_000;
    expect(await node.update()).toMatchObject({ version: 3 });
  });

  test('and has keys that a later release writes, at any depth, is used', async () => {
    await node.update();
    const path = join(node.folder, 'state.json');
    const widened: unknown = JSON.parse(readFileSync(path, 'utf8'), (key, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) && key !== 'firstSeen'
        ? { ...value, later: 'word' }
        : value,
    );
    writeFileSync(path, JSON.stringify({ ...Object(widened), sha256: undefined }));
    rmSync(join(node.folder, 'state.copy.json'));
    node.restart();
    expect(await node.update()).toMatchObject({ kind: 'cached', version: 1, fault: null });
  });

  test('takes a new base before deltas are half as large, and is what is needed', async () => {
    const lines = Array.from({ length: 4000 }, (_, i) => `entry-${i}.example`);
    await repository.publish(lines);
    await node.update();
    for (let i = 0; i < 6; i++) {
      await repository.publish(lines.slice(0, 3999 - i));
      await node.update();
      const files = node.filesOnDisk().filter((name) => !name.endsWith('.copy'));
      const bytes = files.map((name) => statSync(join(node.folder, 'files', name)).size);
      const largest = Math.max(...bytes);
      expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(1.5 * largest * 2);
      expect(node.source.versions.previous).toBe(`${repository.version - 1}`);
    }
    node.restart();
    expect(await node.update()).toMatchObject({ version: 8, entries: 3994 });
  });

  test('a state directory that cannot be written is told, and nothing is lost', async () => {
    await node.update();
    rmSync(node.folder, { recursive: true });
    writeFileSync(node.folder, 'in the way');
    await repository.publish(['newer.example']);
    node.mayWarn = true;
    expect(await node.update()).toMatchObject({ kind: 'list', version: 2, entries: 1 });
    expect(node.warning).toContain('cannot be written: a part of its path is not a folder');
    await expect(node.update()).rejects.toMatchObject({ code: 'state' });
  });
});

test('a delta that leads to other records than are signed is not taken: the whole list is, and nothing is wrong', async () => {
  const lines = Array.from({ length: 4000 }, (_, i) => `entry-${i}.example`);
  const other = await TestRepository.create(directory.file('other'));
  await other.addressTo(repository.identity);
  await other.publish(['http://listed.example/a', 'other.example']);
  for (const each of [repository, other]) await each.publish(lines);
  expect(await node.update()).toMatchObject({ version: 2, entries: 4000 });
  await repository.publish([...lines, 'right.example']);
  await other.publish([...lines, 'wrong.example', 'too.example']);
  const path = 'match/1/1/3.delta';
  const [right, wrong] = [repository.targets.get(path)!, other.targets.get(path)!];
  repository.targets.set(path, { ...wrong, custom: { ...wrong.custom, digest: right.custom['digest']! } });
  repository.release();
  const asked: string[] = [];
  const real = new FolderRepository(repository.folder);
  const open: Repository['open'] = async (file, ask) => {
    asked.push(file);
    return await real.open(file, ask);
  };
  node.mirrors = [{ name: 'counted', open }];
  node.restart();
  await node.update();
  expect(await node.update()).toMatchObject({ kind: 'list', version: 3, entries: 4001, fault: null });
  const payloads = asked.filter((file) => file.startsWith('targets/match/')).map((file) => file.split('.').at(-1));
  expect(payloads).toEqual(['delta', 'full']);
  expect([await node.update(), node.faults]).toEqual(['unchanged', []]);
});

test('what could not be fetched is asked for again at the next look, and only then, though nothing else has changed', async () => {
  await node.update();
  await repository.publish(['http://listed.example/a', 'third.example']);
  const asked: string[] = [];
  let isAway = true;
  const real = new FolderRepository(repository.folder);
  const open: Repository['open'] = async (path, ask) => {
    asked.push(path.startsWith('targets/match/') ? 'payload' : path);
    if (isAway && path.startsWith('targets/match/')) throw listError('truncated', 'cut off');
    return await real.open(path, ask);
  };
  node.mirrors = [{ name: 'unsteady', open }];
  node.restart();
  expect(await node.update()).toMatchObject({ version: 1 });
  for (let times = 1; times <= 2; times++) {
    await expect(node.update()).rejects.toThrow('cut off');
    expect(asked.filter((path) => path === 'payload')).toHaveLength(times);
  }
  isAway = false;
  expect(await node.update()).toMatchObject({ version: 2 });
});

test('after a start from what lies here the repository is asked at once, whoever begins to watch when', async () => {
  await node.update();
  for (const watchesFirst of [true, false]) {
    node.restart();
    let changes = 0;
    const watch = (): void =>
      node.source.watch({ changed: () => (changes += 1), current: () => {}, named: () => {}, withdrawn: () => {} });
    if (watchesFirst) watch();
    expect(await node.update()).toMatchObject({ kind: 'cached' });
    if (!watchesFirst) watch();
    expect(changes).toBe(1);
    expect(await node.update()).toBe('unchanged');
    expect(changes).toBe(1);
  }
});

// Was a fault: the node said `lists up to date`, and its next start had no list where the publisher did not answer.
describe('what somebody removes from the state directory while it runs', () => {
  const { publish, withdraw } = {
    publish: async () => await repository.publish(['http://listed.example/a', 'other.example', 'third.example']),
    withdraw: async () => await repository.withdraw(['other.example']),
  };
  /** All that lies on disk, by its place. */
  const kept = (): readonly string[] => readdirSync(node.folder, { recursive: true, encoding: 'utf8' }).toSorted();
  const payload = (): string => node.filesOnDisk().find((name) => !name.endsWith('.copy')) ?? '';

  beforeEach(async () => {
    await node.update();
    await publish();
    await node.update();
    await withdraw();
    await node.update();
  });

  test.each([
    { what: 'all of it', remove: () => rmSync(node.folder, { recursive: true }) },
    { what: 'the state', remove: () => rmSync(join(node.folder, 'state.json')) },
    { what: 'all files', remove: () => rmSync(join(node.folder, 'files'), { recursive: true }) },
    { what: 'one file', remove: () => rmSync(join(node.folder, 'files', payload())) },
  ])(
    '$what: it is fetched again, nothing else happens, and a start without the publisher has it',
    async ({ remove }) => {
      const before = kept();
      remove();
      expect(await node.update()).toBe('unchanged');
      expect(kept().filter((name) => before.includes(name)).length).toBeGreaterThan(3);
      rmSync(repository.folder, { recursive: true });
      node.restart();
      expect(await node.update()).toMatchObject({ kind: 'cached', version: 2, entries: 2, withdrawn: 1 });
      expect(node.faults).toEqual([]);
    },
  );

  test('what cannot be fetched again is told, and the list stays in force', async () => {
    rmSync(node.folder, { recursive: true });
    rmSync(join(repository.folder, 'targets'), { recursive: true });
    await expect(node.update()).rejects.toMatchObject({ code: 'inconsistent' });
    expect(node.image).not.toBeNull();
  });
});
