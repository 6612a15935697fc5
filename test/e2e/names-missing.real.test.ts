/**
 * A list that has no names any more (it is compiled now), in the real process: what was announced of it stays in the zone, and removals from it and
 * from another list leave the zone all the same, at once; so too where it had no names from the start on.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { compileToFile } from '../../src/list/format/compile-file.ts';
import { utcDay } from '../../src/list/text/compile.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SECOND = 'b.example dns\nlater.example dns\n';

function replace(proxy: ProxyProcess, list: string, bytes: string | Uint8Array): void {
  writeFileSync(proxy.file('new'), bytes);
  renameSync(proxy.file('new'), proxy.file(`${list}.txt`));
}

function compiled(text: string): Uint8Array {
  const { file } = compileToFile(Buffer.from(text), { action: 'block', today: utcDay(Date.now()) });
  if (file === null) throw new Error('it is a good list');
  return file;
}

function blockedIn(file: string): string {
  try {
    return [...readFileSync(file, 'utf8').matchAll(/^(\S+) CNAME \.$/gm)].map(([, name]) => name).join(' ');
  } catch {
    return '';
  }
}

test('what a list is known to have stays though it has no names any more, and removals come through', async () => {
  using directory = temporaryDirectory();
  const file = directory.file('block.zone');
  const zone = { name: 'rpz.lan', file, lists: ['own', 'second'] };
  const lists = { own: 'a.example dns\nremoved.example dns\n', second: SECOND };
  await using proxy = await startProxy({ lists, config: { resolver: { zones: [zone] } } });
  const blocked = (want: string): Promise<boolean> => eventually(want, () => blockedIn(file) === want);
  const missing = async (): Promise<number | undefined> =>
    (await proxy.metrics()).get('cleanfeed_outlet_names_missing{outlet="zone:rpz.lan"}');
  await blocked('a.example b.example later.example removed.example');
  replace(proxy, 'second', compiled(SECOND));
  await eventually('it has no names', async () => (await missing()) === 1);
  replace(proxy, 'own', 'a.example dns\nnew.example dns\n');
  await blocked('a.example b.example later.example new.example');
  replace(proxy, 'second', compiled('b.example dns\nunknown.example dns\n'));
  await blocked('a.example b.example new.example');
  const told = await eventually(
    'it is told',
    () => proxy.logged('outlet.told_part').at(-1),
    (line) => line?.['told'] === 'all',
  );
  expect(told).toMatchObject({ outlet: 'zone:rpz.lan', missing: 1, kept: 'second', without: '' });
  replace(proxy, 'second', SECOND);
  await blocked('a.example b.example later.example new.example');
  await eventually('nothing is missing', async () => (await missing()) === 0);
});

test('a process that has never seen its names keeps what the one before announced, as far as the list in force has it', async () => {
  using directory = temporaryDirectory();
  const file = directory.file('block.zone');
  const config = { resolver: { zones: [{ name: 'rpz.lan', file, lists: ['own', 'second'] }] } };
  {
    await using before = await startProxy({ lists: { own: 'a.example dns\n', second: SECOND }, config });
    await eventually('all is there', () => blockedIn(file) === 'a.example b.example later.example');
    expect(before.logged('outlet.told_part')).toEqual([]);
  }
  writeFileSync(directory.file('own'), 'new.example dns\n');
  writeFileSync(directory.file('second'), compiled('b.example dns\nunknown.example dns\n'));
  const lists = ['own', 'second'].map((name) => ({ name, source: directory.file(name) }));
  await using proxy = await startProxy({ config: { ...config, lists } });
  await eventually('what is removed is out', () => blockedIn(file) === 'b.example new.example');
  expect((await proxy.told('outlet.told_part'))[0]).toMatchObject({ kept: 'second', without: '' });
});
