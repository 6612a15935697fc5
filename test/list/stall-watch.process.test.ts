/** What never ends is told, holds nobody who waits, and is right again when it ends after all. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ListConfig } from '../../src/config/list-types.ts';
import type { ListError } from '../../src/list/list-error.ts';
import { FRESH_MEMORY } from '../../src/list/list-memory.ts';
import { counted, NEW_LIST } from '../../src/list/list-state.ts';
import type { ListState } from '../../src/list/list-state.ts';
import { FileSource } from '../../src/list/source/file.ts';
import type { ListSource, SourceRead } from '../../src/list/source/source.ts';
import { inTime, StallWatch } from '../../src/list/stall-watch.ts';
import { ListUpdater } from '../../src/list/updater.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import { eventually } from '../support/eventually.ts';
import { listConfig, NO_GATE_FILES } from '../support/list-config.ts';
import { memoryLog } from '../support/memory-log.ts';
import type { MemoryLog } from '../support/memory-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const LONG = 3_600_000;
const SHORT = 60;
const READING: ListState = { ...NEW_LIST, phase: { kind: 'reading', again: false } };

describe('the watch', () => {
  const AFTER = 15_000;
  let state: ListState;
  let told: [number, ListError][];
  let time: VirtualTime;
  const seconds = async (count: number): Promise<void> => await time.advance(count * 1000);

  beforeEach(() => {
    [state, told, time] = [READING, [], new VirtualTime()];
    const watch = new StallWatch({
      time,
      afterMs: () => AFTER,
      lists: () => [{ id: 7, state }],
      stalled: (id, error) => {
        told.push([id, error]);
        state = counted(state, 'failed');
      },
    });
    watch.start();
  });

  test('tells a step that lasts as long as the bound, and again after as long', async () => {
    await seconds(15);
    expect(told).toEqual([]);
    await seconds(1);
    expect(told).toEqual([
      [
        7,
        expect.objectContaining({
          code: 'timeout',
          message: expect.stringMatching(/^for a minute it is still being read/),
        }),
      ],
    ]);
    await seconds(15);
    expect(told).toHaveLength(1);
    await seconds(1);
    expect(told).toHaveLength(2);
  });

  test('an attempt that ends, and one that rests, is no stall', async () => {
    for (let i = 0; i < 5; i += 1) {
      await seconds(10);
      state = counted(state, 'unchanged');
    }
    state = NEW_LIST;
    await seconds(60);
    expect(told).toEqual([]);
  });

  test('nor is the time in which this thread stood still', async () => {
    await seconds(2);
    time.standStill(24 * 3_600_000);
    await seconds(10);
    expect(told).toEqual([]);
  });
});

test('what comes in time is given, what comes late goes elsewhere', async () => {
  const late: number[] = [];
  const time = new VirtualTime();
  const options = { ms: 20, what: 'nothing has come', late: (value: number) => late.push(value), time };
  expect(await inTime(Promise.resolve(1), options)).toBe(1);
  await expect(inTime(Promise.reject(new Error('no')), options)).rejects.toThrow('no');
  const { promise, resolve } = Promise.withResolvers<number>();
  const refused = expect.objectContaining({ code: 'timeout' });
  await Promise.all([expect(inTime(promise, options)).rejects.toEqual(refused), time.advance(20)]);
  resolve(2);
  await promise;
  expect(late).toEqual([2]);
});

describe('lists', () => {
  let directory: TemporaryDirectory;
  let log: MemoryLog;
  let manager: ListUpdater;
  let published: number;
  /** A file server that is away: what is asked of it comes when the test says so. */
  let away: PromiseWithResolvers<void> | null;
  /** So short only where something does not end anyway: nothing else may be slow. */
  let stallMs: number;

  class AwaySource extends FileSource {
    override async read(...context: Parameters<FileSource['read']>): Promise<SourceRead> {
      await away?.promise;
      return await super.read(...context);
    }
  }

  const list = (name: string): ListConfig => listConfig(name, directory.file(name));
  const reasons = (name: string): unknown[] =>
    log.named('list.failed').flatMap((event) => (event['list'] === name ? [event['reason']] : []));
  const errorOf = (name: string): string | null => manager.lists().find((one) => one.name === name)?.lastError ?? null;

  async function start(lists: readonly ListConfig[]): Promise<void> {
    manager = new ListUpdater(lists, {
      keys: randomSegmentKeys(),
      memory: FRESH_MEMORY,
      log,
      source: ({ name }): ListSource => {
        const options = { settleMs: 20, pollMs: 50 };
        return name.startsWith('away')
          ? new AwaySource(directory.file(name), options)
          : new FileSource(directory.file(name), options);
      },
      now: Date.now,
      stallMs: () => stallMs,
      publish: () => Promise.resolve((published += 1)),
    });
    await manager.start();
  }

  beforeEach(() => {
    directory = temporaryDirectory();
    log = memoryLog();
    [published, away, stallMs] = [0, null, LONG];
    for (const name of ['a', 'away']) writeFileSync(directory.file(name), `${name}.example\n`);
  });
  afterEach(() => {
    away?.resolve();
    manager.close();
    directory[Symbol.dispose]();
  });

  test('a file server that is away: the others are kept up to date, a reload ends and says so; and all is well once it answers', async () => {
    await start([list('a'), list('away')]);
    away = Promise.withResolvers();
    appendFileSync(directory.file('away'), 'b.example\n');
    stallMs = SHORT;
    await manager.reload();
    await eventually('it is told', () => /it is still being read/.test(errorOf('away') ?? ''));
    expect(reasons('away')).toContainEqual(expect.stringMatching(/it is still being read/));
    stallMs = LONG;
    appendFileSync(directory.file('a'), 'b.example\n');
    await eventually('the other is up to date', () => manager.lists()[0]?.entries === 2);
    await eventually('nothing is wrong with that', () => errorOf('a') === null);
    away.resolve();
    away = null;
    await eventually('it is up to date', () => manager.lists()[1]?.entries === 2);
    await eventually('nothing is wrong with it', () => errorOf('away') === null);
  });

  test('a new configuration with such a list is refused in time, and the next one is taken', async () => {
    await start([list('a')]);
    away = Promise.withResolvers();
    const publish = (): Promise<number> => Promise.resolve((published += 1));
    stallMs = SHORT;
    await expect(manager.change([list('a'), list('away')], publish)).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/^the lists of the new configuration are not ready after/),
    });
    stallMs = LONG;
    expect(manager.lists().map(({ name }) => name)).toEqual(['a']);
    appendFileSync(directory.file('a'), 'b.example\n');
    await eventually('what is in force is kept up to date', () => manager.lists()[0]?.entries === 2);
    away.resolve();
    away = null;
    await manager.change([list('a'), list('away')], publish);
    expect(manager.lists().map(({ name, loaded }) => [name, loaded])).toEqual([
      ['a', true],
      ['away', true],
    ]);
  });

  // Was a fault: each took a thread more, until none was left for whatever is read, or withdrawn.
  test('of such configurations two are tried, and a third once one has ended', async () => {
    await start([list('a')]);
    away = Promise.withResolvers();
    const publish = (): Promise<number> => Promise.resolve((published += 1));
    stallMs = SHORT;
    for (const message of [/not ready after/, /not ready after/, /of two configurations before this one/])
      await expect(manager.change([list('a'), list('away')], publish)).rejects.toMatchObject({
        code: 'timeout',
        message: expect.stringMatching(message),
      });
    await expect(manager.change([list('a')], publish)).rejects.toMatchObject({ code: 'timeout' });
    stallMs = LONG;
    appendFileSync(directory.file('a'), 'b.example\n');
    await eventually('what is in force is kept up to date', () => manager.lists()[0]?.entries === 2);
    away.resolve();
    away = null;
    const change = async (): Promise<boolean> =>
      await manager.change([list('a'), list('away')], publish).then(
        () => true,
        () => false,
      );
    await eventually('it is taken', change);
    expect(manager.lists().map(({ name }) => name)).toEqual(['a', 'away']);
  });

  // Without a writer the read of a FIFO waits in a thread of the system, and nobody can end it.
  test('a run that does not end: it is told of each list, a reload and a new configuration end, and it goes on where it was', async () => {
    const canaries = directory.file('canaries');
    writeFileSync(canaries, '');
    writeFileSync(directory.file('b'), 'b.example\n');
    const guarded = { ...list('b'), gate: { ...NO_GATE_FILES, canaries } };
    await start([list('a'), guarded]);
    rmSync(canaries);
    execFileSync('/usr/bin/env', ['mkfifo', canaries]);
    appendFileSync(directory.file('b'), 'c.example\n');
    stallMs = SHORT;
    await manager.reload();
    await eventually('it is told', () => errorOf('b')?.endsWith('is still being compiled and judged'));
    appendFileSync(directory.file('a'), 'c.example\n');
    await eventually('the other is told', () => /still waits for lists/.test(errorOf('a') ?? ''));
    const publish = (): Promise<number> => Promise.resolve((published += 1));
    await expect(manager.change([list('a')], publish)).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/^the lists in force are still being compiled after/),
    });
    expect(manager.lists().map(({ entries }) => entries)).toEqual([1, 1]);
    stallMs = LONG;
    // Its reader finds it empty.
    const writer = await open(canaries, 'w');
    await writer.close();
    await eventually('both are up to date', () => manager.lists().every(({ entries }) => entries === 2));
    await eventually('nothing is wrong', () => errorOf('a') === null && errorOf('b') === null);
    await manager.change([list('a')], publish);
    expect(manager.lists().map(({ name }) => name)).toEqual(['a']);
  });
});
