/** The log's writer against a real pipe: read, not read, read again, and at the end of a process; and against a disk that is full for a while. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LineWriter } from '../../src/observe/line-writer.ts';
import { eventually } from '../support/eventually.ts';
import { SmallDisk, describeWithSmallDisk } from '../support/small-disk.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const { O_RDWR, O_NONBLOCK, O_WRONLY } = constants;
const [INFO, WARN] = [1, 2];
const LINE = `${'x'.repeat(999)}\n`;
const LOG = new URL('../../src/observe/log.ts', import.meta.url).href;

let directory: TemporaryDirectory;
let pipe: number;

beforeEach(() => {
  directory = temporaryDirectory();
  spawnSync('mkfifo', [directory.file('pipe')]);
  // Open for both: nobody is needed at the other end.
  pipe = openSync(directory.file('pipe'), O_RDWR | O_NONBLOCK);
});
afterEach(() => {
  closeSync(pipe);
  directory[Symbol.dispose]();
});

/** What is in the pipe now. */
function read(): string {
  const buffer = Buffer.alloc(2 * 1024 * 1024);
  let length = 0;
  try {
    for (;;) length += readSync(pipe, buffer, length, buffer.length - length, null);
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
  }
  return buffer.toString('utf8', 0, length);
}

describe('a pipe nobody reads', () => {
  test('writing never waits; what is kept is bounded; whole lines come out, and the number of those that do not', async () => {
    const lost: number[] = [];
    const writer = new LineWriter(pipe, (lines) => lost.push(lines));
    for (let line = 0; line < 5000; line += 1) writer.write(LINE, INFO);
    let got = '';
    await eventually(
      'everything kept has come',
      () => (got += read()),
      () => lost.length > 0,
    );
    got += read();
    const lines = got.split('\n').filter((line) => line !== '');
    expect(lines.every((line) => line.length === 999)).toBe(true);
    // 1 MiB kept and what the pipe itself holds, often 64 KiB.
    expect(lines.length).toBeGreaterThan(1048);
    expect(lost).toEqual([5000 - lines.length]);
    writer.write('again\n', INFO);
    expect(read()).toBe('again\n');
  });

  test('the gravest of what is lost is told', async () => {
    const lost: number[] = [];
    const writer = new LineWriter(pipe, (_, severity) => lost.push(severity));
    for (const worst of [WARN, INFO]) {
      for (let line = 0; line < 2000; line += 1) writer.write(LINE, INFO);
      writer.write(LINE, worst);
      writer.write(LINE, INFO);
      await eventually('the loss is told', read, () => lost.length > 0 && lost.at(-1) === worst);
      read();
    }
    expect(lost).toEqual([WARN, INFO]);
  });

  test('flush gives up', () => {
    const writer = new LineWriter(pipe, () => {});
    for (let line = 0; line < 500; line += 1) writer.write(LINE, INFO);
    expect(() => writer.flush()).not.toThrow();
    expect(read().length).toBeGreaterThan(0);
  });

  test('a closed pipe and a full disk are no error', () => {
    const full = openSync('/dev/full', O_WRONLY);
    const lost: number[] = [];
    const writer = new LineWriter(full, (lines) => lost.push(lines));
    expect(() => writer.write(LINE, INFO)).not.toThrow();
    closeSync(full);
    expect(() => writer.write(LINE, INFO)).not.toThrow();
    // It could not be told.
    expect(lost).toEqual([]);
  });

  test('it does not keep the process from ending, even as its standard error', async () => {
    const script = `
      const { createLog } = await import('${LOG}');
      const log = createLog({ level: 'info', format: 'json' });
      for (let line = 0; line < 100000; line += 1) log.event('info', 'list.bad_line', { line, reason: '${'x'.repeat(100)}' });
      log.flush();`;
    const blocking = openSync(directory.file('pipe'), O_RDWR);
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: join(import.meta.dirname),
      stdio: ['ignore', 'ignore', blocking],
      env: {},
    });
    closeSync(blocking);
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect(code).toBe(0);
    expect(read()).toContain('"event":"list.bad_line"');
  });
});

test('a plain file gets every line in order', () => {
  const path = directory.file('log');
  const file = openSync(path, 'w');
  const writer = new LineWriter(file, () => {});
  for (let line = 0; line < 100; line += 1) writer.write(`${line}\n`, INFO);
  closeSync(file);
  expect(readFileSync(path, 'utf8')).toBe(Array.from({ length: 100 }, (_, line) => `${line}\n`).join(''));
});

describeWithSmallDisk()('a file on a disk that is full', () => {
  // Was a fault: what came next stood in the line that had found no room for its end, and nobody was told what was lost.
  test('gets whole lines once there is room, and how many were lost', async () => {
    mkdirSync(directory.file('disk'));
    await using disk = await SmallDisk.mount(directory.file('disk'), 64 * 1024);
    const file = openSync(disk.path('log'), 'a');
    const lost: (readonly [lines: number, severity: number])[] = [];
    const writer = new LineWriter(file, (lines, severity) => lost.push([lines, severity]));
    disk.fill(4096);
    for (let line = 0; line < 8; line += 1) writer.write(LINE, line === 5 ? WARN : INFO);
    expect(lost).toEqual([]);
    disk.empty();
    for (const line of ['after\n', 'later\n']) writer.write(line, INFO);
    closeSync(file);
    const lines = readFileSync(disk.path('log'), 'utf8').split('\n');
    expect(lines.map(({ length }) => length)).toEqual([999, 999, 999, 999, 96, 5, 5, 0]);
    expect(lost).toEqual([[4, WARN]]);
  });
});
