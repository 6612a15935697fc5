/** The audit finds what a publisher, or whoever has its machine, could have done behind the log's back. */
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { audit } from '../../../src/publish/log/audit.ts';
import { PublishedFiles } from '../../../src/publish/log/published-files.ts';
import { readSettings } from '../../../src/publish/state/settings.ts';
import { withdraw, withdrawalsOf } from '../../../src/publish/withdraw.ts';
import { Publishing } from '../publishing.ts';

let publishing: Publishing;

beforeEach(async () => {
  publishing = await Publishing.begin();
  await publishing.recipient('isp-a');
  await publishing.recipient('isp-b');
  await publishing.commit(['one.example', 'http://two.example/page.html', 'three.example dns']);
  await publishing.commit(['one.example', 'http://two.example/page.html']);
});
afterEach(() => publishing[Symbol.dispose]());

async function differences(): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { what, difference } of audit(publishing.folders))
    if (difference !== null) found.push(`${what}: ${difference}`);
  return found;
}

const state = (file: string): string => join(publishing.folders.keys, 'state', file);

function edit(path: string, change: (text: string) => string): void {
  const text = readFileSync(path, 'utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  writeFileSync(path, changed);
}

test('nothing, where all is as it has to be; caches are not needed', async () => {
  rmSync(state('records'), { recursive: true });
  rmSync(state('log.hashes'));
  rmSync(state('published'), { recursive: true });
  expect(await differences()).toEqual([]);
  const findings: string[] = [];
  for await (const { what } of audit(publishing.folders)) findings.push(what);
  expect(findings).toHaveLength(3 + 2 * 4);
  expect(findings[0]).toMatch(/^384 events, each with 32 random bytes of its own$/);
  expect(findings[3]).toMatch(/^isp-a, version 2, format and form 1\/1: 2 records, digest [0-9a-f]{64}$/);
});

describe('a withdrawal of much of the list', () => {
  const many = Array.from({ length: 40 }, (_, i) => `n${i}.example`);
  beforeEach(async () => await publishing.commit(many));

  test('nothing, where it was asked for as one', async () => {
    await publishing.open(async (publisher) => await withdraw(publisher, many, true));
    expect(await differences()).toEqual([]);
  });

  test('that nobody asked for: how many entries', async () => {
    await publishing.open(async (publisher) => {
      const withdrawn = withdrawalsOf(many.slice(0, 30), publisher.state, []);
      publisher.append(withdrawn.map(({ uid, line }) => ({ kind: 'withdrawn', uid, line }) as const));
      await publisher.bringOnlineRolesUpToDate({ isRefresh: false });
    });
    expect(await differences()).toEqual([
      'each withdrawal of much of the list was asked for as one (--mass): 30 entries were withdrawn without that',
    ]);
  });
});

describe('what was done afterwards', () => {
  test('to an event: no head is one of these events, and the records differ', async () => {
    edit(state('events.jsonl'), (text) => text.replace('"line":"one.example"', '"line":"ons.example"'));
    expect(await differences()).toEqual([
      expect.stringMatching(/^4 signed heads are heads of these events: those of 256, 384 leaves are not$/),
      expect.stringMatching(/^isp-a, .* the log has this digest: it has [0-9a-f]{64}$/),
      expect.stringMatching(/^isp-a, .* the repository has this digest.*: it has [0-9a-f]{64}$/),
      expect.stringMatching(/^isp-b, .* the log has this digest: it has [0-9a-f]{64}$/),
      expect.stringMatching(/^isp-b, .* the repository has this digest.*: it has [0-9a-f]{64}$/),
    ]);
  });

  test('to the time of an event', async () => {
    edit(state('events.jsonl'), (text) =>
      text.replace(/"time":"2026-11-26T12:00:00Z","kind":"removed"/, '"time":"2026-11-25T12:00:00Z","kind":"removed"'),
    );
    expect((await differences())[0]).toMatch(/: those of 384 leaves are not$/);
  });

  test('to the end of the events', async () => {
    edit(state('events.jsonl'), (text) => `${text.split('\n').slice(0, 256).join('\n')}\n`);
    const found = await differences();
    expect(found[0]).toMatch(/: those of 384 leaves are not$/);
    expect(found.length).toBeGreaterThan(1);
  });

  test('to a salt', async () => {
    edit(state('events.jsonl'), (text) => text.replace(/"salt":"[^"]{10}/, '"salt":"AAAAAAAAAA'));
    expect((await differences())[0]).toMatch(/are heads of these events: those of/);
    edit(state('events.jsonl'), (text) => text.replaceAll(/"salt":"[^"]+"/g, `"salt":"${'A'.repeat(43)}="`));
    expect((await differences())[0]).toBe(
      '384 events, each with 32 random bytes of its own: 383 have none, or those of another',
    );
  });

  test('to the keys of one recipient', async () => {
    edit(state('recipients/isp-b.json'), (text) => text.replace(/"idKey": "[^"]{10}/, '"idKey": "AAAAAAAAAA'));
    const found = await differences();
    expect(found.map((line) => line.split(',')[0])).toEqual(['isp-b', 'isp-b']);
  });
});

describe('what is published and is not in the log', () => {
  test('an earlier repository', async () => {
    cpSync(publishing.folders.repo, publishing.file('before'), { recursive: true });
    await publishing.commit(['one.example']);
    rmSync(publishing.folders.repo, { recursive: true });
    cpSync(publishing.file('before'), publishing.folders.repo, { recursive: true });
    const found = await differences();
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/^isp-a, version 3, .*: it has no such version$/);
  });

  test('one recipient’s repository in another’s place', async () => {
    const { repo } = publishing.folders;
    rmSync(join(repo, 'isp-b'), { recursive: true });
    cpSync(join(repo, 'isp-a'), join(repo, 'isp-b'), { recursive: true });
    expect(await differences()).toEqual([
      expect.stringMatching(/^isp-b, .* the repository has this digest.*: it has [0-9a-f]{64}$/),
    ]);
  });

  test('another head, or none', async () => {
    const folder = join(publishing.folders.repo, 'isp-a', 'targets', 'log');
    for (const name of readdirSync(folder)) edit(join(folder, name), (text) => text.replace('"hashes"', '"hashed"'));
    const want = [
      expect.stringMatching(/^isp-a, .*: there is no head of the log$/),
      expect.stringMatching(/^isp-a: .*: not log\/384\.head$/),
    ];
    expect(await differences()).toEqual(want);
    rmSync(folder, { recursive: true });
    expect(await differences()).toEqual(want);
  });

  test('metadata that nobody has signed', async () => {
    edit(join(publishing.folders.repo, 'isp-a', 'metadata', 'timestamp.json'), (text) =>
      text.replace('"version": ', '"version": 1'),
    );
    expect(await differences()).toEqual([
      expect.stringMatching(/^isp-a, .*: timestamp.json is not signed by as many of its keys/),
    ]);
  });
});

test('a repository is read from what is signed', async () => {
  const files = await PublishedFiles.read(publishing.folders, 'isp-a', await readSettings(publishing.folders));
  expect(files.digestOf('1/1', 2)).toMatch(/^[0-9a-f]{64}$/);
  expect(files.digestOf('1/1', 3)).toBeNull();
  expect((await files.head())?.toString()).toContain('cleanfeed log head 1');
});
