/** Compiled lists beside text: which segments a snapshot consists of, what an update of one does to the others. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { ListError } from '../../src/lib/errors.ts';
import type { ListAction } from '../../src/lib/types.ts';
import { compileToFile } from '../../src/list/compile-file.ts';
import { utcDay } from '../../src/list/compile.ts';
import { FileSource } from '../../src/list/file-source.ts';
import { ListManager } from '../../src/list/manager.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import type { SegmentImage } from '../../src/match/snapshot.ts';
import { listConfig } from '../support/list-config.ts';
import { memoryLog } from '../support/memory-log.ts';
import type { MemoryLog } from '../support/memory-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

let directory: TemporaryDirectory;
let log: MemoryLog;
let manager: ListManager;
let published: (readonly SegmentImage[])[];
let publishFault: ListError | null;

beforeEach(() => {
  directory = temporaryDirectory();
  log = memoryLog();
  published = [];
  publishFault = null;
});

afterEach(() => {
  manager.close();
  directory[Symbol.dispose]();
});

function text(name: string, entries: number): void {
  writeFileSync(directory.file(name), Array.from({ length: entries }, (_, i) => `${name}${i}.example\n`).join(''));
}

function compiled(name: string, entries: number): void {
  const lines = Array.from({ length: entries }, (_, i) => `${name}${i}.example\n`).join('');
  writeFileSync(directory.file(name), compileToFile(Buffer.from(lines), { action: 'block', today: utcDay(Date.now()) }).file!);
}

async function start(...names: readonly (string | readonly [string, ListAction])[]): Promise<void> {
  const lists = names.map((name) => (typeof name === 'string' ? listConfig(name, directory.file(name)) : listConfig(name[0], directory.file(name[0]), name[1])));
  manager = new ListManager(lists, {
    keys: randomSegmentKeys(),
    log,
    source: ({ name }) => new FileSource(directory.file(name), { settleMs: 600_000, pollMs: 600_000 }),
    now: Date.now,
    publish: (images) => {
      if (publishFault !== null) return Promise.reject(publishFault);
      published.push(images);
      return Promise.resolve(published.length);
    },
  });
  await manager.start();
}

/** `text:3` for the segment of the text lists, `1:3` for that of the compiled list with index 1. */
const segments = (): string[] => (published.at(-1) ?? []).map(({ list, entries }) => `${list ?? 'text'}:${entries}`);

describe('segments', () => {
  test('text lists share one, each compiled list brings its own', async () => {
    text('a', 2);
    compiled('b', 3);
    text('c', 4);
    compiled('d', 5);
    await start('a', 'b', 'c', 'd');
    expect(segments()).toEqual(['text:6', '1:3', '3:5']);
    expect(manager.lists()).toMatchObject([{ entries: 2 }, { entries: 3, enforceable: { http: 3, https: 3, dns: 0 } }, { entries: 4 }, { entries: 5, version: 1 }]);
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
    { name: 'changed', reason: 'damaged', change: (bytes: Uint8Array) => bytes.with(200, bytes[200]! ^ 1) },
    { name: 'of a future version', reason: 'unsupported', change: (bytes: Uint8Array) => bytes.with(8, 2) },
  ])('a file that is $name', async ({ reason, change }) => {
    const { file } = compileToFile(Buffer.from('x.example\n'), { action: 'block', today: utcDay(Date.now()) });
    writeFileSync(directory.file('b'), change(file!));
    text('a', 5);
    await manager.reload();
    expect(segments()).toEqual(['text:5', '1:3']);
    expect(manager.lists()[1]).toMatchObject({ entries: 3, rejections: { [reason]: 1 }, lastFault: expect.stringContaining('not a usable compiled list') });
    expect(log.named('list.failed')).toEqual([expect.objectContaining({ list: 'b', code: reason, stays: true })]);
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
  expect(manager.lists()[4]).toMatchObject({ rejections: { too_many: 1 } });
  text('d', 3);
  await manager.reload();
  expect(segments()).toEqual(['text:5', '0:1', '1:1', '2:1']);
});

test('an allow list takes only what was compiled as one', async () => {
  compiled('a', 1);
  await start(['a', 'allow']);
  expect(manager.missing()).toEqual([expect.stringContaining('compile it with --action allow')]);
});
