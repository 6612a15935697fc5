/** Heads over the publisher's events: what nodes make of them, crashes between the files, cosignatures, a witness beside. */
import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { checkHead } from '../../../src/list/source/tuf/log-heads.ts';
import type { HeadTerms } from '../../../src/list/source/tuf/log-heads.ts';
import { readHeadFile } from '../../../src/list/transparency/head-file.ts';
import { readObject } from '../../../src/list/transparency/leaf.ts';
import { keyText } from '../../../src/list/transparency/signed-note.ts';
import type { Folders } from '../../../src/publish/folders.ts';
import { SigningKey } from '../../../src/publish/keys/signing-key.ts';
import { Heads, readHeads } from '../../../src/publish/log/heads.ts';
import type { Head } from '../../../src/publish/log/heads.ts';
import { cosign } from '../../../src/publish/log/witness.ts';
import { Party } from '../../list/transparency/logs.ts';
import { verifyIndependently } from '../../list/transparency/independent.ts';
import { describeWith } from '../../support/programs.ts';
import { Events, publisherFolders } from './events.ts';

const NOW = Date.UTC(2026, 10, 26, 20);
const DAY = 86_400_000;
const signer = new SigningKey(generateKeyPairSync('ed25519').privateKey);
const logKey = Buffer.from(signer.hex, 'hex');
const ORIGIN = `cleanfeed/${signer.hex.slice(0, 16)}`;
const terms = (more: Partial<HeadTerms> = {}): HeadTerms => ({
  logKeys: [logKey],
  witnesses: [],
  served: null,
  ...more,
});

interface Made extends Head {
  fileFor(recipient: string): Buffer;
}

async function headOf(folders: Folders, events: Events, now = NOW, key = signer): Promise<Made> {
  using heads = new Heads(folders);
  for (const event of events.all) heads.visit(event);
  const head = await heads.current(key, now);
  // While its files are open.
  const files = new Map(['', 'a', 'b', 'c'].map((name) => [name, head.fileWith(heads.leavesOf(name))]));
  return { ...head, fileFor: (name) => files.get(name)! };
}

/** What the log says that a recipient has. */
function servedBy(events: Events, recipient: string): HeadTerms['served'] {
  const last = events.all.findLast((event) => event.kind === 'published' && event.recipient === recipient);
  return last?.kind === 'published' ? last : null;
}

describe('heads', () => {
  test('prove to each recipient its own version, and that they extend those before', async () => {
    using folders = publisherFolders();
    const events = new Events();
    events.addVersion(1, ['a', 'b'], ['one.example', 'two.example']);
    const first = await headOf(folders, events);
    const kept = { a: '', b: '' };
    for (const name of ['a', 'b'] as const) {
      const { kind, note } = checkHead(null, first.fileFor(name), terms({ served: servedBy(events, name) }));
      expect(kind).toBe('first');
      kept[name] = note;
    }
    expect(kept.a).toBe(kept.b);
    expect(() => checkHead(null, first.fileFor('a'), terms({ served: servedBy(events, 'b') }))).toThrow(
      'does not contain',
    );
    events.addVersion(2, ['a', 'b'], ['three.example']);
    const second = await headOf(folders, events);
    expect(checkHead(kept.a, second.fileFor('a'), terms({ served: servedBy(events, 'a') })).kind).toBe('extends');
    expect(second.size).toBe(256);
    expect((await readHeads(folders)).map(({ size, origin }) => [size, origin])).toEqual([
      [128, ORIGIN],
      [256, ORIGIN],
    ]);
  });

  test('are signed again at the same size when another key signs, and only then', async () => {
    using folders = publisherFolders();
    const events = new Events();
    events.addVersion(1, ['a'], ['one.example']);
    const { note } = await headOf(folders, events);
    expect((await headOf(folders, events)).note).toBe(note);
    const other = new SigningKey(generateKeyPairSync('ed25519').privateKey);
    const again = await headOf(folders, events, NOW, other);
    const logKeys = [Buffer.from(other.hex, 'hex')];
    expect(checkHead(note, again.fileFor('a'), terms({ logKeys, served: servedBy(events, 'a') })).kind).toBe('same');
    expect((await readHeads(folders)).map(({ size }) => size)).toEqual([again.size, again.size]);
  });

  test('open nothing that is another recipient’s, and nothing of the list', async () => {
    using folders = publisherFolders();
    const events = new Events();
    events.addVersion(1, ['a', 'b'], ['one.example']);
    const opened = readHeadFile((await headOf(folders, events)).fileFor('a'))!.leaves.map(({ event }) =>
      readObject(event),
    );
    expect(opened).toEqual([expect.objectContaining({ kind: 'published', recipient: 'a', version: 1 })]);
  });

  test('a recipient that is added later has the version in force', async () => {
    using folders = publisherFolders();
    const events = new Events();
    events.addVersion(4, ['a']);
    events.add({
      kind: 'recipient',
      name: 'c',
      change: 'added',
      version: 4,
      digests: { '1/1': { c: 'cc'.repeat(32) } },
    });
    const head = await headOf(folders, events);
    expect(
      checkHead(null, head.fileFor('c'), terms({ served: { version: 4, format: 1, form: 1, digest: 'cc'.repeat(32) } }))
        .kind,
    ).toBe('first');
    expect(checkHead(null, head.fileFor('a'), terms({ served: servedBy(events, 'a') })).kind).toBe('first');
  });

  test('is signed once, and is the same however often it is asked for', async () => {
    using folders = publisherFolders();
    const events = new Events();
    events.addVersion(1, ['a']);
    const first = await headOf(folders, events);
    expect((await headOf(folders, events, NOW + 1)).note).toBe(first.note);
    expect(await readHeads(folders)).toHaveLength(1);
  });

  test('extend what a node saw in the last 31 days; older ones are a gap', async () => {
    using folders = publisherFolders();
    const events = new Events();
    const notes: string[] = [];
    for (let day = 0; day < 40; day += 10) {
      events.addVersion(day + 1, ['a']);
      notes.push(checkHead(null, (await headOf(folders, events, NOW + day * DAY)).fileFor('a'), terms()).note);
    }
    events.addVersion(100, ['a']);
    const file = (await headOf(folders, events, NOW + 40 * DAY)).fileFor('a');
    expect(notes.map((note) => checkHead(note, file, terms()).kind)).toEqual(['gap', 'extends', 'extends', 'extends']);
  });

  test('the last one is always extended, however old', async () => {
    using folders = publisherFolders();
    const events = new Events();
    events.addVersion(1, ['a']);
    const { note } = await headOf(folders, events);
    events.addVersion(2, ['a']);
    expect(checkHead(note, (await headOf(folders, events, NOW + 400 * DAY)).fileFor('a'), terms()).kind).toBe(
      'extends',
    );
  });
});

describe('files that were cut off', () => {
  test('hashes are made again, the head is the same', async () => {
    using folders = publisherFolders();
    const events = new Events();
    events.addVersion(1, ['a']);
    const { note } = await headOf(folders, events);
    const path = folders.file('keys/state/log.hashes');
    const whole = readFileSync(path);
    for (const bytes of [0, 1, 31, 32, 33, 1000, whole.length - 1]) {
      truncateSync(path, bytes);
      expect((await headOf(folders, events)).note).toBe(note);
      expect(readFileSync(path)).toEqual(whole);
    }
  });

  test('hashes without events after them are made again', async () => {
    using folders = publisherFolders();
    const events = new Events();
    events.addVersion(1, ['a']);
    await headOf(folders, events);
    appendFileSync(folders.file('keys/state/log.hashes'), Buffer.alloc(16));
    events.addVersion(2, ['a']);
    expect((await headOf(folders, events)).size).toBe(256);
    expect(statSync(folders.file('keys/state/log.hashes')).size).toBe(32 * 511);
  });

  test('a head that was being written is none', async () => {
    using folders = publisherFolders();
    const events = new Events();
    events.addVersion(1, ['a']);
    const { note } = await headOf(folders, events);
    appendFileSync(folders.file('keys/state/heads.jsonl'), '{"time":1,"no');
    events.addVersion(2, ['a']);
    expect(checkHead(note, (await headOf(folders, events)).fileFor('a'), terms()).kind).toBe('extends');
    expect(await readHeads(folders)).toHaveLength(2);
  });
});

describe('never signed is', () => {
  test('a head of other events', async () => {
    using folders = publisherFolders();
    const events = new Events();
    events.addVersion(1, ['a']);
    await headOf(folders, events);
    const others = new Events();
    others.addVersion(1, ['a']);
    await expect(headOf(folders, others)).rejects.toThrow('it is not of these events (event 128); remove it');
    truncateSync(folders.file('keys/state/log.hashes'), 0);
    await expect(headOf(folders, others)).rejects.toThrow('its last head is not one of these events');
  });

  test('a head of fewer events', async () => {
    using folders = publisherFolders();
    const events = new Events();
    events.addVersion(1, ['a']);
    await headOf(folders, events);
    truncateSync(folders.file('keys/state/log.hashes'), 0);
    await expect(headOf(folders, new Events())).rejects.toThrow('its last head is not one of these events');
  });

  test('over an event without a salt', async () => {
    using folders = publisherFolders();
    const events = new Events();
    events.all.push({ kind: 'padding', seq: 1, time: '', salt: 'AAAA' });
    await expect(headOf(folders, events)).rejects.toThrow('event 1 has no salt of 32 bytes');
  });
});

describe('a witness', () => {
  const party = new Party('witness.example/1', 'cosignature');
  const witness = (before: string | null, bytes: Buffer): string =>
    cosign(before, bytes, {
      log: { name: ORIGIN, kind: 'log', key: logKey },
      key: party.key,
      sign: party.sign,
      now: NOW,
    });

  test('cosigns what extends what it has seen; the publisher adds it to that head and no other', async () => {
    using folders = publisherFolders();
    const events = new Events();
    events.addVersion(1, ['a']);
    const demanding = (): HeadTerms => terms({ witnesses: [party.key], served: servedBy(events, 'a') });
    const first = await headOf(folders, events);
    expect(() => checkHead(null, first.fileFor('a'), demanding())).toThrow('no known witness has cosigned');
    const cosigned = witness(null, first.fileFor(''));
    writeFileSync(folders.file('keys/state/cosignatures/one'), cosigned);
    writeFileSync(folders.file('keys/state/cosignatures/again'), cosigned);
    writeFileSync(folders.file('keys/state/cosignatures/other'), 'no note');
    const refreshed = await headOf(folders, events);
    expect(checkHead(null, refreshed.fileFor('a'), demanding()).kind).toBe('first');
    expect(readHeadFile(refreshed.fileFor('a'))!.note.signatures).toHaveLength(2);
    events.addVersion(2, ['a']);
    const second = await headOf(folders, events);
    expect(() => checkHead(null, second.fileFor('a'), demanding())).toThrow('no known witness has cosigned');
    writeFileSync(folders.file('keys/state/cosignatures/two'), witness(cosigned, second.fileFor('')));
    expect(checkHead(first.note, (await headOf(folders, events)).fileFor('a'), demanding()).kind).toBe('extends');
  });

  test('does not cosign another history, another log, or across a gap', async () => {
    using folders = publisherFolders();
    using elsewhere = publisherFolders();
    const events = new Events();
    events.addVersion(1, ['a']);
    const first = await headOf(folders, events);
    const seen = witness(null, first.fileFor(''));
    const others = new Events();
    others.addVersion(1, ['a']);
    others.addVersion(2, ['a']);
    const fork = await headOf(elsewhere, others);
    expect(() => witness(seen, fork.fileFor(''))).toThrow(expect.objectContaining({ code: 'witness_gap' }));
    const same = await headOf(elsewhere, others);
    expect(same.note).toBe(fork.note);
    using third = publisherFolders();
    const short = new Events();
    short.addVersion(1, ['a']);
    const sameSize = await headOf(third, short);
    expect(() => witness(seen, sameSize.fileFor(''))).toThrow(expect.objectContaining({ code: 'log_fork' }));
    const stranger = new Party('log.example', 'log');
    expect(() =>
      cosign(null, first.fileFor(''), {
        log: { ...stranger.key, key: logKey },
        key: party.key,
        sign: party.sign,
        now: NOW,
      }),
    ).toThrow(expect.objectContaining({ code: 'witness_log' }));
  });

  describeWith(['python3'])('and Python', () => {
    test('finds that head, cosignature, leaf and extension hold', async () => {
      using folders = publisherFolders();
      const events = new Events();
      events.addVersion(1, ['a', 'b'], ['one.example']);
      writeFileSync(folders.file('older'), (await headOf(folders, events)).fileFor('a'));
      events.addVersion(2, ['a', 'b'], ['two.example']);
      const head = await headOf(folders, events);
      writeFileSync(folders.file('keys/state/cosignatures/one'), witness(null, head.fileFor('')));
      writeFileSync(folders.file('head'), (await headOf(folders, events)).fileFor('a'));
      const key = keyText({ name: ORIGIN, kind: 'log', key: logKey });
      const { exit, lines } = await verifyIndependently(
        folders.file('head'),
        key,
        keyText(party.key),
        folders.file('older'),
      );
      expect(lines).toEqual([
        `signed: ${ORIGIN}, 256 leaves`,
        'cosigned',
        expect.stringMatching(/^leaf \d+: .*"kind":"published","recipient":"a".*"version":2}$/),
        'extends: 128 leaves',
      ]);
      expect(exit).toBe(0);
    });
  });
});
