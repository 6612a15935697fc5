/**
 * What an attacker, or a broken mirror, may do to a repository: the cases of TUF's own conformance suite, and what is ours. Each leaves the
 * last good list in force, also after a restart, says why by a code, and is over as soon as the repository is sound again.
 */
import { Key } from '@tufjs/models';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { identityToRecipient } from 'age-encryption';
import { ownerOf } from '../../../../src/list/protected/owner.ts';
import { OWN_FORM } from '../../../../src/list/protected/vectors.ts';
import { share } from '../../../support/share.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import { TestNode } from './test-node.ts';
import { newSigner, TestRepository } from './test-repository.ts';
import type { TestRole, TestSigner } from './test-repository.ts';

const FIRST = ['http://listed.example/a', 'other.example'];
const SECOND = [...FIRST, 'third.example'];
const PAST = '2020-01-01T00:00:00Z';
const FUTURE = '2126-01-01T00:00:00Z';
const ROLES: readonly Exclude<TestRole, 'root'>[] = ['timestamp', 'snapshot', 'targets', 'withdrawn'];

let directory: TemporaryDirectory;
let repository: TestRepository;
let node: TestNode;

beforeEach(async () => {
  directory = temporaryDirectory();
  repository = await TestRepository.create(directory.file('repository'));
  node = new TestNode(directory, repository);
  await repository.publish(FIRST);
  // So that every role has a version before.
  repository.release();
  for (let i = 0; i < 2; i++) await repository.withdraw([]);
  await node.update();
  await repository.publish(SECOND);
});
afterEach(() => {
  node.close();
  directory[Symbol.dispose]();
});

interface LongRoot {
  readonly signed: { keys: Record<string, unknown>; deep?: unknown };
}

interface Attack {
  readonly name: string;
  readonly code: string;
  /** Version 1 is in force, version 2 has just been published. */
  readonly attack: () => void | Promise<void>;
  /** What it takes besides the next publication. */
  readonly heal?: () => unknown;
}

/** The file of a role as it is named now has this content. */
function tamper(role: TestRole, change: (text: string) => string): void {
  const path = role === 'timestamp' ? 'metadata/timestamp.json' : `metadata/${repository.versions[role]}.${role}.json`;
  repository.write(path, change(Buffer.from(repository.read(path) ?? '').toString()));
}

function payload(change: (bytes: Uint8Array) => Uint8Array): void {
  for (const [path, bytes] of repository.files)
    if (/\.(?:delta|full)$/.test(path)) repository.write(path, change(bytes));
}

const WRONGLY_SIGNED = ROLES.flatMap((role): Attack[] => [
  {
    name: `${role} signed by a key that is not its own`,
    code: 'signature',
    attack: () => {
      repository.signWith[role] = [newSigner()];
      repository.release(ROLES);
    },
    heal: () => delete repository.signWith[role],
  },
  {
    name: `${role} not signed at all`,
    code: 'signature',
    attack: () => {
      repository.signWith[role] = [];
      repository.release(ROLES);
    },
    heal: () => delete repository.signWith[role],
  },
]);

const FROZEN = ROLES.map((role): Attack => ({
  name: `${role} that has expired`,
  code: 'expired',
  attack: () => {
    repository.expires[role] = PAST;
    repository.release(ROLES);
  },
  heal: () => void (repository.expires[role] = FUTURE),
}));

const ROLLED_BACK = ROLES.map((role): Attack => ({
  name: `${role} of an earlier version`,
  code: 'rollback',
  attack: () => {
    for (const other of ROLES) repository.versions[other] += 5;
    repository.versions[role] = 0;
    repository.release([role]);
  },
  heal: () => void (repository.versions[role] = 50),
}));

const MIXED = (['snapshot', 'targets', 'withdrawn'] as const).flatMap((role): Attack[] => [
  {
    name: `${role} of another version than is signed for`,
    code: 'inconsistent',
    attack: () => {
      repository.release(ROLES);
      const before = repository.read(`metadata/${repository.versions[role] - 1}.${role}.json`) ?? '';
      repository.write(`metadata/${repository.versions[role]}.${role}.json`, before);
    },
  },
  {
    name: `${role} of another length than is signed for`,
    code: 'inconsistent',
    attack: () => {
      repository.release(ROLES);
      tamper(role, (text) => `${text} `);
    },
  },
  {
    name: `${role} of another digest than is signed for`,
    code: 'inconsistent',
    attack: () => {
      repository.release(ROLES);
      tamper(role, (text) => text.replace('"spec_version":"1.0.31"', '"spec_version":"1.0.32"'));
    },
  },
  {
    name: `${role} that is not there`,
    code: 'inconsistent',
    attack: () => {
      repository.release(ROLES);
      repository.remove(`metadata/${repository.versions[role]}.${role}.json`);
    },
  },
]);

const SPOILT: readonly Attack[] = [
  {
    name: 'a timestamp that is not there',
    code: 'inconsistent',
    attack: () => repository.remove('metadata/timestamp.json'),
  },
  { name: 'a timestamp that is no JSON', code: 'inconsistent', attack: () => tamper('timestamp', () => '<html>') },
  {
    name: 'a timestamp that is cut off',
    code: 'inconsistent',
    attack: () => tamper('timestamp', (text) => text.slice(0, 90)),
  },
  {
    name: 'a timestamp that is endless',
    code: 'too_large',
    attack: () => tamper('timestamp', (text) => text.padEnd(20_000)),
  },
  { name: 'a payload with another byte', code: 'inconsistent', attack: () => payload((bytes) => bytes.with(300, 1)) },
  {
    name: 'a payload that is longer',
    code: 'inconsistent',
    attack: () => payload((bytes) => Buffer.concat([bytes, bytes])),
  },
  { name: 'a payload that is cut off', code: 'inconsistent', attack: () => payload((bytes) => bytes.subarray(0, 900)) },
  {
    name: 'a payload that is not there',
    code: 'inconsistent',
    attack: () => {
      for (const path of repository.files.keys()) if (/\.(?:delta|full)$/.test(path)) repository.remove(path);
    },
  },
];

const ROOTS: readonly Attack[] = [
  {
    name: 'a root that the one before has not signed',
    code: 'signature',
    attack: () => {
      repository.versions.root = 2;
      const own = repository.signers.root;
      repository.signers.root = [newSigner()];
      repository.write('metadata/2.root.json', repository.root());
      repository.signers.root = own;
      repository.versions.root = 1;
    },
    heal: () => repository.remove('metadata/2.root.json'),
  },
  {
    name: 'a root that has expired',
    code: 'expired',
    attack: () => {
      repository.expires.root = PAST;
      repository.rotate('snapshot', repository.signers.snapshot);
      repository.release();
    },
    heal: () => {
      repository.expires.root = FUTURE;
      repository.rotate('snapshot', repository.signers.snapshot);
    },
  },
  {
    name: 'a root of another version than it is named for',
    code: 'rollback',
    attack: () => repository.write('metadata/2.root.json', repository.root()),
    heal: () => repository.remove('metadata/2.root.json'),
  },
];

/** Of some 400 KB each: tuf-js reads them with the square of that before it looks at a signature. */
const LONG_ROOTS = [
  {
    name: 'a root of thousands of keys',
    change: ({ signed }: LongRoot) => {
      for (let key = 0; key < 9000; key++) signed.keys[`k${key}`] = { keytype: 'e', scheme: 'e', keyval: {} };
    },
  },
  {
    name: 'a root that is thousands of levels deep',
    change: ({ signed }: LongRoot) => {
      let deep: unknown = 'x'.repeat(400_000);
      for (let depth = 0; depth < 3000; depth++) deep = [deep];
      signed.deep = deep;
    },
  },
].map(({ name, change }): Attack => ({
  name,
  code: 'inconsistent',
  attack: () => {
    const root = JSON.parse(repository.root());
    change(root);
    repository.write('metadata/2.root.json', JSON.stringify(root));
  },
  heal: () => repository.remove('metadata/2.root.json'),
}));

const OURS: readonly Attack[] = [
  // Was a fault: such a version was passed over, or took the place of another.
  ...['match/1/FORM/00003.full', 'match/01/FORM/3.full', 'names/2/03.full'].map((path): Attack => ({
    name: `a number that begins with a zero: ${path}`,
    code: 'inconsistent',
    attack: () => {
      repository.targets.set(path.replace('FORM', `${OWN_FORM.form}`), {
        role: 'targets',
        bytes: Buffer.from('unread'),
        custom: { version: 3, format: 1, form: OWN_FORM.form, digest: 'a'.repeat(64) },
      });
      repository.release();
    },
    heal: () => void repository.targets.delete(path.replace('FORM', `${OWN_FORM.form}`)),
  })),
  ...[{ version: '3' }, { format: '1' }, { form: 99 }, { digest: 7 }, { digest: 'A'.repeat(64) }, { digest: '' }].map(
    (wrong): Attack => ({
      name: `a version of which is signed ${JSON.stringify(wrong)}`,
      code: 'inconsistent',
      attack: () => {
        const custom = { version: 3, format: 1, form: OWN_FORM.form, digest: 'a'.repeat(64), ...wrong };
        const target = { role: 'targets', bytes: Buffer.from('unread'), custom } as const;
        repository.targets.set(`match/1/${OWN_FORM.form}/3.full`, target);
        repository.release();
      },
      heal: () => void repository.targets.delete(`match/1/${OWN_FORM.form}/3.full`),
    }),
  ),
  // Was a fault: it was taken, whoever it was for.
  {
    name: 'a timestamp that does not say whose it is',
    code: 'inconsistent',
    attack: () => {
      repository.owners = null;
      repository.release();
    },
    heal: async () => {
      repository.owners = [ownerOf(await identityToRecipient(repository.identity))];
    },
  },
  {
    name: "another recipient's repository, whose versions are ahead",
    code: 'decrypt',
    attack: () => {
      repository.owners = [ownerOf('age1another')];
      for (const role of ROLES) repository.versions[role] += 100;
      repository.release(ROLES);
    },
    heal: async () => {
      repository.owners = [ownerOf(await identityToRecipient(repository.identity))];
      for (const role of ROLES) repository.versions[role] -= 100;
    },
  },
  // Was a fault: it counted as "nothing new", and the list as current.
  {
    name: "another recipient's repository, whose timestamp has the version that is known here",
    code: 'decrypt',
    attack: () => {
      repository.owners = [ownerOf('age1another')];
      repository.versions.timestamp -= 1;
      repository.writeTimestamp();
    },
    heal: async () => {
      repository.owners = [ownerOf(await identityToRecipient(repository.identity))];
    },
  },
  {
    name: 'another timestamp of the version that is known',
    code: 'inconsistent',
    attack: () => {
      repository.versions.timestamp -= 1;
      repository.writeTimestamp();
    },
  },
  {
    name: 'a list that was encrypted to somebody else',
    code: 'decrypt',
    attack: async () => {
      await repository.addressTo(null);
      await repository.publish(SECOND);
    },
    heal: () => repository.addressTo(repository.identity),
  },
  {
    name: 'a list that is not the one that was signed',
    code: 'digest',
    attack: async () => {
      await repository.publish([...SECOND, 'smuggled.example']);
      for (const { custom } of repository.targets.values()) Object.assign(custom, { digest: '00'.repeat(32) });
      repository.release();
    },
  },
  {
    name: 'a list in a form of another canonical form',
    code: 'canonical_form',
    attack: async () => {
      repository.targets.clear();
      await repository.add('7.full', Buffer.from('unread'), OWN_FORM.form + 1);
      repository.release();
    },
    heal: async () => await repository.withdraw([]),
  },
];

describe.each([
  { kind: 'arbitrary software', attacks: WRONGLY_SIGNED },
  { kind: 'freeze', attacks: FROZEN },
  { kind: 'rollback', attacks: ROLLED_BACK },
  { kind: 'mix and match', attacks: MIXED },
  { kind: 'wrong or endless data', attacks: SPOILT },
  { kind: 'the root', attacks: [...ROOTS, ...LONG_ROOTS] },
  { kind: 'beyond TUF', attacks: OURS },
])('$kind', ({ attacks }) => {
  test.each(share(attacks, 2))('$name', async ({ code, attack, heal }) => {
    await attack();
    expect(await node.outcome()).toBe(code);
    // Nor at the next attempt, nor after a crash.
    expect(await node.outcome()).toBe(code);
    node.restart();
    expect([await node.outcome(), await node.outcome()]).toEqual(['version 1', code]);
    await heal?.();
    await repository.publish([...SECOND, 'last.example']);
    expect(await node.outcome()).toBe(`version ${repository.version}`);
  });
});

// Was a fault, of the release that refused all other bytes of a version that is known.
test('a timestamp that says what was there before, written anew by a server or signed once more, is nothing new', async () => {
  expect(await node.outcome()).toBe('version 2');
  const other = newSigner();
  repository.signWith.timestamp = [...repository.signers.timestamp, other];
  repository.writeTimestamp();
  expect(await node.outcome()).toBe('unchanged');
  tamper('timestamp', (text) => JSON.stringify(JSON.parse(text), null, 2));
  expect(await node.outcome()).toBe('unchanged');
  node.restart();
  expect([await node.outcome(), await node.outcome()]).toEqual(['version 2', 'unchanged']);
  repository.expires.timestamp = '2126-01-02T00:00:00Z';
  repository.writeTimestamp();
  expect(await node.outcome()).toBe('inconsistent');
});

// Was a fault: neither the role was named, nor its day, nor its versions: whoever carries a copy by hand could not tell which is the older.
const FAULTS = [
  ...FROZEN.map(({ name, attack }, i) => {
    const says = `the metadata of the repository (${ROLES[i]}) has expired on ${PAST}`;
    return { name, attack, says };
  }),
  ...ROLLED_BACK.map(({ name, attack }) => {
    const which = String.raw` (?:has|names) version \d+.*, and \d+ was there before$`;
    return { name, attack, says: new RegExp(`^the versions of the metadata do not go forward: .*${which}`) };
  }),
];

test.each(FAULTS)('the fault of $name says which', async ({ attack, says }) => {
  await attack();
  await expect(node.update()).rejects.toThrow(says);
});

// Was a fault: two ids of one public key were two signers (L6).
describe('one key under two ids', () => {
  const twinOf = ({ key, secret }: TestSigner): TestSigner => ({
    key: new Key({
      keyID: key.keyID.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
      keyType: key.keyType,
      scheme: key.scheme,
      keyVal: key.keyVal,
    }),
    secret,
  });

  test.each(['timestamp', 'snapshot', 'targets', 'withdrawn'] as const)('counts once for %s', async (role) => {
    const [own, other] = [newSigner(), newSigner()];
    repository.thresholds[role] = 2;
    if (role === 'withdrawn') repository.signers[role] = [own, twinOf(own), other];
    else repository.rotate(role, [own, twinOf(own), other]);
    repository.signWith[role] = [own, twinOf(own)];
    repository.release(['targets', 'withdrawn']);
    expect(await node.outcome()).toBe('signature');
    repository.signWith[role] = [own, other];
    repository.release(['targets', 'withdrawn']);
    expect(await node.outcome()).toBe('version 2');
  });

  test('counts once from one root to the next', async () => {
    const [own, other, next] = [newSigner(), newSigner(), newSigner()];
    repository.thresholds.root = 2;
    repository.rotate('root', [own, twinOf(own), other]);
    repository.release();
    expect(await node.outcome()).toBe('version 2');
    repository.signers.root = [next, newSigner()];
    repository.versions.root = 3;
    repository.write('metadata/3.root.json', repository.root([...repository.signers.root, own, twinOf(own)]));
    repository.release();
    expect(await node.outcome()).toBe('signature');
    repository.write('metadata/3.root.json', repository.root([...repository.signers.root, own, other]));
    expect(await node.outcome()).toBe('unchanged');
  });
});
