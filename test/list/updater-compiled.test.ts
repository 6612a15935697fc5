/** Compiled lists beside text: which segments a snapshot consists of, where they lie, what an update of one does to the others. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { rmSync, writeFileSync } from 'node:fs';
import { ListError } from '../../src/list/list-error.ts';
import type { ListAction } from '../../src/lib/types.ts';
import { compileToFile } from '../../src/list/format/compile-file.ts';
import { utcDay } from '../../src/list/text/compile.ts';
import { FileSource } from '../../src/list/source/file.ts';
import { ListUpdater } from '../../src/list/updater.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import type { SegmentKeys } from '../../src/match/keys.ts';
import type { ListSource, SourceRead } from '../../src/list/source/source.ts';
import type { SegmentImage } from '../../src/match/snapshot.ts';
import type { ListConfig } from '../../src/config/list-types.ts';
import { countedMemory } from '../support/counted-memory.ts';
import type { CountedMemory } from '../support/counted-memory.ts';
import { eventually } from '../support/eventually.ts';
import { listConfig } from '../support/list-config.ts';
import { memoryLog } from '../support/memory-log.ts';
import type { MemoryLog } from '../support/memory-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { WITHOUT_VERSIONS } from '../support/without-versions.ts';

let directory: TemporaryDirectory;
let log: MemoryLog;
let manager: ListUpdater;
let published: (readonly SegmentImage[])[];
let publishFault: ListError | null;
/** What a publication waits for. */
let gate: Promise<void>;
let memory: CountedMemory;

beforeEach(() => {
  directory = temporaryDirectory();
  log = memoryLog();
  published = [];
  publishFault = null;
  gate = Promise.resolve();
  memory = countedMemory();
});

afterEach(() => {
  manager.close();
  directory[Symbol.dispose]();
});

function text(name: string, entries: number): void {
  writeFileSync(directory.file(name), Array.from({ length: entries }, (_, i) => `${name}${i}.example\n`).join(''));
}

function compiled(name: string, entries: number, keys: SegmentKeys | null = null): void {
  const lines = Array.from({ length: entries }, (_, i) => `${name}${i}.example\n`).join('');
  writeFileSync(
    directory.file(name),
    compileToFile(Buffer.from(lines), { action: 'block', keys, today: utcDay(Date.now()) }).file!,
  );
}

const listsOf = (...names: readonly (string | readonly [string, ListAction])[]): readonly ListConfig[] =>
  names.map((name) =>
    typeof name === 'string'
      ? listConfig(name, directory.file(name))
      : listConfig(name[0], directory.file(name[0]), name[1]),
  );
/** Read when the test says so, and only then. */
class UnwatchedFile extends FileSource {
  override watch(): void {}
}
const fileSource = ({ name }: ListConfig): ListSource => new UnwatchedFile(directory.file(name), { settleMs: 5 });

async function publish(images: readonly SegmentImage[]): Promise<number> {
  await gate;
  if (publishFault !== null) throw publishFault;
  return published.push(images);
}

async function start(...names: readonly (string | readonly [string, ListAction])[]): Promise<void> {
  await startWith(listsOf(...names), fileSource);
}

async function startWith(lists: readonly ListConfig[], source: (config: ListConfig) => ListSource): Promise<void> {
  manager = new ListUpdater(lists, {
    keys: randomSegmentKeys(),
    memory,
    log,
    source,
    now: Date.now,
    publish,
  });
  await manager.start();
}

/** `text:3` for the segment of the text lists, `1:3` for that of the compiled list with index 1. */
const segments = (): string[] =>
  (published.at(-1) ?? []).map(
    ({ list, isShared, entries }) => `${isShared === true ? 'text' : (list ?? 'text')}:${entries}`,
  );

describe('segments', () => {
  test('text lists share one, each compiled list brings its own', async () => {
    text('a', 2);
    compiled('b', 3);
    text('c', 4);
    compiled('d', 5);
    await start('a', 'b', 'c', 'd');
    expect(segments()).toEqual(['text:6', '1:3', '3:5']);
    expect(manager.lists()).toMatchObject([
      { entries: 2 },
      { entries: 3, enforceable: { http: 3, https: 3, dns: 0 } },
      { entries: 4 },
      { entries: 5, version: 1 },
    ]);
  });

  test('what an update added and removed is known of texts, and of compiled lists that keep their key', async () => {
    const keys = randomSegmentKeys();
    text('a', 5);
    compiled('b', 5, keys);
    compiled('c', 5);
    await start('a', 'b', 'c');
    const turnovers = () => manager.lists().map(({ turnover }) => turnover);
    const none = { added: 0, removed: 0, unknown: 0 };
    expect(turnovers()).toEqual([none, none, none]);
    writeFileSync(directory.file('a'), 'other.example\na3.example\n# gone: a2.example\na1.example\n');
    compiled('b', 7, keys);
    compiled('c', 7);
    await manager.reload();
    expect(turnovers()).toEqual([
      { added: 1, removed: 3, unknown: 0 },
      { added: 2, removed: 0, unknown: 0 },
      { added: 0, removed: 0, unknown: 1 },
    ]);
    // A text in the place of a compiled list, and the reverse; the other one goes on counting.
    text('b', 1);
    compiled('a', 1);
    compiled('c', 1);
    await manager.reload();
    expect(turnovers()).toEqual([
      { added: 1, removed: 3, unknown: 1 },
      { added: 2, removed: 0, unknown: 1 },
      { added: 0, removed: 0, unknown: 2 },
    ]);
    await manager.change([...listsOf('a', 'b')], publish);
    expect(turnovers().map(({ unknown }) => unknown)).toEqual([1, 1]);
    // Another list of the same name: what it has in common with the one before is not known.
    const [a, b] = listsOf('a', 'b');
    await manager.change([{ ...a!, source: b!.source }, b!], publish);
    expect(turnovers()).toEqual([
      { added: 1, removed: 3, unknown: 2 },
      { added: 2, removed: 0, unknown: 1 },
    ]);
  });

  test('compiled lists alone', async () => {
    compiled('a', 1);
    compiled('b', 2);
    await start('a', 'b');
    expect(segments()).toEqual(['0:1', '1:2']);
  });

  test('an update of a compiled list compiles no text', async () => {
    text('a', 2);
    compiled('b', 3);
    await start('a', 'b');
    compiled('b', 7);
    await manager.reload();
    expect(segments()).toEqual(['text:2', '1:7']);
    expect(published[1]![0]).toBe(published[0]![0]);
    expect(manager.lists()).toMatchObject([{ version: 1 }, { version: 2 }]);
  });

  test('an update of text leaves the compiled list as it is', async () => {
    text('a', 2);
    compiled('b', 3);
    await start('a', 'b');
    text('a', 9);
    await manager.reload();
    expect(segments()).toEqual(['text:9', '1:3']);
  });

  test('a list may become compiled, and text again', async () => {
    text('a', 2);
    text('b', 3);
    await start('a', 'b');
    expect(segments()).toEqual(['text:5']);
    compiled('b', 4);
    await manager.reload();
    expect(segments()).toEqual(['text:2', '1:4']);
    compiled('a', 5);
    await manager.reload();
    expect(segments()).toEqual(['0:5', '1:4']);
    text('b', 1);
    await manager.reload();
    expect(segments()).toEqual(['text:1', '0:5']);
  });

  test('an image that did not get into force is not taken for the one that is', async () => {
    text('a', 2);
    compiled('b', 3);
    await start('a', 'b');
    text('a', 9);
    publishFault = new ListError('internal', 'no worker takes it');
    await manager.reload();
    publishFault = null;
    text('a', 2);
    compiled('b', 4);
    await manager.reload();
    expect(segments()).toEqual(['text:2', '1:4']);
  });
});

describe('what is refused leaves everything as it is', () => {
  beforeEach(async () => {
    text('a', 2);
    compiled('b', 3);
    await start('a', 'b');
  });

  test.each([
    { name: 'cut off', reason: 'truncated', change: (bytes: Uint8Array) => bytes.slice(0, -8) },
    { name: 'changed', reason: 'corrupt', change: (bytes: Uint8Array) => bytes.with(200, bytes[200]! ^ 1) },
    { name: 'of a future version', reason: 'unsupported', change: (bytes: Uint8Array) => bytes.with(8, bytes[8]! + 1) },
  ])('a file that is $name', async ({ reason, change }) => {
    const { file } = compileToFile(Buffer.from('x.example\n'), { action: 'block', today: utcDay(Date.now()) });
    writeFileSync(directory.file('b'), change(file!));
    text('a', 5);
    await manager.reload();
    expect(segments()).toEqual(['text:5', '1:3']);
    expect(manager.lists()[1]).toMatchObject({
      entries: 3,
      rejections: { [reason]: 1 },
      lastError: expect.stringContaining('not a usable compiled list'),
    });
    expect(log.named('list.failed')).toEqual([
      expect.objectContaining({ list: 'b', code: reason, servingLastGood: true }),
    ]);
  });

  test('bad text in the place of a compiled list', async () => {
    writeFileSync(directory.file('b'), '*\n');
    text('a', 5);
    await manager.reload();
    expect(segments()).toEqual(['text:5', '1:3']);
    expect(manager.lists()[1]).toMatchObject({ entries: 3, rejections: { bad_lines: 1 } });
  });
});

test('one key too many is refused with its reason, the other lists are not held up by it for ever', async () => {
  for (const name of ['a', 'b', 'c', 'd']) compiled(name, 1);
  text('e', 2);
  await start('a', 'b', 'c', 'd', 'e');
  expect(published).toEqual([]);
  expect(manager.missing()).toEqual([expect.stringMatching(/^list e: no room for one more key/)]);
  expect(manager.lists()[4]).toMatchObject({ rejections: { too_many_keys: 1 } });
  text('d', 3);
  await manager.reload();
  expect(segments()).toEqual(['text:5', '0:1', '1:1', '2:1']);
});

test('an allow list takes only what was compiled as one', async () => {
  compiled('a', 1);
  await start(['a', 'allow']);
  expect(manager.missing()).toEqual([expect.stringContaining('compile it with --action allow')]);
});

describe('memory of the lists', () => {
  /** Where each segment of a publication lies. */
  const places = (publication = published.at(-1)!): ArrayBufferLike[] => publication.map(({ bytes }) => bytes.buffer);
  function damaged(name: string): void {
    const { file } = compileToFile(Buffer.from('x.example\n'), { action: 'block', today: utcDay(Date.now()) });
    writeFileSync(directory.file(name), file!.with(200, file![200]! ^ 1));
  }

  test('is lent once for each segment in force, and all of them lie in it', async () => {
    text('a', 2);
    compiled('b', 3);
    compiled('c', 4);
    await start('a', 'b', 'c');
    expect(memory.lent).toBe(3);
    for (const place of places()) expect(memory.seen.has(place)).toBe(true);
  });

  test('a list that has not changed stays where it is, byte for byte, whatever changes beside it', async () => {
    text('a', 2);
    compiled('b', 3);
    compiled('c', 4);
    await start('a', 'b', 'c');
    const [ofText, ofB, ofC] = places();
    const before = published[0]!.map(({ bytes }) => Buffer.from(bytes));
    compiled('b', 5);
    await manager.reload();
    expect([places()[0], places()[2]]).toEqual([ofText, ofC]);
    expect(places()[1]).not.toBe(ofB);
    text('a', 9);
    await manager.reload();
    expect([places()[0] === ofText, places()[2] === ofC]).toEqual([false, true]);
    expect(Buffer.compare(published.at(-1)![2]!.bytes, before[2]!)).toBe(0);
    expect(memory.lent).toBe(3);
    expect(memory.seen.size).toBeLessThanOrEqual(6);
  });

  test('a reload that finds nothing new takes none', async () => {
    text('a', 2);
    compiled('b', 3);
    await start('a', 'b');
    const before = memory.seen.size;
    for (let i = 0; i < 5; i += 1) await manager.reload();
    expect([memory.seen.size, published.length]).toEqual([before, 1]);
  });

  test('a hundred updates of text and compiled lists: a buffer and its spare for each', async () => {
    text('a', 2);
    compiled('b', 3);
    await start('a', 'b');
    for (let i = 0; i < 100; i += 1) {
      if (i % 3 === 0) text('a', 1 + (i % 7));
      if (i % 3 !== 1) compiled('b', 1 + (i % 5));
      await manager.reload();
    }
    expect(memory.lent).toBe(2);
    expect(memory.seen.size).toBeLessThanOrEqual(5);
  });

  describe('comes back', () => {
    beforeEach(async () => {
      text('a', 2);
      compiled('b', 3);
      await start('a', 'b');
      expect(memory.lent).toBe(2);
    });

    test.each([
      { name: 'a damaged file', change: () => damaged('b') },
      { name: 'bad text', change: () => writeFileSync(directory.file('a'), '*\n') },
      { name: 'both', change: () => (damaged('b'), writeFileSync(directory.file('a'), '*\n')) },
      { name: 'a file that is gone', change: () => rmSync(directory.file('b')) },
    ])('from $name', async ({ change }) => {
      change();
      await manager.reload();
      expect(memory.lent).toBe(2);
      expect(published).toHaveLength(1);
    });

    test('from good lists that do not get into force', async () => {
      compiled('b', 4);
      text('a', 4);
      publishFault = new ListError('internal', 'no worker takes it');
      await manager.reload();
      expect(memory.lent).toBe(2);
    });

    test('from a compiled list that has become text, and the last text list that has become compiled', async () => {
      text('b', 4);
      await manager.reload();
      // The records of each, and the segment of both.
      expect([segments(), memory.lent]).toEqual([['text:6'], 3]);
      compiled('a', 1);
      compiled('b', 1);
      await manager.reload();
      expect([segments(), memory.lent]).toEqual([['0:1', '1:1'], 2]);
    });
  });

  test('while a list is missing, those that are good keep theirs', async () => {
    text('a', 2);
    compiled('b', 3);
    await start('a', 'b', 'c');
    expect([published.length, memory.lent]).toEqual([0, 2]);
    compiled('c', 1);
    await manager.reload();
    expect([segments(), memory.lent]).toEqual([['text:2', '1:3', '2:1'], 3]);
  });

  describe('under other lists', () => {
    beforeEach(async () => {
      text('a', 2);
      compiled('b', 3);
      compiled('c', 4);
      await start('a', 'b', 'c');
    });

    test('in another order the compiled ones stay where they are, under their new index', async () => {
      const [, ofB, ofC] = places();
      await manager.change(listsOf('c', 'a', 'b'), publish);
      expect(segments()).toEqual(['text:2', '0:4', '2:3']);
      expect(places().slice(1)).toEqual([ofC, ofB]);
      expect(memory.lent).toBe(3);
      compiled('b', 7);
      await manager.reload();
      expect(segments()).toEqual(['text:2', '0:4', '2:7']);
      expect(memory.lent).toBe(3);
    });

    test('what is no longer named comes back, and what is new has its own and is kept up to date', async () => {
      compiled('d', 5);
      await manager.change(listsOf('d', 'b'), publish);
      expect([segments(), memory.lent]).toEqual([['0:5', '1:3'], 2]);
      compiled('d', 6);
      await manager.reload();
      expect([segments(), memory.lent]).toEqual([['0:6', '1:3'], 2]);
    });

    test.each([
      { name: 'a new list is missing', spoil: () => {} },
      { name: 'a new list is damaged', spoil: () => damaged('e') },
      {
        name: 'no worker takes it',
        spoil: () => (compiled('e', 1), (publishFault = new ListError('internal', 'no worker takes it'))),
      },
    ])('that are not taken, all is as it was ($name)', async ({ spoil }) => {
      const before = places();
      spoil();
      compiled('d', 5);
      await expect(manager.change(listsOf('d', 'a', 'b', 'e'), publish)).rejects.toBeInstanceOf(ListError);
      expect(memory.lent).toBe(3);
      publishFault = null;
      text('a', 9);
      await manager.reload();
      expect(segments()).toEqual(['text:9', '1:3', '2:4']);
      expect(places().slice(1)).toEqual(before.slice(1));
    });
  });

  test('a list is not read again before what was read last has been judged: twice its memory at most', async () => {
    compiled('a', 1);
    await start('a');
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    compiled('a', 2);
    const first = manager.reload();
    await eventually('it is under judgement', () => memory.lent === 2);
    compiled('a', 3);
    const second = manager.reload();
    compiled('a', 4);
    const third = manager.reload();
    expect(memory.lent).toBe(2);
    resolve();
    await Promise.all([first, second, third]);
    // The second may have found what the third was to find.
    expect([2, 3]).toContain(published.length);
    expect([segments(), memory.lent]).toEqual([['0:4'], 1]);
    expect(memory.seen.size).toBe(2);
  });

  test('what is still being read of a list that is no longer named comes back, and is no fault', async () => {
    compiled('a', 1);
    compiled('b', 2);
    const reads: PromiseWithResolvers<void>[] = [];
    const slow = (config: ListConfig): ListSource => {
      const source = fileSource(config);
      if (config.name !== 'b') return source;
      const read: ListSource['read'] = async (context) => {
        if (published.length === 0) return await source.read(context);
        const waiting = Promise.withResolvers<void>();
        reads.push(waiting);
        const outcome: SourceRead = await source.read(context);
        await waiting.promise;
        return outcome;
      };
      return {
        ...WITHOUT_VERSIONS,
        hasCache: false,
        read,
        forget: () => {},
        accepted: async () => await source.accepted(new Uint8Array()),
        watch: () => {},
        close: () => {},
      };
    };
    await startWith(listsOf('a', 'b'), slow);
    compiled('b', 3);
    const reloading = manager.reload();
    await eventually('it is being read', () => memory.lent === 3);
    await manager.change(listsOf('a'), publish);
    expect([segments(), memory.lent]).toEqual([['0:1'], 2]);
    for (const { resolve } of reads) resolve();
    await reloading;
    await eventually('it came back', () => memory.lent === 1);
    expect(log.named('list.failed')).toEqual([]);
  });
});
