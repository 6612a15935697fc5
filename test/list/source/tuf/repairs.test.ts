/**
 * What a node keeps of a protected list repairs itself (requirement 85): whatever single file is damaged, the list is served as before; where a file and
 * its copy are, it is served with the publisher there within one poll, and without him the version before is, or the message names the file.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStateFiles, stateIn } from '../../../../src/list/source/tuf/state-files.ts';
import { wholeOf } from '../../../../src/list/source/tuf/repository.ts';
import { Store } from '../../../../src/list/source/tuf/store.ts';
import { filesIn } from '../../../../src/list/source/tuf/stored-state.ts';
import type { StoredFile } from '../../../../src/list/source/tuf/stored-state.ts';
import { ListError } from '../../../../src/list/list-error.ts';
import { share } from '../../../support/share.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import { TestNode } from './test-node.ts';
import { TestRepository } from './test-repository.ts';

const LINES = ['a.example dns', 'http://c.example/x', 'd.example'];
let directory: TemporaryDirectory;
let repository: TestRepository;
let node: TestNode;
/** All of the folder, as it should be. */
let sound: string;

beforeAll(async () => {
  directory = temporaryDirectory();
  repository = await TestRepository.create(directory.file('repository'));
  node = new TestNode(directory, repository);
  node.namesIdentity = repository.namesIdentity;
  await repository.publish(LINES);
  await node.update();
  await repository.publish([...LINES, 'e.example']);
  await repository.addNames(['a.example dns']);
  await repository.withdraw(['a.example dns']);
  await node.update();
  await node.source.names.read(node.image!, 'block');
  await node.update();
  node.restart();
  sound = directory.file('sound');
  cpSync(node.folder, sound, { recursive: true });
});
beforeEach(() => {
  node.restart();
  rmSync(node.folder, { recursive: true });
  cpSync(sound, node.folder, { recursive: true });
  node.faults.length = node.repairs.length = 0;
  node.mayWarn = true;
});
afterAll(() => {
  node.close();
  directory[Symbol.dispose]();
});

/** Relative. */
const files = (): readonly string[] =>
  ['', 'files'].flatMap((folder) =>
    readdirSync(join(sound, folder))
      .map((name) => join(folder, name))
      .filter((name) => statSync(join(sound, name)).isFile()),
  );

const firsts = (): readonly string[] => files().filter((one) => !one.includes('copy'));

const DAMAGE: Readonly<Record<string, (path: string, bytes: Buffer) => void>> = {
  'a bit of the first byte': (path, bytes) => writeFileSync(path, flipped(bytes, 0)),
  'a bit in the middle': (path, bytes) => writeFileSync(path, flipped(bytes, bytes.length * 4)),
  'the last bit': (path, bytes) => writeFileSync(path, flipped(bytes, bytes.length * 8 - 1)),
  'cut to a half': (path, bytes) => writeFileSync(path, bytes.subarray(0, bytes.length / 2)),
  'without its last byte': (path, bytes) => writeFileSync(path, bytes.subarray(0, -1)),
  empty: (path) => writeFileSync(path, ''),
  zeroed: (path, bytes) => writeFileSync(path, new Uint8Array(bytes.length)),
  gone: (path) => rmSync(path),
  'a folder': (path) => {
    rmSync(path);
    mkdirSync(path);
  },
};

const KINDS = Object.keys(DAMAGE);

function flipped(bytes: Buffer, bit: number): Uint8Array {
  const at = bit >> 3;
  return bytes.with(at, (bytes[at] ?? 0) ^ (1 << (bit & 7)));
}

/** Each `step`th of all. All bits of a byte come in turn: no step, and no share of them, has a divisor in common with eight. */
function bitsOf(bytes: Buffer, step: number): readonly number[] {
  return Array.from({ length: Math.ceil((bytes.length * 8) / step) }, (_, i) => i * step);
}

function damage(kind: string, names: readonly string[]): void {
  for (const name of names) DAMAGE[kind]?.(join(node.folder, name), readFileSync(join(node.folder, name)));
}

/** As where the network is down. @returns what ends that. */
function away(): () => void {
  const elsewhere = directory.file('elsewhere');
  renameSync(repository.folder, elsewhere);
  return () => renameSync(elsewhere, repository.folder);
}

async function failure(): Promise<string> {
  try {
    return JSON.stringify(await node.update());
  } catch (error) {
    return error instanceof ListError ? error.message : String(error);
  }
}

const upper = (text: string): string => text.toUpperCase();

const SERVED = { version: 2, entries: 3, withdrawn: 1, fault: null };

test('there are files to be damaged: the state, payloads, the withdrawn set and names, each twice', () => {
  expect(files().filter((name) => name.includes('copy')).length).toBe(files().length / 2);
  expect(files().length).toBeGreaterThanOrEqual(8);
});

test.each(KINDS)('any one file, %s: without the publisher all is served as before', async (kind) => {
  const back = away();
  try {
    for (const name of share(files(), 3, KINDS.indexOf(kind))) {
      damage(kind, [name]);
      expect([name, await node.update()]).toEqual([name, expect.objectContaining({ kind: 'cached', ...SERVED })]);
      expect(node.faults).toEqual([]);
      node.restart();
      rmSync(node.folder, { recursive: true });
      cpSync(sound, node.folder, { recursive: true });
    }
  } finally {
    back();
  }
});

test.each(KINDS.filter((kind) => kind !== 'a folder'))(
  'any one file, %s: with the publisher there it is as it was after one poll',
  async (kind) => {
    for (const name of share(files(), 3, KINDS.indexOf(kind))) {
      damage(kind, [name]);
      await node.update();
      expect([name, await node.update()]).toEqual([name, 'unchanged']);
      if (name.startsWith('files'))
        expect(readFileSync(join(node.folder, name))).toEqual(readFileSync(join(sound, name)));
      else expect((await readStateFiles(node.folder)).isWhole).toBe(true);
      node.restart();
    }
  },
);

test.each(KINDS)('any file and its copy, %s: with the publisher there it serves within one poll', async (kind) => {
  for (const name of share(firsts(), 3, KINDS.indexOf(kind))) {
    const copy = name.endsWith('.json') ? 'state.copy.json' : `${name}.copy`;
    damage(kind, [name, copy]);
    await failure();
    await failure();
    const inForce = node.image;
    expect([name, inForce === null]).toEqual([name, name === 'state.json' && kind === 'a folder']);
    node.restart();
    rmSync(node.folder, { recursive: true });
    cpSync(sound, node.folder, { recursive: true });
  }
});

test.each(KINDS)(
  'any file and its copy, %s: without the publisher the version before is served, or the file is named',
  async (kind) => {
    const back = away();
    const outcomes: string[] = [];
    try {
      for (const name of share(firsts(), 2, KINDS.indexOf(kind))) {
        const copy = name.endsWith('.json') ? 'state.copy.json' : `${name}.copy`;
        damage(kind, [name, copy]);
        const told = await failure();
        // Names are read later, and the withdrawn set is told beside the list.
        const isNamed = told.includes(join(node.folder, name));
        outcomes.push(node.image === null && !isNamed ? `${name}: ${told}` : 'served or named');
        node.restart();
        rmSync(node.folder, { recursive: true });
        cpSync(sound, node.folder, { recursive: true });
      }
    } finally {
      back();
    }
    expect(new Set(outcomes)).toEqual(new Set(['served or named']));
  },
);

test('each bit of the state: it is found out, or says the same', async () => {
  const bytes = readFileSync(join(node.folder, 'state.json'));
  const { state } = await readStateFiles(node.folder);
  const { sha256: _, ...said }: Record<string, unknown> = JSON.parse(bytes.toString());
  expect(said).toEqual(state);
  const text = JSON.stringify(state);
  let wrong = 0;
  for (const bit of share(bitsOf(bytes, 1), 5)) {
    const found = stateIn(Buffer.from(flipped(bytes, bit)).toString());
    if (found.ok && !JSON.stringify(found.value).includes(text.slice(1, -1))) wrong += 1;
  }
  expect(wrong).toBe(0);
});

test.each(['state.json', 'state.copy.json'])(
  'bits of %s on the disk: what was remembered is known still',
  async (name) => {
    const path = join(node.folder, name);
    const bytes = readFileSync(path);
    const { state } = await readStateFiles(node.folder);
    for (const bit of share(bitsOf(bytes, 101), 3)) {
      writeFileSync(path, flipped(bytes, bit));
      const found = await readStateFiles(node.folder);
      expect([bit, found.state, found.isWhole]).toEqual([bit, state, false]);
    }
  },
);

test('bits of each stored file: it is read as it was received', async () => {
  const { state } = await readStateFiles(node.folder);
  const terms = { folder: node.folder, owner: 'test' };
  const wrong: (readonly [StoredFile, number])[] = [];
  for (const file of state === null ? [] : filesIn(state)) {
    const bytes = readFileSync(join(node.folder, 'files', file.sha256));
    const step = bytes.length > 8192 ? 4999 : 101;
    for (const bit of share(bitsOf(bytes, step), 3)) {
      writeFileSync(join(node.folder, 'files', file.sha256), flipped(bytes, bit));
      const store = new Store(terms);
      if (!bytes.equals(await wholeOf(store.piecesOf(file)))) wrong.push([file, bit]);
      store.close();
    }
    writeFileSync(join(node.folder, 'files', file.sha256), bytes);
  }
  expect(wrong).toEqual([]);
});

// Was a fault (L1): no list after a restart although the publisher was there, and nothing ended it.
test('bits of a state that an earlier release has written, once and without a digest: it serves within one poll', async () => {
  const { sha256: _, ...said }: Record<string, unknown> = JSON.parse(
    readFileSync(join(node.folder, 'state.json'), 'utf8'),
  );
  const bytes = Buffer.from(`${JSON.stringify(said)}\n`);
  rmSync(join(node.folder, 'state.copy.json'));
  cpSync(node.folder, directory.file('earlier'), { recursive: true });
  for (const bit of share(bitsOf(bytes, 499), 3)) {
    writeFileSync(join(node.folder, 'state.json'), flipped(bytes, bit));
    await failure();
    await failure();
    expect([bit, node.image === null]).toEqual([bit, false]);
    expect([bit, await failure()]).toEqual([bit, '"unchanged"']);
    node.restart();
    rmSync(node.folder, { recursive: true });
    cpSync(directory.file('earlier'), node.folder, { recursive: true });
  }
});

// Was a fault: in the other case a digit of a signature is as good, and the file has not the digest any more that is signed.
test('a signature of an earlier release state in the other case: fetched anew', async () => {
  const { sha256: _, ...said } = JSON.parse(readFileSync(join(node.folder, 'state.json'), 'utf8')) as {
    sha256: string;
    metadata: Record<string, string>;
  };
  rmSync(join(node.folder, 'state.copy.json'));
  cpSync(node.folder, directory.file('other-case'), { recursive: true });
  for (const role of ['timestamp', 'snapshot', 'targets', 'withdrawn']) {
    const text = said.metadata[role]!.replace(/"sig":"[0-9a-f]+"/, (signature) => signature.replace(/[a-f]/, upper));
    expect(text).not.toBe(said.metadata[role]);
    const state = { ...said, metadata: { ...said.metadata, [role]: text } };
    writeFileSync(join(node.folder, 'state.json'), `${JSON.stringify(state)}\n`);
    await failure();
    await failure();
    expect([role, node.image === null]).toEqual([role, false]);
    expect([role, await failure()]).toEqual([role, '"unchanged"']);
    node.restart();
    rmSync(node.folder, { recursive: true });
    cpSync(directory.file('other-case'), node.folder, { recursive: true });
  }
});

test('a damaged state lets no older list in', async () => {
  const now = directory.file('now');
  cpSync(repository.folder, now, { recursive: true });
  try {
    await repository.publish(LINES);
    await node.update();
    await node.update();
    node.restart();
    rmSync(repository.folder, { recursive: true });
    cpSync(now, repository.folder, { recursive: true });
    damage('a bit in the middle', ['state.json']);
    expect(await node.update()).toMatchObject({ kind: 'cached', version: 3 });
    await expect(node.update()).rejects.toMatchObject({ code: 'rollback' });
    expect(node.repairs).toEqual(['state.json: it is not what was written']);
  } finally {
    rmSync(repository.folder, { recursive: true });
    renameSync(now, repository.folder);
  }
});
