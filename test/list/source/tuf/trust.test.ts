/** Whom a node trusts: thresholds, keys that are replaced, what a delegated role may say, which clock counts, and several mirrors. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cpSync, mkdirSync } from 'node:fs';
import { listError } from '../../../../src/list/list-error.ts';
import { FolderRepository } from '../../../../src/list/source/tuf/folder-repository.ts';
import type { Repository, RepositoryAnswer } from '../../../../src/list/source/tuf/repository.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import { TestNode } from './test-node.ts';
import { newSigner, TestRepository } from './test-repository.ts';

const LIST = ['http://listed.example/a', 'other.example'];
const DAY_MS = 86_400_000;
const YEAR_MS = 366 * DAY_MS;

let directory: TemporaryDirectory;
let repository: TestRepository;
let node: TestNode;

beforeEach(async () => {
  directory = temporaryDirectory();
  repository = await TestRepository.create(directory.file('repository'));
  node = new TestNode(directory, repository);
  await repository.publish(LIST);
});
afterEach(() => {
  node.close();
  directory[Symbol.dispose]();
});

/** A repository that answers otherwise to some questions. */
function answering(answers: Readonly<Record<string, () => RepositoryAnswer>>, name = 'tampered'): Repository {
  const real = new FolderRepository(repository.folder);
  return { name, open: async (path, ask) => answers[path]?.() ?? (await real.open(path, ask)) };
}

const file = (text: string): RepositoryAnswer => ({
  kind: 'file',
  etag: null,
  pieces: (async function* () {
    yield Buffer.from(text);
  })(),
});

describe('a threshold of two', () => {
  beforeEach(() => {
    repository.thresholds.targets = 2;
    repository.rotate('targets', [newSigner(), newSigner(), newSigner()]);
  });

  test('is met by two, whichever', async () => {
    repository.signWith.targets = repository.signers.targets.slice(1);
    repository.release();
    expect(await node.outcome()).toBe('version 1');
  });

  test('is not met by one, nor by one and a stranger', async () => {
    for (const others of [[], [newSigner()]]) {
      repository.signWith.targets = [...repository.signers.targets.slice(2), ...others];
      repository.release();
      expect(await node.outcome()).toBe('signature');
    }
  });
});

describe('keys that are replaced', () => {
  test.each(['timestamp', 'snapshot', 'targets', 'root', 'withdrawn'] as const)('of the role %s', async (role) => {
    await node.update();
    repository.rotate(role, [newSigner()]);
    await repository.publish([...LIST, 'third.example']);
    expect(await node.outcome()).toBe('version 2');
    repository.rotate('snapshot', [newSigner()]);
    await repository.publish([...LIST, 'fourth.example']);
    node.restart();
    expect([await node.outcome(), await node.outcome()]).toEqual(['version 2', 'version 3']);
  });

  test('the one before signs for nothing any more', async () => {
    const before = repository.signers.targets;
    repository.rotate('targets', [newSigner()]);
    repository.signWith.targets = before;
    repository.release();
    expect(await node.outcome()).toBe('signature');
  });

  test('after a thief has counted versions far ahead: a new key counts from where the publisher is', async () => {
    const honest = { ...repository.versions };
    for (const role of ['timestamp', 'snapshot'] as const) repository.versions[role] = 1_000_000;
    repository.release();
    expect(await node.outcome()).toBe('version 1');
    Object.assign(repository.versions, honest);
    for (const role of ['timestamp', 'snapshot'] as const) repository.rotate(role, [newSigner()]);
    await repository.publish([...LIST, 'third.example']);
    expect(await node.outcome()).toBe('version 2');
  });

  test('a chain of roots, of which a node has missed many', async () => {
    await node.update();
    for (let i = 0; i < 40; i++) repository.rotate('root', [newSigner()]);
    await repository.publish([...LIST, 'third.example']);
    expect(await node.outcome()).toBe('version 2');
  });

  test('another root that is pinned: what was fetched under the one before is not used', async () => {
    await node.update();
    const other = await TestRepository.create(directory.file('other'));
    await other.publish(['other-publisher.example']);
    await other.addressTo(repository.identity);
    await other.publish(['other-publisher.example', 'second.example']);
    node.pin(other.root());
    node.mirrors = [new FolderRepository(other.folder)];
    node.restart();
    expect(await node.outcome()).toBe('version 2');
  });
});

describe('the end of the chain of roots', () => {
  const next = 'metadata/2.root.json';

  test.each<{ name: string; answer: () => RepositoryAnswer }>([
    { name: 'a page of a CDN, with status 200', answer: () => file('<!doctype html><title>Not found</title>') },
    { name: 'an answer of an interface', answer: () => file('{"error":"no such object"}') },
    { name: 'nothing at all', answer: () => file('') },
    {
      name: 'a redirect to such a page',
      answer: () => {
        throw listError('redirect', 'elsewhere');
      },
    },
  ])('is told by $name', async ({ answer }) => {
    node.mirrors = [answering({ [next]: answer })];
    expect(await node.outcome()).toBe('version 1');
  });

  test('is not told by a server that fails', async () => {
    const answer = (): RepositoryAnswer => {
      throw listError('http_status', 'status 503');
    };
    node.mirrors = [answering({ [next]: answer })];
    expect(await node.outcome()).toBe('http_status');
  });
});

test('the key of the withdrawn set puts nothing on the list', async () => {
  await node.update();
  const [path, full] = [...repository.targets].find(([name]) => name.endsWith('.full')) ?? [];
  if (path === undefined || full === undefined) throw new Error('nothing was published');
  repository.targets.set('match/1/1/9.full', { ...full, role: 'withdrawn' });
  repository.release(['withdrawn']);
  expect(await node.outcome()).toBe('unchanged');
});

describe('time', () => {
  beforeEach(() => {
    repository.expires.timestamp = new Date(node.now + YEAR_MS).toISOString();
    repository.release();
  });

  test('what has expired by the clock that is given is refused, and what lies here serves all the same', async () => {
    await node.update();
    node.now += YEAR_MS;
    expect(await node.outcome()).toBe('expired');
    node.restart();
    expect([await node.outcome(), await node.outcome()]).toEqual(['version 1', 'expired']);
  });

  // Was a fault: removals waited for a day, or for an operator.
  test('what has expired by a clock that was far ahead at the start, and is set right, is taken', async () => {
    await node.update();
    const { now } = node;
    node.now += YEAR_MS;
    await repository.withdraw([LIST[1]!]);
    expect(await node.outcome()).toBe('expired');
    node.earliest = now;
    expect(await node.update()).toMatchObject({ kind: 'withdrawn', withdrawn: 1, fault: null });
    // Never earlier than what was signed.
    node.earliest = 0;
    repository.expires.timestamp = '2020-01-01T00:00:00Z';
    repository.release();
    expect(await node.outcome()).toBe('expired');
  });

  test("what the machine's own clock holds for expired is taken by the clock that is given", async () => {
    node.now = Date.UTC(2020, 0, 1);
    repository.expires.timestamp = '2020-01-02T00:00:00Z';
    repository.release();
    expect(await node.outcome()).toBe('version 1');
  });

  test('a clock that is behind takes nothing that had expired when the publisher signed last', async () => {
    // The list was signed at its time, the withdrawn set hours later.
    node.now = 0;
    const listMs = 1_790_000_001_000;
    repository.time = listMs / 1000 + 36_000;
    await repository.withdraw([]);
    await node.update();
    await node.update();
    for (const hours of [-1, 9]) {
      repository.expires.timestamp = new Date(listMs + hours * 3_600_000).toISOString();
      repository.release();
      expect(await node.outcome()).toBe('expired');
    }
    node.restart();
    expect([await node.outcome(), await node.outcome()]).toEqual(['version 1', 'expired']);
    repository.expires.timestamp = new Date(listMs + 11 * 3_600_000).toISOString();
    repository.release();
    expect(await node.outcome()).toBe('unchanged');
  });

  test('a key that is online sends a node ahead by a day at most, however often it signs, and what the publisher signs is taken', async () => {
    await node.update();
    for (let days = 30; days <= 90; days += 10) {
      repository.time = Math.floor((node.now + days * DAY_MS) / 1000);
      await repository.withdraw([]);
      await node.update();
    }
    repository.expires.timestamp = new Date(node.now + 2 * DAY_MS).toISOString();
    await repository.publish([...LIST, 'third.example']);
    expect(await node.outcome()).toBe('version 2');
  });

  test.each(['timestamp', 'snapshot', 'targets'] as const)(
    'after people have signed a time to come, a new key of %s brings a node back to what the clock says',
    async (role) => {
      await node.update();
      await repository.publishAt(Math.floor((node.now + YEAR_MS / 4) / 1000), [...LIST, 'third.example']);
      expect(await node.outcome()).toBe('version 2');
      repository.expires.timestamp = new Date(node.now + 7 * DAY_MS).toISOString();
      await repository.withdraw([]);
      expect(await node.outcome()).toBe('expired');
      repository.rotate(role, [newSigner()]);
      await repository.publish([...LIST, 'fourth.example']);
      expect(await node.outcome()).toBe('version 3');
      node.restart();
      await repository.publish([...LIST, 'fifth.example']);
      expect([await node.outcome(), await node.outcome()]).toEqual(['version 3', 'version 4']);
    },
  );

  test('a new key of the root alone, or of withdrawn sets, lets in nothing that has expired by what was signed', async () => {
    await node.update();
    await repository.publishAt(Math.floor((node.now + YEAR_MS / 4) / 1000), [...LIST, 'third.example']);
    await node.update();
    repository.expires.timestamp = new Date(node.now + 7 * DAY_MS).toISOString();
    repository.rotate('root', [newSigner()]);
    await repository.withdraw([]);
    expect(await node.outcome()).toBe('expired');
  });

  test('a time after all that is signed has expired is not believed: a stolen key cannot send a node ahead', async () => {
    repository.time = Math.floor((node.now + 2 * YEAR_MS) / 1000);
    await repository.withdraw([]);
    await node.update();
    await repository.publish([...LIST, 'third.example']);
    expect(await node.outcome()).toBe('version 2');
  });
});

describe('mirrors', () => {
  const away = (path: string): Repository =>
    answering(
      {
        [path]: () => {
          throw listError('connect', 'no route');
        },
      },
      'away',
    );

  test('the next one is asked where one fails, and is asked first from then on', async () => {
    node.mirrors = [away('metadata/timestamp.json'), new FolderRepository(repository.folder)];
    expect(await node.outcome()).toBe('version 1');
    expect(await node.outcome()).toBe('unchanged');
    expect(node.faults).toEqual(['away: connect']);
  });

  // Was a fault: removals in the folder waited until somebody had mended the token of the server.
  test('a folder is asked where what its server is shown cannot be read', async () => {
    const server: Repository = {
      name: 'server',
      open: () => Promise.reject(listError('secret', 'the token is empty')),
    };
    node.mirrors = [server, new FolderRepository(repository.folder)];
    expect(await node.outcome()).toBe('version 1');
    expect(node.faults).toEqual(['server: secret']);
  });

  test('one that fails in the middle, or is behind, changes nothing', async () => {
    mkdirSync(directory.file('old'));
    cpSync(repository.folder, directory.file('old'), { recursive: true });
    await repository.publish([...LIST, 'third.example']);
    await node.update();
    node.mirrors = [
      new FolderRepository(directory.file('old')),
      away(`metadata/${repository.versions.snapshot + 1}.snapshot.json`),
    ];
    node.restart();
    await repository.publish([...LIST, 'fourth.example']);
    // That one is behind is told by the log alone while another one cannot be asked.
    expect([await node.outcome(), await node.outcome()]).toEqual(['version 2', 'connect']);
    expect(node.faults).toContain(`${directory.file('old')}: rollback`);
    node.mirrors = [...node.mirrors, new FolderRepository(repository.folder)];
    node.restart();
    expect([await node.outcome(), await node.outcome()]).toEqual(['version 2', 'version 3']);
  });

  // Was a fault: whoever answers well is asked first, so that a mirror that nobody updates any more kept a removal away until what it had expired.
  describe('the preferred one is left behind', () => {
    let other: Repository;
    let asked: number;
    beforeEach(async () => {
      mkdirSync(directory.file('old'));
      cpSync(repository.folder, directory.file('old'), { recursive: true });
      const real = new FolderRepository(repository.folder);
      asked = 0;
      other = {
        name: 'other',
        open: async (path, ask) => {
          asked += 1;
          return await real.open(path, ask);
        },
      };
      node.mirrors = [new FolderRepository(directory.file('old')), other];
      await node.update();
    });

    test('another one is followed that is ahead, and is preferred from then on', async () => {
      expect(await node.outcome()).toBe('unchanged');
      expect(asked).toBe(2);
      await repository.withdraw([LIST[0]!]);
      expect(await node.update()).toMatchObject({ kind: 'withdrawn', withdrawn: 1, fault: null });
      expect(node.faults).toEqual([]);
      await repository.publish([...LIST, 'third.example']);
      expect(await node.outcome()).toBe('version 2');
    });

    // Was a fault: with each poll one of the others was asked, so that a removal waited for as many polls as there were mirrors.
    test('and most others are too: the one that is ahead is found at once, whoever claims to be', async () => {
      const [old] = node.mirrors;
      const liar = answering({
        'metadata/timestamp.json': () => file('{"signed":{"version":1e9}}'),
      });
      node.mirrors = [old!, old!, liar, new FolderRepository(directory.file('old')), other];
      node.close();
      await repository.withdraw([LIST[0]!]);
      expect(await node.outcome()).toBe('version 1');
      expect(await node.update()).toMatchObject({ kind: 'withdrawn', withdrawn: 1, fault: null });
      expect(node.faults.map((fault) => fault.split(':')[0])).toEqual(['tampered']);
    });

    test('what it shows is verified as anything else', async () => {
      repository.signWith.timestamp = [newSigner()];
      await repository.withdraw([LIST[0]!]);
      expect(await node.outcome()).toBe('unchanged');
      expect(node.faults).toEqual(['other: signature']);
    });

    // Was a fault: what the preferred one had to say waited for all others.
    test('one that gives no answer keeps no removal of the preferred one back', async () => {
      const silent: Repository = { name: 'silent', open: async () => await new Promise(() => {}) };
      node.mirrors = [new FolderRepository(repository.folder), silent];
      node.close();
      expect(await node.outcome()).toBe('version 1');
      await repository.withdraw([LIST[0]!]);
      expect(await node.update()).toMatchObject({ kind: 'withdrawn', withdrawn: 1, fault: null });
      expect(node.faults).toEqual([]);
    });

    test('one that is away, or behind too, changes nothing, and is left alone for a while', async () => {
      node.mirrors = [node.mirrors[0]!, away('metadata/timestamp.json')];
      node.close();
      expect([await node.outcome(), await node.outcome()]).toEqual(['version 1', 'unchanged']);
      expect(node.faults).toEqual([]);
    });
  });

  test('an attack is told before a mirror that is away', async () => {
    repository.signWith.timestamp = [newSigner()];
    repository.release();
    node.mirrors = [away('metadata/timestamp.json'), new FolderRepository(repository.folder)];
    expect(await node.outcome()).toBe('signature');
  });
});
