/** Keeping lists up to date: real files, real compile threads; only the swap is replaced by a counter. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { ListConfig } from '../../src/config/list-types.ts';
import { ListError } from '../../src/list/list-error.ts';
import type { ListAction } from '../../src/lib/types.ts';
import { FileSource } from '../../src/list/source/file.ts';
import { FRESH_MEMORY } from '../../src/list/list-memory.ts';
import { ListUpdater } from '../../src/list/updater.ts';
import type { ListSource, SourceRead } from '../../src/list/source/source.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import { utcDay } from '../../src/list/text/compile.ts';
import { eventually } from '../support/eventually.ts';
import { listConfig, NO_GATE_FILES } from '../support/list-config.ts';
import { memoryLog } from '../support/memory-log.ts';
import type { MemoryLog } from '../support/memory-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { WITHOUT_VERSIONS } from '../support/without-versions.ts';

let directory: TemporaryDirectory;
let log: MemoryLog;
let manager: ListUpdater;
/** Entries of each snapshot that was published, in order. */
let published: number[];
/** Its segments: `text` or the list's index, and how many entries. */
let segments: string[][];
let publishFault: ListError | null;
/** Names of the lists each time that they were said to be complete. */
let complete: string[][];
/** UTC days since 1970-01-01. */
let today: number;

const list = (name: string, action: ListAction = 'block', maxBadLineRatio = 0): ListConfig => ({
  ...listConfig(name, directory.file(name), action),
  maxBadLineRatio,
});
const fileSource = (config: ListConfig): ListSource =>
  new FileSource(directory.file(config.name), { settleMs: 20, pollMs: 50 });

async function start(lists: readonly ListConfig[], source = fileSource): Promise<void> {
  // Its own: one that is closed may publish what it has read, and the next test has begun by then.
  const [itsPublished, itsSegments, itsComplete] = [published, segments, complete];
  manager = new ListUpdater(lists, {
    keys: randomSegmentKeys(),
    memory: FRESH_MEMORY,
    log,
    source,
    now: Date.now,
    today: () => today,
    complete: (lists) => itsComplete.push(lists.map(({ name }) => name)),
    publish: (images) => {
      if (publishFault !== null) return Promise.reject(publishFault);
      itsPublished.push(images.reduce((sum, image) => sum + image.entries, 0));
      itsSegments.push(
        images.map(({ entries, list: of, isShared }) =>
          of === undefined || isShared === true ? `text:${entries}` : `${of}:${entries}`,
        ),
      );
      return Promise.resolve(itsPublished.length);
    },
  });
  await manager.start();
}

beforeEach(() => {
  directory = temporaryDirectory();
  log = memoryLog();
  published = [];
  segments = [];
  publishFault = null;
  complete = [];
  today = utcDay(Date.now());
});

afterEach(() => {
  manager.close();
  directory[Symbol.dispose]();
});

describe('start', () => {
  // Was a fault: what had expired since the list was read was counted as in force.
  test('a list is told of as it is on the day, though nobody reads it again', async () => {
    writeFileSync(directory.file('a'), 'a.example\nb.example expires=2030-01-01\nc.example/x expires=2030-01-02\n');
    today = utcDay(Date.UTC(2030, 0, 1));
    await start([list('a')]);
    expect(manager.lists()).toMatchObject([{ entries: 3, expired: 0, enforceable: { http: 3, https: 2 } }]);
    today += 1;
    expect(manager.lists()).toMatchObject([{ entries: 2, expired: 1, enforceable: { http: 2, https: 1 } }]);
    today += 1;
    expect(manager.lists()).toMatchObject([{ entries: 1, expired: 2, enforceable: { http: 1, https: 1 }, version: 1 }]);
  });

  test('all lists in one snapshot', async () => {
    writeFileSync(directory.file('a'), 'a.example\nb.example\n');
    writeFileSync(directory.file('b'), '# nothing\nc.example expires=2020-01-01\nd.example/x\n');
    await start([list('a'), list('b', 'count')]);
    expect(published).toEqual([3]);
    expect(manager.missing()).toEqual([]);
    expect(manager.lists()).toMatchObject([
      {
        name: 'a',
        action: 'block',
        loaded: true,
        entries: 2,
        version: 1,
        lastError: null,
        syncs: { updated: 1, failed: 0 },
      },
      { name: 'b', action: 'count', entries: 1, expired: 1, enforceable: { http: 1, https: 0, dns: 0 } },
    ]);
    expect(log.named('list.loaded')).toHaveLength(2);
  });

  test('lists are complete once, and again when others take their place', async () => {
    writeFileSync(directory.file('a'), 'a.example\n');
    await start([list('a'), list('b')]);
    expect(complete).toEqual([]);
    writeFileSync(directory.file('b'), 'b.example\n');
    await manager.reload();
    appendFileSync(directory.file('b'), 'c.example\n');
    await manager.reload();
    expect(complete).toEqual([['a', 'b']]);
    await manager.change([list('b')], () => Promise.resolve(9));
    expect(complete).toEqual([['a', 'b'], ['b']]);
  });

  test('without lists: an empty snapshot', async () => {
    await start([]);
    expect(published).toEqual([0]);
  });

  test('nothing is in force before every list is good; a list that becomes good on disk completes it', async () => {
    writeFileSync(directory.file('a'), 'a.example\n');
    writeFileSync(directory.file('b'), 'b.example\n*\n');
    await start([list('a'), list('b'), list('c')]);
    expect(published).toEqual([]);
    expect(manager.missing()).toEqual([
      "list b: 1 bad line of 2; the first is line 2, column 1: '*' in a host may only stand at the beginning, as '*.'",
      expect.stringMatching(/^list c: .* cannot be read: there is no such file$/),
    ]);
    writeFileSync(directory.file('b'), 'b.example\n');
    await eventually('list b', () => manager.missing().length === 1);
    expect(published).toEqual([]);
    writeFileSync(directory.file('c'), 'c.example\n');
    await eventually('list c', () => published.length > 0);
    expect(published).toEqual([3]);
    await eventually('all in force', () => manager.lists().every(({ version }) => version === 1));
  });
});

describe('changes', () => {
  beforeEach(async () => {
    writeFileSync(directory.file('a'), 'a.example\n');
    writeFileSync(directory.file('b'), 'b.example\n');
    await start([list('a'), list('b')]);
  });

  test.each([
    { name: 'edited in place', change: () => appendFileSync(directory.file('a'), 'c.example\n') },
    {
      name: 'replaced',
      change: () => {
        writeFileSync(directory.file('new'), 'a.example\nc.example\n');
        renameSync(directory.file('new'), directory.file('a'));
      },
    },
  ])('$name: the new text is in force, with the other list', async ({ change }) => {
    change();
    await eventually('the new snapshot', () => published.length === 2);
    expect(published).toEqual([2, 3]);
    await eventually('version', () => manager.lists()[0]?.version === 2);
    expect(manager.lists()[1]).toMatchObject({ version: 1 });
  });

  test('of a text its records are kept: the text is gone, and another list is changed without it', async () => {
    const texts = new Map<string, Uint8Array[]>();
    const keeping = (config: ListConfig): ListSource => {
      const source = fileSource(config);
      const read = source.read.bind(source);
      source.read = async (context) => {
        const given = await read(context);
        if (given.kind === 'list') texts.set(config.name, [...(texts.get(config.name) ?? []), given.bytes]);
        return given;
      };
      return source;
    };
    writeFileSync(directory.file('a'), 'a.example\nb.example\n');
    writeFileSync(directory.file('b'), 'c.example\n');
    await start([list('a'), list('b')], keeping);
    expect(segments.at(-1)).toEqual(['text:3']);
    const lengths = (name: string): number[] => (texts.get(name) ?? []).map(({ byteLength }) => byteLength);
    await eventually('the texts are gone', () => [...lengths('a'), ...lengths('b')].every((length) => length === 0));
    rmSync(directory.file('a'));
    writeFileSync(directory.file('b'), 'c.example\nd.example\n');
    await manager.reload();
    expect(segments.at(-1)).toEqual(['text:4']);
    // Other rules are asked of the records, too.
    writeFileSync(directory.file('guarded'), 'b.example\n');
    const publish = (): Promise<number> => Promise.resolve(1);
    const gate = { ...NO_GATE_FILES, protected: directory.file('guarded') };
    await expect(manager.change([{ ...list('a'), gate }, list('b')], publish)).rejects.toThrow(
      'list a: it covers 1 protected host (gate.protected): line 1 of guarded, by entry 2; ',
    );
    await expect(manager.change([list('a', 'allow'), list('b')], publish)).rejects.toThrow('list a: ');
    await manager.change(
      [
        { ...list('b'), maxBadLineRatio: 0.1 },
        { ...list('a'), suffixes: 'warn' },
      ],
      publish,
    );
    expect(manager.lists().map(({ name, entries }) => [name, entries])).toEqual([
      ['b', 2],
      ['a', 2],
    ]);
  });

  test('a bad update changes nothing; every bad line is named, no line is quoted', async () => {
    writeFileSync(directory.file('a'), 'a.example\nsecret.example:x\nok.example\nftp://secret.example/\n');
    await manager.reload();
    expect(published).toEqual([2]);
    expect(manager.missing()).toEqual([]);
    expect(manager.lists()[0]).toMatchObject({
      loaded: true,
      entries: 1,
      version: 1,
      syncs: { updated: 1, rejected: 1 },
      rejections: { bad_lines: 1 },
    });
    expect(log.named('list.rejected')).toEqual([
      { list: 'a', code: 'bad_lines', badLines: 2, lines: 4, servingLastGood: true },
    ]);
    expect(log.named('list.bad_line').map(({ line, column }) => [line, column])).toEqual([
      [2, 16],
      [4, 1],
    ]);
    expect(JSON.stringify(log.events)).not.toContain('secret');
  });

  test('a refused update does not hold up another list', async () => {
    writeFileSync(directory.file('a'), '*\n');
    writeFileSync(directory.file('b'), 'b.example\nc.example\n');
    await manager.reload();
    expect(published).toEqual([2, 3]);
    expect(manager.lists()).toMatchObject([{ version: 1 }, { version: 2, entries: 2 }]);
  });

  test('a missing file: the last good list stays, the next file is taken', async () => {
    rmSync(directory.file('a'));
    await eventually('the failure', () => (manager.lists()[0]?.syncs.failed ?? 0) > 0);
    expect(manager.lists()[0]).toMatchObject({
      loaded: true,
      entries: 1,
      rejections: { unreadable: expect.any(Number) },
    });
    expect(manager.missing()).toEqual([]);
    writeFileSync(directory.file('a'), 'a.example\nc.example\n');
    await eventually('the new snapshot', () => published.length === 2);
    await eventually('no fault', () => manager.lists()[0]?.lastError === null);
  });

  test('a file that was truncated to nothing is not taken', async () => {
    writeFileSync(directory.file('a'), '');
    await manager.reload();
    expect(published).toEqual([2]);
    expect(manager.lists()[0]).toMatchObject({ entries: 1, rejections: { truncated: 1 } });
    // Was a fault: it was empty without a word.
    writeFileSync(directory.file('a'), '# only comments\n');
    await manager.reload();
    expect(published).toEqual([2]);
    expect(manager.lists()[0]).toMatchObject({ entries: 1, rejections: { truncated: 1, shrink: 1 } });
  });

  test('reload without a change builds nothing', async () => {
    await manager.reload();
    expect(published).toEqual([2]);
    expect(manager.lists()).toMatchObject([
      { syncs: { updated: 1, unchanged: 1 } },
      { syncs: { updated: 1, unchanged: 1 } },
    ]);
  });

  test('an update that cannot be brought into force counts as failed and is tried again', async () => {
    publishFault = new ListError('internal', 'worker 0 cannot open the snapshot');
    appendFileSync(directory.file('a'), 'c.example\n');
    await manager.reload();
    expect(manager.lists()[0]).toMatchObject({
      entries: 1,
      version: 1,
      lastError: 'worker 0 cannot open the snapshot',
    });
    publishFault = null;
    await eventually('the second attempt', () => published.length === 2);
    await eventually('its result', () => manager.lists()[0]?.entries === 2);
  });

  test('tolerated bad lines are left out and named all the same', async () => {
    manager.close();
    published = [];
    segments = [];
    writeFileSync(directory.file('a'), 'a.example\nb.example\nc.example\n*\n');
    await start([list('a', 'block', 0.25)]);
    expect(published).toEqual([3]);
    expect(manager.lists()[0]).toMatchObject({ entries: 3, badLines: 1, lastError: null });
    expect(log.named('list.bad_line')).toEqual([expect.objectContaining({ list: 'a', line: 4, column: 1 })]);
  });

  // Was a fault: with every line tolerated, what cannot be read at all was a list without entries.
  test.each([Buffer.from('a.example\n', 'utf16le'), Buffer.from('a.example\rb.example\r')])(
    'a file of another encoding is refused, whatever is tolerated: %#',
    async (bytes) => {
      manager.close();
      published = [];
      writeFileSync(directory.file('a'), bytes);
      await start([list('a', 'block', 1)]);
      expect(published).toEqual([]);
      expect(manager.lists()[0]).toMatchObject({ loaded: false, lastError: expect.stringMatching(/^the file is /) });
      expect(log.named('list.rejected')).toHaveLength(1);
    },
  );
});

describe('sources that say more', () => {
  const scripted = (...reads: SourceRead[]): ListSource & { readonly accepted: () => Promise<string> } => ({
    ...WITHOUT_VERSIONS,
    hasCache: true,
    read: () => Promise.resolve(reads.shift() ?? { kind: 'unchanged' }),
    forget: () => {},
    accepted: () => Promise.resolve('no space left'),
    watch: () => {},
    close: () => {},
  });
  const bytes = Buffer.from('a.example\n');

  test('a kept copy serves, its age and its fault are told', async () => {
    const fault = new ListError('connect', 'the server cannot be reached');
    await start([list('a')], () => scripted({ kind: 'cached', version: null, bytes, currentAt: 5, fault }));
    expect(published).toEqual([1]);
    expect(manager.lists()[0]).toMatchObject({
      loaded: true,
      currentAt: 5,
      lastError: 'the server cannot be reached',
      syncs: { updated: 0, failed: 1 },
    });
    expect(manager.lists()[0]).toMatchObject({ cacheCurrent: true });
    await manager.reload();
    expect(manager.lists()[0]).toMatchObject({ lastError: null, syncs: { unchanged: 1 } });
  });

  // Was a fault: its age was 0 until that time had come, and nobody was told that it is old.
  test('a kept copy that a clock far ahead has dated is current as of now', async () => {
    const fault = new ListError('connect', 'the server cannot be reached');
    await start([list('a')], () =>
      scripted({ kind: 'cached', version: null, bytes, currentAt: Date.UTC(2126, 0, 1), fault }),
    );
    expect(manager.lists()[0]?.currentAt).toBeLessThanOrEqual(Date.now());
  });

  test('unchanged after a refused text is no recovery', async () => {
    await start([list('a')], () =>
      scripted({ kind: 'list', bytes, version: null }, { kind: 'list', bytes: Buffer.from('*\n'), version: null }),
    );
    await manager.reload();
    await manager.reload();
    expect(manager.lists()[0]).toMatchObject({
      entries: 1,
      lastError: expect.stringContaining('1 bad line'),
      syncs: { updated: 1, rejected: 1, unchanged: 1 },
    });
  });

  test('what could not be brought into force is asked for again: "unchanged" does not mean that it is in force', async () => {
    let isNew = true;
    const source: ListSource = {
      ...scripted(),
      read: () => {
        const read: SourceRead = isNew ? { kind: 'list', bytes, version: null } : { kind: 'unchanged' };
        isNew = false;
        return Promise.resolve(read);
      },
      forget: () => (isNew = true),
    };
    publishFault = new ListError('internal', 'worker 0 cannot open the snapshot');
    await start([list('a')], () => source);
    expect([published, manager.missing()]).toEqual([[], ['list a: worker 0 cannot open the snapshot']]);
    publishFault = null;
    await manager.reload();
    expect([published, manager.missing()]).toEqual([[1], []]);
  });

  // Was a fault: until something newer came it said that the server cannot be reached.
  test('what was refused is why, once a server that could not be reached for a while says that it has nothing newer', async () => {
    const reads: (() => SourceRead)[] = [
      () => ({ kind: 'list', bytes, version: null }),
      () => ({ kind: 'list', bytes: Buffer.from('*\n'), version: null }),
      () => {
        throw new ListError('connect', 'the server cannot be reached');
      },
    ];
    const nextRead = (): SourceRead => reads.shift()?.() ?? { kind: 'unchanged' };
    await start([list('a')], () => ({
      ...scripted(),
      read: async () => await Promise.resolve().then(() => nextRead()),
    }));
    for (const lastError of [/1 bad line/, /cannot be reached/, /1 bad line/]) {
      await manager.reload();
      expect(manager.lists()[0]?.lastError).toMatch(lastError);
    }
  });

  test('a copy that cannot be kept is a warning', async () => {
    await start([list('a')], () => scripted({ kind: 'list', bytes, version: null }));
    expect(log.named('list.cache_failed')).toEqual([{ list: 'a', reason: 'no space left' }]);
  });
});
