/** Names are those of the version in force, whatever is offered; a list never waits for them; and on disk lies only what was received. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity } from 'age-encryption';
import type { ListAction } from '../../../../src/lib/types.ts';
import { namedEntriesOf } from '../../../../src/list/names/list-names.ts';
import { FolderRepository } from '../../../../src/list/source/tuf/folder-repository.ts';
import type { Repository } from '../../../../src/list/source/tuf/repository.ts';
import { eventually } from '../../../support/eventually.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import { TestNode } from './test-node.ts';
import { idOf, TestRepository } from './test-repository.ts';

const FIRST = ['a.example dns', '*.b.example dns', 'http://c.example/x steer'];
const SECOND = ['a.example dns', 'd.example dns'];
let directory: TemporaryDirectory;
let repository: TestRepository;
let node: TestNode;
/** What was asked of the mirror. */
let asked: string[];
/** Names wait for it. */
let gate: PromiseWithResolvers<void> | null;
/** How often other names were told. */
let told: number;

beforeEach(async () => {
  directory = temporaryDirectory();
  repository = await TestRepository.create(directory.file('repository'));
  [asked, gate, told] = [[], null, 0];
  node = newNode();
  await repository.publish(FIRST);
  await repository.addNames(FIRST);
});
afterEach(() => {
  gate?.resolve();
  node.close();
  directory[Symbol.dispose]();
});

function newNode(): TestNode {
  const made = new TestNode(directory, repository);
  made.namesIdentity = repository.namesIdentity;
  made.mirrors = [recorded()];
  return made;
}

function recorded(): Repository {
  const real = new FolderRepository(repository.folder);
  return {
    name: 'mirror',
    open: async (path, ask) => {
      asked.push(path);
      if (path.includes('/names/')) await gate?.promise;
      return await real.open(path, ask);
    },
  };
}

/** In force, and what can be told of it. */
async function update(options = {}): Promise<void> {
  await node.update(options);
  node.source.watch({ changed: () => {}, current: () => {}, withdrawn: () => {}, named: () => (told += 1) });
}

const version = (): string | null => (node.image === null ? null : node.source.names.versionOf(node.image));

async function names(action: ListAction = 'block'): Promise<readonly string[]> {
  const read = await node.source.names.read(node.image!, action);
  expect(read.version).toBe(version());
  const entries = namedEntriesOf({ list: 'national', action, form: 'names', ...read }, 20_000);
  return [...entries].map(({ host, subdomains, dns, steer }) =>
    `${subdomains ? '*.' : ''}${host} ${dns ? 'dns' : ''}${steer ? 'steer' : ''}`.trim(),
  );
}

const ofVersion = async (wanted: number): Promise<unknown> =>
  await eventually('its names are here', () => version()?.startsWith(`${wanted}@`));
const filesOfNames = (): readonly string[] => asked.filter((path) => path.includes('/names/'));
const figures = () => node.source.versions.names;
/** Of how many versions names are kept: not of those that are still being written. */
const kept = (): number => JSON.parse(readFileSync(join(node.folder, 'state.json'), 'utf8')).names.length;
const HELD = { isRefused: true };

describe('who is to know', () => {
  test('a node without an identity for names never asks for them', async () => {
    node.namesIdentity = null;
    await update();
    await repository.withdraw(['a.example dns']);
    await update();
    expect(filesOfNames()).toEqual([]);
    expect([version(), figures()]).toEqual([null, null]);
    await expect(node.source.names.read(node.image!, 'block')).rejects.toThrow('set namesIdentity of the list');
  });

  test('what lies on disk is what was received, and it is there after a start without the network', async () => {
    await update();
    await ofVersion(1);
    expect(await names()).toEqual(['a.example dns', '*.b.example dns', 'c.example steer']);
    for (const file of readdirSync(node.folder, { recursive: true, encoding: 'utf8' }))
      if (!file.endsWith('files')) expect(readFileSync(join(node.folder, file), 'latin1')).not.toContain('.example');
    node.restart();
    rmSync(repository.folder, { recursive: true });
    await update();
    expect(await names()).toEqual(['a.example dns', '*.b.example dns', 'c.example steer']);
    expect(filesOfNames()).toHaveLength(1);
  });

  // Was a fault: the names of a list stayed on disk after the last zone that was made of it.
  test('a node that tells them no more has none on disk', async () => {
    await update();
    await ofVersion(1);
    const before = node.filesOnDisk().length;
    node.restart();
    node.namesIdentity = null;
    await update();
    expect(await node.update()).toBe('unchanged');
    expect([kept(), before - node.filesOnDisk().length]).toEqual([0, 2]);
  });

  test('another identity decrypts nothing: the list is in force, and the fault is told once', async () => {
    node.namesIdentity = await generateX25519Identity();
    await update();
    await ofVersion(1);
    for (let i = 0; i < 3; i += 1) await expect(names()).rejects.toThrow('cannot be decrypted with namesIdentity');
    expect(node.faults).toEqual(['names: decrypt']);
    expect(figures()).toMatchObject({ version: '1', fault: expect.stringContaining('namesIdentity') });
  });
});

describe('of an allow list', () => {
  const LINES = ['http://c.example/x steer', 'd.example:8080 steer', 'e.example steer', '*.f.example dns'];
  /** As a publisher makes it: paths are left out. */
  function payload(version: number, lines: readonly string[]): Uint8Array {
    const named = lines.map((line) => `${idOf(line)} ${line.replace('http://c.example/x', 'c.example')}\n`);
    return Buffer.from(`cleanfeed names 2\nversion ${version}\ntime 1\n${named.join('')}\0\0`);
  }

  // Was a fault: a page that permits `steer` took its whole host off policy zones and routes.
  test('those of entries on whole hosts alone: by the others no host is taken out', async () => {
    await repository.publish(LINES);
    await repository.addNames(payload(2, LINES));
    await update();
    await ofVersion(2);
    expect(await names('allow')).toEqual(['e.example dns', '*.f.example dns']);
    expect(await names('block')).toEqual(['c.example steer', 'd.example steer', 'e.example steer', '*.f.example dns']);
  });

  test('of the version before, while its own are on their way, too', async () => {
    await repository.publish(LINES);
    await repository.addNames(payload(2, LINES));
    await update();
    await ofVersion(2);
    await repository.publish(LINES.slice(0, 3));
    gate = Promise.withResolvers();
    await repository.addNames(payload(3, LINES.slice(0, 3)));
    await update();
    expect(version()).toMatch(/^2@/);
    expect(await names('allow')).toEqual(['e.example dns']);
  });
});

describe('which version', () => {
  test('what was withdrawn is left out, and it is another version of the names', async () => {
    await update();
    await ofVersion(1);
    const before = version();
    await repository.withdraw(['a.example dns']);
    await node.update();
    expect(version()).not.toBe(before);
    expect(await names()).toEqual(['*.b.example dns', 'c.example steer']);
  });

  test('a list does not wait for its names: until they are here those of the version before are told that hold in it', async () => {
    await update();
    await ofVersion(1);
    await repository.publish(SECOND);
    gate = Promise.withResolvers();
    await repository.addNames(SECOND);
    await update();
    expect(version()).toMatch(/^1@/);
    expect(await names()).toEqual(['a.example dns']);
    const before = told;
    gate.resolve();
    await ofVersion(2);
    expect(told).toBeGreaterThan(before);
    expect(await names()).toEqual(['a.example dns', 'd.example dns']);
    expect(figures()).toEqual({ version: '2', fault: null });
  });

  test('what is offered while others are on their way is fetched after them, without another look', async () => {
    gate = Promise.withResolvers();
    await update();
    await eventually('the first are on their way', () => filesOfNames().length === 1);
    await repository.publish(SECOND);
    await repository.addNames(SECOND);
    await node.update();
    gate.resolve();
    await ofVersion(2);
    expect(await names()).toEqual(['a.example dns', 'd.example dns']);
  });

  test('nothing of a version that is held, or was never in force, is told', async () => {
    await update();
    await ofVersion(1);
    await repository.publish(SECOND);
    await repository.addNames(SECOND);
    await update(HELD);
    await eventually('those of the version that is held are here', () => kept() === 2);
    expect(version()).toMatch(/^1@/);
    expect(await names()).toEqual(['a.example dns', '*.b.example dns', 'c.example steer']);
    await node.source.accept('2');
    await node.update();
    expect(await names()).toEqual(['a.example dns', 'd.example dns']);
  });

  test('after a rollback those of the version that is pinned, and after the release those of the newest', async () => {
    await update();
    await ofVersion(1);
    await repository.publish(SECOND);
    await repository.addNames(SECOND);
    await update();
    await ofVersion(2);
    await node.source.rollback();
    await node.update();
    expect(await names()).toEqual(['a.example dns', '*.b.example dns', 'c.example steer']);
    await repository.publish([...SECOND, 'e.example dns']);
    await repository.addNames([...SECOND, 'e.example dns']);
    await node.update();
    expect(await names()).toEqual(['a.example dns', '*.b.example dns', 'c.example steer']);
    await node.source.release();
    await node.update();
    await ofVersion(3);
    expect(await names()).toEqual(['a.example dns', 'd.example dns', 'e.example dns']);
  });

  test('a version that waits for its time has its names when it comes into force, though they are offered no longer', async () => {
    node.delayMs = 3_600_000;
    await update();
    await ofVersion(1);
    await repository.publish(SECOND);
    await repository.addNames(SECOND);
    await node.update();
    await eventually('they are kept', () => kept() === 2);
    node.now += 1_800_000;
    await repository.publish(FIRST);
    await repository.addNames(FIRST);
    await node.update();
    expect(version()).toMatch(/^1@/);
    node.now += 1_800_000;
    await node.update();
    expect(version()).toMatch(/^2@/);
    expect(await names()).toEqual(['a.example dns', 'd.example dns']);
  });

  test('what nobody needs any more is removed', async () => {
    for (let i = 0; i < 5; i += 1) {
      if (i > 0) await repository.publish([`v${i}.example dns`]);
      await repository.addNames([`v${i}.example dns`]);
      await update();
      await ofVersion(i + 1);
    }
    await node.update();
    await eventually('those in force, and before', () => kept() === 2);
    expect(kept()).toBe(2);
  });

  test('a list that the publisher has begun anew under the same number has names of its own', async () => {
    await update();
    await ofVersion(1);
    const before = version();
    await repository.replace(SECOND, 1);
    await repository.addNames(SECOND);
    await update();
    await eventually('they are others', () => version() !== before && !version()?.startsWith(before!.slice(0, 20)));
    expect(await names()).toEqual(['a.example dns', 'd.example dns']);
  });
});

describe('what is wrong with them concerns nobody else', () => {
  test('they are missing on the mirror', async () => {
    for (const path of [...repository.files.keys()].filter((file) => file.includes('names/'))) repository.remove(path);
    await update();
    await eventually('it is told', () => node.faults.length > 0);
    expect(node.faults).toEqual(['names: inconsistent']);
    expect(version()).toBeNull();
    await expect(names()).rejects.toThrow('which is signed for');
    expect(node.image).not.toBeNull();
    await node.update();
    expect(node.faults).toHaveLength(1);
  });

  test('the recipient is offered none', async () => {
    for (const path of repository.targets.keys()) if (path.startsWith('names/')) repository.targets.delete(path);
    repository.release();
    await update();
    await expect(names()).rejects.toThrow('offers this recipient no names');
    expect(figures()).toMatchObject({ version: null, fault: expect.stringContaining('ask the clearing house') });
  });

  test('other bytes than those that are signed are not kept, nor fetched with each look', async () => {
    for (const [path, bytes] of repository.files)
      if (path.includes('names/')) repository.write(path, bytes.toReversed());
    await update();
    await eventually('it is told', () => node.faults.length > 0);
    for (let i = 0; i < 5; i += 1) await node.update();
    await expect(names()).rejects.toThrow('length and the digest');
    expect(filesOfNames()).toHaveLength(1);
  });

  test.each([
    ['of another version', 'cleanfeed names 2\nversion 9\ntime 1\n1 a.example dns\n', 'is that of version 9'],
    ['of format 1', 'cleanfeed names 1\nversion 1\ntime 1\n1 a.example dns\n', 'no payload of names'],
    ['no names at all', 'nothing', 'no payload of names'],
    ['empty', '', 'no payload of names'],
  ])('a payload that is signed and is %s', async (_, text, message) => {
    await repository.addNames(Buffer.from(text));
    await update();
    await ofVersion(1);
    await expect(names()).rejects.toThrow(message);
    expect(node.image).not.toBeNull();
  });

  test('a payload that does not agree with the list is not told, which is told once, and the next one is', async () => {
    const wrong = `${idOf('a.example dns')} z.example dns\n`;
    await repository.addNames(Buffer.from(`cleanfeed names 2\nversion 1\ntime 1\n${wrong}`));
    await update();
    await ofVersion(1);
    for (let i = 0; i < 3; i += 1)
      await expect(names()).rejects.toThrow(
        'the names of version 1 do not agree with the list: line 1 names another host than the entry of its id',
      );
    expect(node.faults).toEqual(['names: inconsistent']);
    expect(figures()).toMatchObject({ version: '1', fault: expect.stringContaining('do not agree') });
    expect(node.image).not.toBeNull();
    await repository.publish(SECOND);
    await repository.addNames(SECOND);
    await update();
    await ofVersion(2);
    expect(await names()).toEqual(['a.example dns', 'd.example dns']);
  });

  // Was a fault: the names were taken for damaged and thrown away.
  test('a list whose memory is used again while its names are read says nothing about them', async () => {
    await update();
    await ofVersion(1);
    const used = Uint8Array.from(node.image!);
    const read = node.source.names.read(used, 'block');
    used.fill(0);
    await expect(read).rejects.toThrow('version 1 is no longer in force');
    expect(await names()).toEqual(['a.example dns', '*.b.example dns', 'c.example steer']);
    expect(filesOfNames()).toHaveLength(1);
  });

  test('what is damaged on disk is fetched again', async () => {
    await update();
    await ofVersion(1);
    damage();
    expect(await names()).toEqual(['a.example dns', '*.b.example dns', 'c.example steer']);
    expect(filesOfNames()).toHaveLength(2);
  });

  test('where that does not help it is not fetched for ever', async () => {
    await update();
    await ofVersion(1);
    for (let i = 0; i < 5; i += 1) {
      damage();
      await names().catch(() => {});
      await node.update();
    }
    expect(filesOfNames().length).toBeLessThanOrEqual(3);
  });

  test('a removal reaches who is told the names of another version, since their own are damaged and offered no more', async () => {
    await update();
    await ofVersion(1);
    await repository.publish(SECOND);
    await repository.addNames(SECOND);
    await update();
    await ofVersion(2);
    await node.source.rollback();
    await node.update();
    expect(version()).toMatch(/^1@/);
    damage('1@');
    // Those of version 2, as far as they hold in version 1.
    expect(await names()).toEqual(['a.example dns']);
    expect(figures()?.fault).not.toBeNull();
    await repository.withdraw(['a.example dns']);
    await node.update();
    expect(await names()).toEqual([]);
  });
});

/** @param id of which version; of all unless told. */
function damage(id = ''): void {
  const state: { readonly names: readonly { readonly id: string; readonly file: { readonly sha256: string } }[] } =
    JSON.parse(readFileSync(join(node.folder, 'state.json'), 'utf8'));
  for (const one of state.names)
    if (one.id.startsWith(id))
      for (const end of ['', '.copy'])
        writeFileSync(join(node.folder, 'files', `${one.file.sha256}${end}`), 'x'.repeat(500));
}

test('a removal waits for no names that are slow', async () => {
  gate = Promise.withResolvers();
  await update();
  await repository.withdraw(['a.example dns']);
  expect(await node.update()).toMatchObject({ kind: 'withdrawn', withdrawn: 1 });
  expect(version()).toBeNull();
});
