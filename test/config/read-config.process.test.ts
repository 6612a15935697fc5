/** Where a configuration may come from: files and pipes, never for ever. */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readdirSync, readlinkSync, writeFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { readConfigText } from '../../src/config/read-config.ts';
import { answeredInTime, isUnanswered } from '../../src/lib/answered-in-time.ts';
import { errnoOf } from '../../src/lib/errors.ts';
import { eventually } from '../support/eventually.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const SILENT = { ok: false, reason: 'is a pipe without data', position: { line: 1, column: 1 } };

describe('a pipe', () => {
  let directory: TemporaryDirectory;
  let pipe: string;
  let writer: number | null;

  beforeEach(() => {
    directory = temporaryDirectory();
    pipe = directory.file('pipe');
    spawnSync('mkfifo', [pipe]);
    writer = null;
  });
  afterEach(() => {
    hangUp();
    directory[Symbol.dispose]();
  });

  /** For both, so that it does not wait for the reader; and never waiting: reader and writer are one thread. */
  function openWriter(): number {
    return (writer = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK));
  }

  /** When there is room for it: the reader has taken what was there. */
  async function write(descriptor: number, bytes: Buffer): Promise<void> {
    await eventually('room in the pipe', () => {
      try {
        return writeSync(descriptor, bytes) === bytes.length;
      } catch (error) {
        if (errnoOf(error) !== 'EAGAIN') throw error;
        return false;
      }
    });
  }

  function hangUp(): void {
    if (writer !== null) closeSync(writer);
    writer = null;
  }

  test('that nobody writes to: said at once', async () => {
    expect(await readConfigText(pipe)).toEqual(SILENT);
  });

  test('whose writer says nothing: after a time', async () => {
    openWriter();
    expect(await readConfigText(pipe, 50)).toEqual(SILENT);
  });

  test('whose writer stops in the middle: after a time', async () => {
    writeSync(openWriter(), 'workers: 1\n');
    expect(await readConfigText(pipe, 50)).toEqual(SILENT);
  });

  test('whose writer takes its time, twice', async () => {
    await using other = await open(directory.file('other'), 'w');
    const reads = jest.spyOn(Object.getPrototypeOf(other), 'read');
    // Of three reads from now on the first may have begun already; the second takes what is there, and has ended with the third.
    const isEmpty = async (): Promise<void> => {
      const before = reads.mock.calls.length;
      await eventually('the reader finds the pipe empty', () => reads.mock.calls.length >= before + 3);
    };
    const descriptor = openWriter();
    const text = readConfigText(pipe, HANG_BOUND_MS);
    for (const part of ['work', 'ers: 1\n']) {
      await isEmpty();
      writeSync(descriptor, part);
    }
    await isEmpty();
    reads.mockRestore();
    hangUp();
    expect(await text).toEqual({ ok: true, value: 'workers: 1\n' });
  });

  // Was a fault: it stayed open, and Node 26 ends the process where a file that nobody holds any more was not closed.
  test('is closed, too, where another call for its path has no answer', async () => {
    openWriter();
    const text = readConfigText(pipe, HANG_BOUND_MS);
    const { promise, resolve } = Promise.withResolvers<null>();
    await expect(answeredInTime(pipe, async () => await promise, { ms: 1 })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
    });
    expect(await text).toMatchObject({ ok: false });
    await eventually('only the writer has it open', () => descriptorsOf(pipe) === 1);
    resolve(null);
    await eventually('that call has its answer', () => !isUnanswered(pipe));
  });

  test('of more than 1 MiB', async () => {
    const descriptor = openWriter();
    const text = readConfigText(pipe, HANG_BOUND_MS);
    const block = Buffer.alloc(32 * 1024, '#');
    for (let i = 0; i <= 32; i++) {
      await write(descriptor, block);
    }
    expect(await text).toMatchObject({ ok: false, reason: 'is larger than 1 MiB; is this the configuration?' });
  });
});

/** How often this process has the file open. */
function descriptorsOf(path: string): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`) === path;
    } catch {
      // The one that was opened to read the folder.
      return false;
    }
  }).length;
}

test.each([
  { file: '/dev/null', want: { ok: false, reason: 'is empty' } },
  { file: '/dev/zero', want: { ok: false, reason: 'is larger than 1 MiB; is this the configuration?' } },
])('$file', async ({ file, want }) => {
  expect(await readConfigText(file)).toMatchObject(want);
});

test('a file', async () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('f.yaml'), 'workers: 1\n');
  expect(await readConfigText(directory.file('f.yaml'))).toEqual({ ok: true, value: 'workers: 1\n' });
});
