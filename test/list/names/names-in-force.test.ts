/** Names are those of what is in force, and of nothing that came to nothing. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { rmSync, writeFileSync } from 'node:fs';
import type { ListConfig } from '../../../src/config/list-types.ts';
import { compileToFile } from '../../../src/list/format/compile-file.ts';
import { FRESH_MEMORY } from '../../../src/list/list-memory.ts';
import { namedEntriesOf } from '../../../src/list/names/list-names.ts';
import type { ListNames } from '../../../src/list/names/list-names.ts';
import { FileSource } from '../../../src/list/source/file.ts';
import { ListUpdater } from '../../../src/list/updater.ts';
import { randomSegmentKeys } from '../../../src/match/keys.ts';
import { eventually } from '../../support/eventually.ts';
import { listConfig } from '../../support/list-config.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

let directory: TemporaryDirectory;
let updater: ListUpdater;
let generation = 0;
/** How often other names were told. */
let told = 0;

const list = (name: string): ListConfig => ({ ...listConfig(name, directory.file(name), 'block'), named: true });
const write = (name: string, ...lines: readonly string[]): void =>
  writeFileSync(directory.file(name), `${lines.join('\n')}\n`);
const textOf = (names: ListNames | null): string | null =>
  names === null ? null : [...namedEntriesOf(names, 0)].map(({ host }) => host).join(' ');

async function start(...names: readonly string[]): Promise<void> {
  updater = new ListUpdater(names.map(list), {
    keys: randomSegmentKeys(),
    memory: FRESH_MEMORY,
    log: memoryLog(),
    source: ({ name }) => new FileSource(directory.file(name), { settleMs: 20, pollMs: 50 }),
    now: Date.now,
    named: () => (told += 1),
    publish: () => Promise.resolve((generation += 1)),
  });
  await updater.start();
}

beforeEach(() => {
  directory = temporaryDirectory();
  told = 0;
});
afterEach(() => {
  updater.close();
  directory[Symbol.dispose]();
});

test('a text list: what is in force, and another version for other text only', async () => {
  write('a', 'a.example dns');
  await start('a');
  const first = await updater.names.of('a');
  expect(first).toMatchObject({ list: 'a', action: 'block', form: 'names', withdrawn: [] });
  expect(first?.version).toBe(updater.names.versionOf('a'));
  expect(textOf(first)).toBe('a.example');
  expect(told).toBeGreaterThan(0);
  await updater.reload();
  expect(updater.names.versionOf('a')).toBe(first?.version);
  write('a', 'b.example dns');
  await eventually('other names', () => updater.names.versionOf('a') !== first?.version);
  expect(textOf(await updater.names.of('a'))).toBe('b.example');
});

test('of an update that is refused nothing is told', async () => {
  write('a', 'a.example dns');
  await start('a');
  const version = updater.names.versionOf('a');
  write('a', 'b.example dns', 'no line of a list');
  await updater.reload();
  expect(updater.lists()[0]?.lastError).not.toBeNull();
  expect(updater.names.versionOf('a')).toBe(version);
  expect(textOf(await updater.names.of('a'))).toBe('a.example');
});

test('before all lists are in force there are none, and of no list that is unknown', async () => {
  write('a', 'a.example dns');
  await start('a', 'b');
  expect(updater.missing()).toHaveLength(1);
  expect([updater.names.versionOf('a'), await updater.names.of('a')]).toEqual([null, null]);
  write('b', 'b.example dns');
  await eventually('all are there', () => updater.names.versionOf('a') !== null);
  expect([updater.names.versionOf('c'), await updater.names.of('c')]).toEqual([null, null]);
});

test('with another action it is another version', async () => {
  write('a', 'a.example dns');
  await start('a');
  const version = updater.names.versionOf('a');
  await updater.change([{ ...list('a'), action: 'count' }], () => Promise.resolve((generation += 1)));
  expect(updater.names.versionOf('a')).not.toBe(version);
  expect(await updater.names.of('a')).toMatchObject({ action: 'count', version: updater.names.versionOf('a') });
});

test('they are kept as long as something asks for them: a reload that says so reads the list again', async () => {
  write('a', 'a.example dns');
  await start('a');
  const change = async (config: ListConfig): Promise<void> =>
    await updater.change([config], () => Promise.resolve((generation += 1)));
  await change({ ...list('a'), named: false });
  await expect(updater.names.of('a')).rejects.toThrow('its names were not kept');
  await change(list('a'));
  expect(textOf(await updater.names.of('a'))).toBe('a.example');
  // What has not changed needs no file.
  rmSync(directory.file('a'));
  await change({ ...list('a'), maxBadLineRatio: 0.5 });
  expect(textOf(await updater.names.of('a'))).toBe('a.example');
});

test('a compiled list has none, and the error says what has', async () => {
  const { file } = compileToFile(Buffer.from('a.example dns\n'), { action: 'block', today: 20_000 });
  writeFileSync(directory.file('a'), file!);
  await start('a');
  expect(updater.missing()).toEqual([]);
  expect(updater.names.versionOf('a')).toBeNull();
  await expect(updater.names.of('a')).rejects.toThrow('takes the text that it was made of');
});
