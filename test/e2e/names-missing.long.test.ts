/**
 * A list that has no names any more (it is compiled now) while another one loses an entry, in the real process: the zone stays as it was for three
 * minutes, then the removal is in it, which is within the five that it may take; and all is there again when the list is a text again.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { compileToFile } from '../../src/list/format/compile-file.ts';
import { utcDay } from '../../src/list/text/compile.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SECOND = 'b.example dns\n';

async function replace(proxy: ProxyProcess, list: string, bytes: string | Uint8Array): Promise<void> {
  writeFileSync(proxy.file('new'), bytes);
  renameSync(proxy.file('new'), proxy.file(`${list}.txt`));
  await Promise.resolve();
}

test('a removal from one list is in the zone within five minutes though another one has no names', async () => {
  using directory = temporaryDirectory();
  const file = directory.file('block.zone');
  const zone = { name: 'rpz.lan', file, lists: ['own', 'second'] };
  await using proxy = await startProxy({
    lists: { own: 'a.example dns\nremoved.example dns\n', second: SECOND },
    config: { resolver: { zones: [zone] } },
  });
  const blocked = (): string => {
    try {
      return [...readFileSync(file, 'utf8').matchAll(/^(\S+) CNAME \.$/gm)].map(([, name]) => name).join(' ');
    } catch {
      return '';
    }
  };
  const missing = async (): Promise<number | undefined> =>
    (await proxy.metrics()).get('cleanfeed_outlet_names_missing{outlet="zone:rpz.lan"}');
  await eventually('all is there', () => blocked() === 'a.example b.example removed.example');
  const { file: compiled } = compileToFile(Buffer.from(SECOND), { action: 'block', today: utcDay(Date.now()) });
  await replace(proxy, 'second', compiled ?? '');
  await eventually('it has no names', async () => (await missing()) === 1);
  await replace(proxy, 'own', 'a.example dns\n');
  await eventually(
    'the list is in force',
    async () => (await proxy.metrics()).get('cleanfeed_list_entries{list="own"}') === 1,
  );
  expect(blocked()).toBe('a.example b.example removed.example');
  // One wait of this kind is shorter than that.
  const isPart = async (): Promise<boolean> =>
    await eventually('the part', () => blocked() === 'a.example').catch(() => false);
  expect((await isPart()) || (await isPart()) || (await isPart())).toBe(true);
  expect(blocked()).toBe('a.example');
  await eventually('it is told', () => proxy.logged('outlet.told_part').length > 0);
  await replace(proxy, 'own', 'a.example dns\nnew.example dns\n');
  await eventually('what comes then does not wait', () => blocked() === 'a.example new.example');
  await replace(proxy, 'second', SECOND);
  await eventually('all is there again', () => blocked() === 'a.example b.example new.example');
  expect(await missing()).toBe(0);
});
