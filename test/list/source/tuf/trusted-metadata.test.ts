/**
 * Stored metadata is believed where every signature, version and digest fits: asked with a whole repository that python3-tuf reads too
 * (test/publish/vectors), and with each part of it replaced by another one that was signed once.
 */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  haveSameKeys,
  isMetadata,
  isShortRoot,
  rootVersion,
  verifyMetadata,
} from '../../../../src/list/source/tuf/trusted-metadata.ts';
import type { MetadataFiles } from '../../../../src/list/source/tuf/trusted-metadata.ts';
import { newSigner, TestRepository } from './test-repository.ts';

const VECTORS = join(import.meta.dirname, '..', '..', '..', 'publish', 'vectors');
const text = (name: string): string => readFileSync(join(VECTORS, 'repository', 'isp-a', 'metadata', name), 'utf8');
const signed = (file: string): { readonly version: number; readonly meta: Record<string, { version: number }> } =>
  JSON.parse(file).signed;

/** As a client of the specification follows them: the newest root, and from the timestamp on what each names. */
const timestamp = text('timestamp.json');
const snapshot = text(`${signed(timestamp).meta['snapshot.json']!.version}.snapshot.json`);
const named = (role: string): number => signed(snapshot).meta[`${role}.json`]!.version;
const FILES = {
  root: text('3.root.json'),
  timestamp,
  snapshot,
  targets: text(`${named('targets')}.targets.json`),
  withdrawn: text(`${named('withdrawn')}.withdrawn.json`),
  log: text(`${named('log')}.log.json`),
};

const codeOf = (files: MetadataFiles): string => {
  try {
    verifyMetadata(files);
    return 'trusted';
  } catch (error) {
    return Object(error).code;
  }
};

describe('a whole repository', () => {
  test('says what lies in it, and until when', () => {
    const { versions, expiresAt, owners, targets, logKeys } = verifyMetadata(FILES);
    expect(versions).toEqual({
      root: 3,
      timestamp: signed(timestamp).version,
      snapshot: signed(snapshot).version,
      targets: named('targets'),
      withdrawn: named('withdrawn'),
      log: named('log'),
    });
    const all = Object.values(FILES).map((file) => Date.parse(JSON.parse(file).signed.expires));
    expect(expiresAt).toBe(Math.min(...all));
    expect(owners).toHaveLength(1);
    const listed = [FILES.targets, FILES.withdrawn, FILES.log].flatMap((file) =>
      Object.keys(JSON.parse(file).signed.targets),
    );
    expect([...targets.keys()].toSorted()).toEqual(listed.toSorted());
    expect(logKeys.map((key) => key.length)).toEqual(logKeys.map(() => 32));
    expect(logKeys.length).toBeGreaterThan(0);
  });

  test('what is signed of a target is the file that lies there', () => {
    for (const { path, bytes, sha256 } of verifyMetadata(FILES).targets.values()) {
      const at = path.lastIndexOf('/') + 1;
      const file = `${path.slice(0, at)}${sha256}.${path.slice(at)}`;
      expect(readFileSync(join(VECTORS, 'repository', 'isp-a', 'targets', file))).toHaveLength(bytes);
    }
  });

  test('without what is delegated it is trusted, and says less', () => {
    const { withdrawn: _withdrawn, log: _log, ...own } = FILES;
    expect([...verifyMetadata(own).targets.keys()].every((path) => path.startsWith('match/'))).toBe(true);
  });
});

describe('refused', () => {
  test.each([
    ['an older snapshot, which was signed once', { snapshot: text('3.snapshot.json') }, 'inconsistent'],
    ['older targets, which were signed once', { targets: text('1.targets.json') }, 'inconsistent'],
    ['an older withdrawn set: a removal would be undone', { withdrawn: text('1.withdrawn.json') }, 'inconsistent'],
    ['an older log', { log: text('1.log.json') }, 'inconsistent'],
    ['one role in place of another', { targets: FILES.withdrawn }, 'inconsistent'],
    ['no timestamp', { timestamp: undefined }, 'inconsistent'],
    ['no targets', { targets: undefined }, 'inconsistent'],
    ['no JSON', { timestamp: '{' }, 'inconsistent'],
  ])('%s', (_, files, want) => {
    expect(codeOf(FILES)).toBe('trusted');
    expect(codeOf({ ...FILES, ...files } as MetadataFiles)).toBe(want);
  });

  test.each(Object.keys(FILES) as (keyof typeof FILES)[])('any other number in %s', (role) => {
    const changed = FILES[role].replace(/"expires": ?"21/, (found) => found.replace('21', '22'));
    expect(changed).not.toBe(FILES[role]);
    expect(codeOf({ ...FILES, [role]: changed })).toMatch(/^(?:signature|inconsistent)$/);
  });

  test('a space more, though every signature holds: the digest is of the text', () => {
    expect(codeOf({ ...FILES, snapshot: `${FILES.snapshot} ` })).toBe('inconsistent');
    expect(codeOf({ ...FILES, targets: `${FILES.targets} ` })).toBe('inconsistent');
  });

  test('fewer signatures than it takes: two sign the targets here', () => {
    const targets = JSON.parse(FILES.targets);
    targets.signatures = targets.signatures.slice(0, 1);
    expect(targets.signatures).toHaveLength(1);
    expect(codeOf({ ...FILES, targets: JSON.stringify(targets) })).toBe('inconsistent');
    const root = JSON.parse(FILES.root);
    root.signatures = [];
    expect(codeOf({ ...FILES, root: JSON.stringify(root) })).toBe('signature');
  });
});

test('a root is one that its own keys have signed', () => {
  expect(['1.root.json', '2.root.json', '3.root.json'].map((name) => rootVersion(text(name)))).toEqual([1, 2, 3]);
  expect(rootVersion(readFileSync(join(VECTORS, 'root.json'), 'utf8'))).toBe(1);
  expect(() => rootVersion(FILES.targets)).toThrow(expect.objectContaining({ code: 'inconsistent' }));
  const stranger = FILES.root.replace(/"version": ?3/, (found) => found.replace('3', '4'));
  expect(() => rootVersion(stranger)).toThrow(expect.objectContaining({ code: 'signature' }));
});

test('whether roots have the same keys for what is new', () => {
  // Between these the keys of the root itself were exchanged, and no others.
  expect(haveSameKeys(text('1.root.json'), text('3.root.json'))).toBe(true);
  for (const role of ['timestamp', 'snapshot', 'targets'] as const) {
    const made = new TestRepository('');
    const before = made.root();
    made.signers[role] = [newSigner()];
    expect([haveSameKeys(before, before), haveSameKeys(before, made.root())]).toEqual([true, false]);
  }
});

test.each([
  ['a page of a captive portal', '<!DOCTYPE html><title>Log in</title>', false],
  ['another kind of JSON', '{"error":"not found"}', false],
  ['null', 'null', false],
  ['a list', '["signed"]', false],
  ['metadata', '{"signed":{},"signatures":[]}', true],
])('%s is metadata: %s', (_, body, want) => {
  expect(isMetadata(body)).toBe(want);
});

describe('a root is read quickly', () => {
  const members = (count: number): unknown => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));
  const deep = (depth: number): unknown => (depth === 0 ? 'x' : [deep(depth - 1)]);

  test.each([
    { name: '256 members', value: { signed: { keys: members(256) } }, short: true },
    { name: '257 members', value: { signed: { keys: members(257) } }, short: false },
    { name: '257 signatures', value: { signatures: Object.values(Object(members(257))) }, short: false },
    { name: '16 levels', value: deep(16), short: true },
    { name: '17 levels', value: deep(17), short: false },
  ])('$name: $short', ({ value, short }) => {
    expect(isShortRoot(JSON.stringify(value))).toBe(short);
  });

  test('those of a publisher', () => {
    for (const version of [1, 2, 3]) expect(isShortRoot(text(`${version}.root.json`))).toBe(true);
  });
});
