/**
 * Two recipients lay their repositories beside each other. In common they have what is public by design: structure, versions, times, public
 * keys, the log's head and hashes. Of all that is keyed or encrypted they have no eight bytes in common, in whatever form it is written.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readHeadFile } from '../../src/list/transparency/head-file.ts';
import { withdrawalsOf } from '../../src/publish/withdraw.ts';
import { Publishing } from './publishing.ts';

const WINDOW = 8;
/** What an age file begins with, whoever it is for (age specification, version 1). */
const AGE_HEADER = Buffer.from('age-encryption.org/v1\n-> X25519 ');
/** Before the sum over what comes before it. */
const AGE_MARK = Buffer.from('\n--- ');

let publishing: Publishing;
beforeEach(async () => {
  publishing = await Publishing.begin();
  await publishing.recipient('isp-before');
  await publishing.commit(['first.example']);
  // Without a list of their own, and in the same second, both would be told the same: that there is nothing.
  await publishing.recipient('isp-a');
  publishing.now += 1000;
  await publishing.recipient('isp-b');
  const lines = Array.from({ length: 3000 }, (_, at) => `http://host${at}.example/page.html`);
  await publishing.commit(lines);
  await publishing.commit([...lines.slice(5), 'new.example']);
  await publishing.open(async (publisher) => {
    const events = withdrawalsOf(['http://host7.example/page.html'], publisher.state, []);
    publisher.append(events.map(({ uid, line }) => ({ kind: 'withdrawn', uid, line }) as const));
    await publisher.bringOnlineRolesUpToDate({ isRefresh: false });
  });
  await publishing.open(async (publisher) => await publisher.bringOnlineRolesUpToDate({ isRefresh: true }));
});
afterEach(() => publishing[Symbol.dispose]());

/** Path below the repository → bytes. */
function filesOf(name: string): ReadonlyMap<string, Buffer> {
  const folder = join(publishing.folders.repo, name);
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path)];
    }),
  );
}

function windowsOf(parts: Iterable<Uint8Array>): Set<bigint> {
  const windows = new Set<bigint>();
  for (const part of parts) {
    const bytes = Buffer.from(part);
    for (let at = 0; at + WINDOW <= bytes.length; at += 1) windows.add(bytes.readBigUInt64BE(at));
  }
  return windows;
}

function common(a: Set<bigint>, b: Set<bigint>): number {
  return [...a].filter((window) => b.has(window)).length;
}

/** Payloads and withdrawn sets, behind what every age file begins with. */
function encrypted(name: string): Buffer[] {
  return [...filesOf(name)].flatMap(([path, bytes]) => {
    if (!/^targets\/(?:match|withdrawn)\//.test(path)) return [];
    expect(bytes.subarray(0, AGE_HEADER.length)).toEqual(AGE_HEADER);
    // Eight bytes with this in them have three of chance, which two of a few dozen files share now and then.
    const mark = bytes.indexOf(AGE_MARK);
    expect(mark).toBeGreaterThan(AGE_HEADER.length);
    return [bytes.subarray(AGE_HEADER.length, mark), bytes.subarray(mark + AGE_MARK.length)];
  });
}

/** Hexadecimal and base64 of 16 bytes or more, anywhere in metadata and names of files, as the bytes that they stand for. */
function written(texts: Iterable<string>): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const text of texts) {
    for (const [hex] of text.matchAll(/\b(?:[0-9a-f]{2}){16,}\b/g)) found.set(hex, Buffer.from(hex, 'hex'));
    for (const [base64] of text.matchAll(/(?<![\w+/])[\w+/]{22,}={0,2}(?![\w+/=])/g))
      if (!/^[0-9a-f]+$/.test(base64)) found.set(base64, Buffer.from(base64, 'base64'));
  }
  return found;
}

/** Ids and public halves of keys: the same clearing house signs for all. */
function publicKeys(name: string): Set<string> {
  const keys = new Set<string>();
  for (const [path, bytes] of filesOf(name)) {
    if (!/^metadata\/.*(?:root|targets)\.json$/.test(path)) continue;
    for (const [, id = ''] of bytes.toString().matchAll(/"(?:keyid|public)": "([0-9a-f]{64})"/g)) keys.add(id);
    for (const [, id = ''] of bytes.toString().matchAll(/"([0-9a-f]{64})": \{/g)) keys.add(id);
  }
  return keys;
}

describe('two recipients', () => {
  test('have no eight bytes of what is encrypted in common', () => {
    const [a, b] = [windowsOf(encrypted('isp-a')), windowsOf(encrypted('isp-b'))];
    expect(a.size).toBeGreaterThan(250_000);
    expect(common(a, b)).toBe(0);
    // That anything would be found.
    expect(common(a, windowsOf(encrypted('isp-a')))).toBe(a.size);
  });

  test('have digests, signatures, owners and names of files in common with nobody: only keys and the root are the same', () => {
    const texts = (name: string): string[] =>
      [...filesOf(name)].flatMap(([path, bytes]) =>
        // A path is no base64, though it could be read so.
        path.startsWith('metadata/') && !path.endsWith('root.json') ? [bytes.toString()] : path.split('/'),
      );
    const keyed = (name: string): Buffer[] => {
      const keys = publicKeys(name);
      return [...written(texts(name))].filter(([text]) => !keys.has(text)).map(([, bytes]) => bytes);
    };
    expect(keyed('isp-a').length).toBeGreaterThan(20);
    expect(common(windowsOf(keyed('isp-a')), windowsOf(keyed('isp-b')))).toBe(0);
    expect(publicKeys('isp-a')).toEqual(publicKeys('isp-b'));
  });

  test('have the note of the newest head in common, and of the leaves neither salt nor digest', () => {
    const newest = (name: string): NonNullable<ReturnType<typeof readHeadFile>> => {
      const heads = [...publishing.repository(name).targets.values()].filter(({ path }) => path.startsWith('log/'));
      expect(heads).toHaveLength(1);
      return readHeadFile(heads[0]!.bytes)!;
    };
    const [a, b] = [newest('isp-a'), newest('isp-b')];
    expect(a.noteText).toBe(b.noteText);
    const own = ({ leaves }: typeof a): Buffer[] => [
      ...written(leaves.flatMap(({ salt, event }) => [salt, event])).values(),
    ];
    expect(own(a)).toHaveLength(2);
    expect(common(windowsOf(own(a)), windowsOf(own(b)))).toBe(0);
    // What hashes they have in common are of the one log.
    for (const [name, hash] of a.hashes) expect(b.hashes.get(name) ?? hash).toEqual(hash);
  });
});
