/**
 * Publishers that are not heard any more, of three protected lists in one process: each list is treated as its own `ifPublisherGone` says, with a restart
 * between, and is as it was once its publisher is heard again, whatever the others do. What passed in silence is written in what the run before has left.
 */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { TestRepository } from '../list/source/tuf/test-repository.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const HOUR_MS = 3_600_000;
const LISTS = [
  { name: 'dropped', host: 'a', after: '1h', action: 'drop' },
  { name: 'counted', host: 'b', after: '2h', action: 'count' },
  { name: 'served', host: 'c', after: '1h', action: 'serve' },
  { name: 'patient', host: 'd', after: '30d', action: 'drop' },
] as const;

/** Its publisher has been silent for so long in runs before. */
function silence(proxy: ProxyProcess, list: string, silentMs: number): void {
  const folder = proxy.file('state/lists');
  const store = readdirSync(folder).find((name) => name.startsWith(`${list}-`)) ?? '';
  const path = join(folder, store, 'state.json');
  const { sha256: _, ...state }: Record<string, unknown> = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...state, silentMs }));
  rmSync(join(folder, store, 'state.copy.json'));
}

test('each list by its own terms, over a restart, and back', async () => {
  using directory = temporaryDirectory();
  await using origin = await startOkOrigin();
  const lists: object[] = [];
  const folders: Record<string, string> = {};
  for (const { name, host, after, action } of LISTS) {
    const repository = await TestRepository.create(directory.file(name));
    folders[name] = repository.folder;
    writeFileSync(directory.file(`${name}.json`), repository.root());
    writeFileSync(directory.file(`${name}.age`), repository.identity, { mode: 0o600 });
    await repository.publish([`http://${host}.localhost/listed`]);
    const trust = { root: directory.file(`${name}.json`), identity: directory.file(`${name}.age`) };
    // oxlint-disable-next-line no-thenable -- the key's name is part of the contract
    const ifPublisherGone = { after, then: action };
    lists.push({ name, source: `tuf+file://${repository.folder}`, ...trust, interval: '10s', ifPublisherGone });
  }
  const first = await startProxy({ config: { lists, state: { directory: './state' } } });
  await eventually('all are kept', async () => {
    const metrics = await first.metrics();
    return LISTS.every(({ name }) => metrics.get(`cleanfeed_list_cache_current{list="${name}"}`) === 1);
  });
  first.signal('SIGKILL');
  await first.exited;
  for (const { name } of LISTS) {
    renameSync(folders[name] ?? '', directory.file(`${name}.away`));
    silence(first, name, 3 * HOUR_MS);
  }
  await using proxy = await first.killAndRestart();
  await proxy.ready();
  const refused = async (): Promise<string> => {
    let hosts = '';
    for (const { host } of LISTS)
      if ((await statusOf(proxy.port, `http://${host}.localhost:${origin.port}/listed`)) === 403) hosts += host;
    return hosts;
  };
  expect(await refused()).toBe('abcd');
  const gone = await proxy.told('list.publisher_gone', 3);
  expect(gone.map(({ list, action }) => [list, action])).toEqual([
    ['dropped', 'drop'],
    ['counted', 'count'],
    ['served', 'serve'],
  ]);
  await eventually('it is in force', async () => (await refused()) === 'cd');
  const hits = async (list: string, action: string): Promise<number> =>
    (await proxy.metrics()).get(`cleanfeed_list_hits_total{list="${list}",action="${action}"}`) ?? 0;
  const counted = [await hits('dropped', 'block'), await hits('counted', 'count')];
  await refused();
  expect([await hits('dropped', 'block'), await hits('counted', 'count')]).toEqual([counted[0], (counted[1] ?? 0) + 1]);

  renameSync(directory.file('dropped.away'), folders['dropped'] ?? '');
  expect((await proxy.told('list.publisher_back')).map(({ list }) => list)).toEqual(['dropped']);
  await eventually('that one is enforced again', async () => (await refused()) === 'acd');
  expect(await proxy.told('list.publisher_gone', 3)).toHaveLength(3);
});
