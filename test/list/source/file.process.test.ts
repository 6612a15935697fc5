/** Lists in files: read whole or not at all, and every way a file changes is seen once it has been unchanged for a while. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { compileToFile } from '../../../src/list/format/compile-file.ts';
import { FileSource } from '../../../src/list/source/file.ts';
import type { ListMemory } from '../../../src/list/list-memory.ts';
import type { SourceRead } from '../../../src/list/source/source.ts';
import { countedMemory } from '../../support/counted-memory.ts';
import { yieldToEventLoop } from '../../../src/lib/pauses.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { writingBesides } from '../../support/busy-file.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

let directory: TemporaryDirectory;
let source: FileSource;
let changes = 0;
let currents = 0;
const path = (): string => directory.file('list.txt');
const open = (options: ConstructorParameters<typeof FileSource>[1] = {}): FileSource =>
  new FileSource(path(), { settleMs: 20, pollMs: 50, ...options });
const watch = (): void =>
  source.watch({ changed: () => (changes += 1), current: () => (currents += 1), named: () => {}, withdrawn: () => {} });
const text = async (): Promise<string> => {
  const read = await source.read();
  return 'bytes' in read ? Buffer.from(read.bytes).toString() : read.kind;
};

beforeEach(() => {
  directory = temporaryDirectory();
  source = open();
  changes = 0;
  currents = 0;
});

afterEach(() => {
  source.close();
  directory[Symbol.dispose]();
});

describe('reading', () => {
  test('the whole file', async () => {
    writeFileSync(path(), 'a.example\n');
    expect(await text()).toBe('a.example\n');
  });

  test.each([
    { name: 'missing', make: () => {}, code: 'unreadable', message: /cannot be read: there is no such file$/ },
    { name: 'a directory', make: () => mkdirSync(path()), code: 'unreadable', message: /is not a regular file$/ },
    {
      name: 'a pipe that nobody writes to',
      make: () => execFileSync('/usr/bin/env', ['mkfifo', path()]),
      code: 'unreadable',
      message: /is not a regular file$/,
    },
    {
      name: 'too large',
      make: () => writeFileSync(path(), 'x'.repeat(101)),
      code: 'too_large',
      message: /has 101 bytes; at most 100 are read$/,
    },
  ])('$name', async ({ make, code, message }) => {
    source = open({ maxBytes: 100 });
    make();
    await expect(source.read()).rejects.toMatchObject({ code, side: 'list', message: expect.stringMatching(message) });
  });
});

describe('a file that is what is in force', () => {
  const memory = countedMemory();
  const read = async (inForce: Uint8Array | null): Promise<SourceRead> =>
    await source.read({ memory, rest: yieldToEventLoop, inForce });
  const file = compileToFile(Buffer.from('a.example\n'), { action: 'block', today: 20_000 }).file!;

  test('is the same, and takes no memory; another one does, if it is compiled', async () => {
    writeFileSync(path(), file);
    expect(await read(file)).toEqual({ kind: 'same' });
    expect(memory.seen.size).toBe(0);
    const other = await read(file.with(20, 1));
    expect('bytes' in other && Buffer.compare(other.bytes, file) === 0 && memory.seen.has(other.bytes.buffer)).toBe(
      true,
    );
    expect(memory.lent).toBe(1);
    writeFileSync(path(), 'a.example\n');
    expect(await read(Buffer.from('a.example\n'))).toEqual({ kind: 'same' });
    expect(await read(file)).toMatchObject({ kind: 'list' });
    expect(memory.lent).toBe(1);
  });

  test.each([
    { name: 'longer', length: file.length + 1 },
    { name: 'shorter', length: file.length - 1 },
  ])('and goes on, or ends before: not the same ($name)', async ({ length }) => {
    writeFileSync(path(), Buffer.concat([file, Buffer.alloc(1)]).subarray(0, length));
    const other = await read(file);
    expect('bytes' in other && other.bytes.length).toBe(length);
  });
});

test('a file that changes while it is read is not taken, and nothing stays lent', async () => {
  const memory = countedMemory();
  const file = compileToFile(Buffer.from('a.example\n'), { action: 'block', today: 20_000 }).file!;
  writeFileSync(path(), file);
  const changing: ListMemory = {
    ...memory,
    lease: async (byteLength) => {
      appendFileSync(path(), 'more');
      return await memory.lease(byteLength);
    },
  };
  await expect(source.read({ memory: changing, rest: yieldToEventLoop, inForce: null })).rejects.toMatchObject({
    code: 'truncated',
    message: expect.stringContaining('changed while it was read'),
  });
  expect([memory.seen.size, memory.lent]).toEqual([1, 0]);
});

describe('watching', () => {
  beforeEach(async () => {
    writeFileSync(path(), 'a.example\n');
    await source.read();
  });

  test.each([
    {
      name: 'replaced by rename',
      change: () => {
        writeFileSync(directory.file('new'), 'b.example\n');
        renameSync(directory.file('new'), path());
      },
      want: 'b.example\n',
    },
    { name: 'edited in place', change: () => appendFileSync(path(), 'b.example\n'), want: 'a.example\nb.example\n' },
    {
      name: 'truncated and written anew in pieces',
      change: () => {
        writeFileSync(path(), '');
        for (let i = 0; i < 20; i++) appendFileSync(path(), `${i}.example\n`);
      },
      want: Array.from({ length: 20 }, (_, i) => `${i}.example\n`).join(''),
    },
    {
      name: 'removed and created again',
      change: () => {
        rmSync(path());
        writeFileSync(path(), 'b.example\n');
      },
      want: 'b.example\n',
    },
    {
      name: 'the directory itself replaced',
      change: () => {
        renameSync(directory.path, `${directory.path}.old`);
        mkdirSync(directory.path);
        writeFileSync(path(), 'b.example\n');
        rmSync(`${directory.path}.old`, { recursive: true });
      },
      want: 'b.example\n',
    },
  ])('$name', async ({ change, want }) => {
    watch();
    change();
    await eventually('a change', () => changes > 0);
    expect(await text()).toBe(want);
  });

  test('events alone are enough, without the poll', async () => {
    source.close();
    source = open({ pollMs: 1_000_000 });
    await source.read();
    watch();
    appendFileSync(path(), 'b.example\n');
    await eventually('a change', () => changes > 0);
    expect(await text()).toBe('a.example\nb.example\n');
  });

  test('a folder in which something else happens all the time puts nothing off', async () => {
    using busy = writingBesides(directory.file('access.log'));
    source.close();
    source = open({ pollMs: 1_000_000 });
    await source.read();
    watch();
    await eventually('it is written', () => busy.writes > 0);
    const written = busy.writes;
    writeFileSync(directory.file('new'), 'b.example\n');
    renameSync(directory.file('new'), path());
    await eventually('a change', () => changes > 0);
    expect(await text()).toBe('b.example\n');
    await eventually('it is written still', () => busy.writes > written);
  });

  test('a wait for rest ends with the source', async () => {
    source.close();
    source = open({ settleMs: 600_000 });
    const read = source.read();
    source.close();
    await expect(read).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('a folder that is swapped by one symbolic link, as Kubernetes does', async () => {
    for (const [folder, text] of [
      ['..v1', 'a.example\n'],
      ['..v2', 'b.example\n'],
    ] as const) {
      mkdirSync(directory.file(folder));
      writeFileSync(directory.file(`${folder}/list.txt`), text);
    }
    symlinkSync('..v1', directory.file('..data'));
    rmSync(path());
    symlinkSync('..data/list.txt', path());
    source.close();
    source = open({ pollMs: 1_000_000 });
    await source.read();
    watch();
    symlinkSync('..v2', directory.file('..data_tmp'));
    renameSync(directory.file('..data_tmp'), directory.file('..data'));
    rmSync(directory.file('..v1'), { recursive: true });
    await eventually('a change', () => changes > 0);
    expect(await text()).toBe('b.example\n');
  });

  test('written in place behind a symbolic link into another folder, where no event comes from: the poll sees it', async () => {
    using elsewhere = temporaryDirectory();
    writeFileSync(elsewhere.file('list'), 'a.example\n');
    rmSync(path());
    symlinkSync(elsewhere.file('list'), path());
    await source.read();
    watch();
    await eventually('two looks', () => currents >= 2);
    appendFileSync(elsewhere.file('list'), 'b.example\n');
    await eventually('a change', () => changes > 0);
    expect(await text()).toBe('a.example\nb.example\n');
  });

  test('a symbolic link turned to another file is seen by the poll', async () => {
    mkdirSync(directory.file('v1'));
    mkdirSync(directory.file('v2'));
    writeFileSync(directory.file('v1/list'), 'a.example\n');
    writeFileSync(directory.file('v2/list'), 'b.example\n');
    rmSync(path());
    symlinkSync('v1/list', path());
    await source.read();
    watch();
    symlinkSync('v2/list', directory.file('link'));
    renameSync(directory.file('link'), path());
    await eventually('a change', () => changes > 0);
    expect(await text()).toBe('b.example\n');
  });

  test('an unchanged file is confirmed, not reported as changed', async () => {
    watch();
    await eventually('three looks', () => currents >= 3);
    expect(changes).toBe(0);
  });

  test.each(['accept', 'rollback', 'release'] as const)(
    'has no versions to %s: it is told what to do instead',
    async (ask) => {
      await expect(source[ask]()).rejects.toMatchObject({
        code: 'version_refused',
        message: expect.stringContaining('a list in a file has no versions'),
      });
    },
  );

  test('gone, and back', async () => {
    watch();
    rmSync(path());
    await eventually('the loss', () => changes > 0);
    await expect(source.read()).rejects.toMatchObject({ code: 'unreadable' });
    changes = 0;
    writeFileSync(path(), 'b.example\n');
    await eventually('the return', () => changes > 0);
    expect(await text()).toBe('b.example\n');
  });
});
