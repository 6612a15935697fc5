/**
 * Versions of a list in a running process, from a real nginx: held by the gate and accepted by hand, once; rolled back, over a restart too,
 * and released.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commandsInOneProcess } from '../commands/commands-in-one-process.ts';
import { TestRepository } from '../list/source/tuf/test-repository.ts';
import { eventually } from '../support/eventually.ts';
import { ListServer } from '../support/list-server.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const cleanfeed = commandsInOneProcess();

const resources = new Resources();
let origin: Origin;

beforeAll(async () => {
  origin = resources.use(await startOkOrigin());
});
afterAll(async () => await resources.end());

/** Of a list: what else is in it makes it another version. */
const listing = (...hosts: readonly string[]): string => hosts.map((host) => `${host}.localhost/listed\n`).join('');
const labelOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

const ONE = listing('a');
const TWO = listing('b');
const THREE = listing('c');
/** Nobody means that. */
const ODD = `${listing('d')}*.co.uk\n`;
/** Of as many entries. */
const long = (count: number, host: string): string =>
  listing(host) + Array.from({ length: count - 1 }, (_, i) => `host-${i}.example\n`).join('');

async function startFrom(server: ListServer): Promise<ProxyProcess> {
  return await startProxy({
    config: {
      lists: [{ name: 'far', source: server.url, interval: '1h' }],
      control: { socket: './control.sock' },
    },
    environment: server.environment,
  });
}

/** The hosts that are refused. */
async function refused(proxy: ProxyProcess): Promise<string> {
  let hosts = '';
  for (const host of ['a', 'b', 'c', 'd'])
    if ((await statusOf(proxy.port, `http://${host}.localhost:${origin.port}/listed`)) === 403) hosts += host;
  return hosts;
}

async function ctl(proxy: ProxyProcess, ...args: readonly string[]): ReturnType<typeof cleanfeed> {
  return await cleanfeed(['ctl', ...args, '-s', proxy.file('control.sock')]);
}

async function kept(proxy: ProxyProcess): Promise<void> {
  await eventually(
    'the copy is kept',
    async () => (await proxy.metrics()).get('cleanfeed_list_cache_current{list="far"}') === 1,
  );
}

describeWith(['nginx'])('a list over HTTPS', () => {
  test('held: the old one stays, also over a restart; accepted once', async () => {
    await using server = await ListServer.start(ONE);
    const first = await startFrom(server);
    await kept(first);
    server.serve(ODD);
    expect(await ctl(first, 'reload')).toMatchObject({ code: 65, stderr: expect.stringContaining('public suffix') });
    expect(await refused(first)).toBe('a');
    expect((await first.metrics()).get('cleanfeed_list_held{list="far"}')).toBe(1);
    expect((await ctl(first, 'status')).stdout).toContain(`cleanfeed ctl accept far ${labelOf(ODD)} -c `);
    expect(await ctl(first, 'accept', 'far', labelOf(ONE))).toMatchObject({ code: 65 });
    expect(await ctl(first, 'accept', 'fare', labelOf(ODD))).toMatchObject({
      code: 64,
      stderr: expect.stringContaining("did you mean 'far'"),
    });

    await using second = await first.killAndRestart();
    await second.ready();
    await eventually(
      'it is held again',
      async () => (await second.metrics()).get('cleanfeed_list_held{list="far"}') === 1,
    );
    expect(await refused(second)).toBe('a');
    expect(await ctl(second, 'accept', 'far', labelOf(ODD))).toMatchObject({
      code: 0,
      stdout: `list far: version ${labelOf(ODD)} is in force; a later one is judged again\n`,
    });
    expect(await refused(second)).toBe('d');
    expect(await second.told('list.accepted')).toMatchObject([{ version: labelOf(ODD), code: 'public_suffix' }]);
    expect((await second.metrics()).get('cleanfeed_list_held{list="far"}')).toBe(0);

    server.serve(TWO);
    await ctl(second, 'reload');
    expect(await refused(second)).toBe('b');
    server.serve(ODD);
    await ctl(second, 'reload');
    expect(await refused(second)).toBe('b');
    expect((await second.status()).lists).toMatchObject([{ versions: { held: { version: labelOf(ODD) } } }]);
  });

  test('half as large again is held, with figures; accepted it is what the next one is compared with', async () => {
    await using server = await ListServer.start(long(2000, 'a'));
    await using proxy = await startFrom(server);
    const [more, half] = [long(3001, 'b'), long(1500, 'c')];
    server.serve(more);
    expect(await ctl(proxy, 'reload')).toMatchObject({
      code: 65,
      stderr: expect.stringContaining(
        'it has 3001 entries and the list in force 2000: 50.05 % more; gate.growth permits 50 %',
      ),
    });
    expect(await refused(proxy)).toBe('a');
    expect((await proxy.metrics()).get('cleanfeed_list_rejected_total{list="far",reason="growth"}')).toBe(1);
    expect(await ctl(proxy, 'accept', 'far', labelOf(more))).toMatchObject({ code: 0 });
    expect(await refused(proxy)).toBe('b');
    server.serve(half);
    await ctl(proxy, 'reload');
    expect((await proxy.metrics()).get('cleanfeed_list_rejected_total{list="far",reason="shrink"}')).toBe(1);
    server.serve(long(1501, 'c'));
    await ctl(proxy, 'reload');
    expect(await refused(proxy)).toBe('c');
    server.serve(more);
    await ctl(proxy, 'reload');
    expect(await refused(proxy)).toBe('c');
    expect((await proxy.status()).lists).toMatchObject([
      { versions: { held: { version: labelOf(more), code: 'growth' } } },
    ]);
  });

  test('rolled back: nothing newer is taken, also over a restart; released: the newest', async () => {
    await using server = await ListServer.start(ONE);
    const first = await startFrom(server);
    await kept(first);
    expect(await ctl(first, 'rollback', 'far')).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('no version before'),
    });
    server.serve(TWO);
    await ctl(first, 'reload');
    expect(await refused(first)).toBe('b');
    await kept(first);
    const previous = async (proxy: ProxyProcess): Promise<number | undefined> =>
      (await proxy.metrics()).get('cleanfeed_list_previous{list="far"}');
    expect(await previous(first)).toBe(1);
    expect(JSON.parse((await ctl(first, 'rollback', 'far', '--json')).stdout)).toMatchObject({
      ok: true,
      result: { list: 'far', inForce: labelOf(ONE), pinned: labelOf(ONE) },
    });
    expect(await refused(first)).toBe('a');
    server.serve(THREE);
    expect(await ctl(first, 'reload')).toMatchObject({ code: 0 });
    expect(await refused(first)).toBe('a');

    await using second = await first.killAndRestart();
    await second.ready();
    expect(await ctl(second, 'reload')).toMatchObject({ code: 0 });
    expect(await refused(second)).toBe('a');
    expect([(await second.metrics()).get('cleanfeed_list_pinned{list="far"}'), await previous(second)]).toEqual([1, 0]);
    expect((await ctl(second, 'status')).stdout).toContain(`PINNED at version ${labelOf(ONE)}`);
    expect(await ctl(second, 'release', 'far')).toMatchObject({
      code: 0,
      stdout: `list far: released; version ${labelOf(THREE)} is in force\n`,
    });
    expect(await refused(second)).toBe('c');
    expect((await second.metrics()).get('cleanfeed_list_pinned{list="far"}')).toBe(0);
    expect(await ctl(second, 'release', 'far')).toMatchObject({ code: 65 });
  });
});

describe('a protected list', () => {
  /** Lines of pages, and of hosts that nobody asks for. */
  const lines = (count: number, ...hosts: readonly string[]): readonly string[] =>
    long(count, 'z')
      .trim()
      .split('\n')
      .slice(hosts.length)
      .concat(hosts.map((host) => `http://${host}.localhost/listed`));

  test('what is withdrawn goes past held and pinned; accept, rollback and release as of any other', async () => {
    using directory = temporaryDirectory();
    const repository = await TestRepository.create(directory.file('repository'));
    const list = repository.listIn(directory, 'far');
    await repository.publish(lines(2000, 'a', 'b'));
    const first = await startProxy({ config: { lists: [list], control: { socket: './control.sock' } } });
    await kept(first);
    const versions = async (proxy: ProxyProcess): Promise<unknown> => (await proxy.status()).lists[0]?.versions;
    expect(await refused(first)).toBe('ab');

    await repository.publish(lines(3002, 'a', 'b', 'c'));
    await eventually('it is held', async () => (await first.metrics()).get('cleanfeed_list_held{list="far"}') === 1);
    expect(await versions(first)).toMatchObject({ inForce: '1', held: { version: '2', code: 'growth' } });
    await repository.withdraw(['http://a.localhost/listed']);
    await eventually('the withdrawn page is free', async () => (await refused(first)) === 'b');
    expect(await versions(first)).toMatchObject({ inForce: '1', held: { version: '2' }, withdrawn: 1 });

    expect(await ctl(first, 'accept', 'far', '2')).toMatchObject({ code: 0 });
    expect(await refused(first)).toBe('bc');
    await kept(first);
    expect(await ctl(first, 'rollback', 'far')).toMatchObject({ code: 0 });
    expect(await refused(first)).toBe('b');
    await repository.publish(lines(3002, 'a', 'b', 'd'));
    await repository.withdraw(['http://a.localhost/listed', 'http://b.localhost/listed']);
    await eventually('the withdrawn page is free', async () => (await refused(first)) === '');
    expect(await versions(first)).toMatchObject({ inForce: '1', pinned: '1', withdrawn: 2 });

    await using second = await first.killAndRestart();
    await second.ready();
    expect(await ctl(second, 'reload')).toMatchObject({ code: 0 });
    expect(await refused(second)).toBe('');
    expect(await versions(second)).toMatchObject({ inForce: '1', pinned: '1', withdrawn: 2 });
    // The third is too large beside the first, and not beside the second, which was accepted before.
    expect(await ctl(second, 'release', 'far')).toMatchObject({ code: 0 });
    await ctl(second, 'reload');
    expect(await versions(second)).toMatchObject({ inForce: '3', pinned: null, held: null, withdrawn: 2 });
    expect(await refused(second)).toBe('d');
  });
});

// Was a fault: with each poll the other of the two was made and judged again, and was the one that is held.
test('of two versions of a protected list that are refused each is judged once, and the newer one is held', async () => {
  using directory = temporaryDirectory();
  const repository = await TestRepository.create(directory.file('repository'));
  const far = repository.listIn(directory, 'far');
  const lines = (count: number, host: string): readonly string[] => long(count, host).trim().split('\n');
  await repository.publish(lines(2000, 'a'));
  await using proxy = await startProxy({ config: { lists: [far], control: { socket: './control.sock' } } });
  const held = async (): Promise<string | undefined> => (await proxy.status()).lists[0]?.versions.held?.version;
  await repository.publish(lines(3002, 'b'));
  await eventually('it is held', async () => (await held()) === '2');
  await repository.publish(lines(3003, 'c'));
  await eventually('the next one is', async () => (await held()) === '3');
  for (let poll = 0; poll < 3; poll += 1) {
    expect(await ctl(proxy, 'reload')).toMatchObject({ code: 65, stderr: expect.stringContaining('3003 entries') });
    expect(await held()).toBe('3');
  }
  expect((await proxy.metrics()).get('cleanfeed_list_rejected_total{list="far",reason="growth"}')).toBe(2);
  expect((await proxy.told('list.held', 2)).map(({ version }) => version)).toEqual(['2', '3']);
  expect(await refused(proxy)).toBe('a');
  expect(await ctl(proxy, 'accept', 'far', '3')).toMatchObject({ code: 0 });
  expect(await refused(proxy)).toBe('c');
});

test('a list in a file has no versions: what to do instead is said', async () => {
  await using proxy = await startProxy({
    lists: { own: ONE },
    config: { control: { socket: './control.sock' } },
  });
  for (const command of [
    ['accept', 'own', 'x'],
    ['rollback', 'own'],
    ['release', 'own'],
  ])
    expect(await ctl(proxy, ...command)).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('a list in a file has no versions'),
    });
});

test('a ring of nodes: who has a delay waits with a new version, and not with a removal', async () => {
  using directory = temporaryDirectory();
  const repository = await TestRepository.create(directory.file('repository'));
  const far = repository.listIn(directory, 'far');
  await repository.publish(['http://a.localhost/listed', 'http://b.localhost/listed']);
  const node = async (delay: string): Promise<ProxyProcess> =>
    await startProxy({
      config: {
        lists: [{ ...far, delay }],
      },
    });
  await using early = await node('0s');
  await using late = await node('1h');
  expect([await refused(early), await refused(late)]).toEqual(['ab', 'ab']);
  await repository.publish(['http://a.localhost/listed', 'http://b.localhost/listed', 'http://c.localhost/listed']);
  await eventually('the first ring has it', async () => (await refused(early)) === 'abc');
  await repository.withdraw(['http://a.localhost/listed']);
  await eventually(
    'the removal is everywhere',
    async () => (await refused(early)) === 'bc' && (await refused(late)) === 'b',
  );
});

test('held by a bound that is raised: taken with the reload', async () => {
  using directory = temporaryDirectory();
  const repository = await TestRepository.create(directory.file('repository'));
  const far = repository.listIn(directory, 'far');
  const lines = (count: number, host: string): readonly string[] => long(count, host).trim().split('\n');
  await repository.publish(lines(2000, 'a'));
  writeFileSync(directory.file('own.txt'), long(2000, 'b'));
  await using proxy = await startProxy({
    config: { lists: [far, { name: 'own', source: directory.file('own.txt') }], control: { socket: './control.sock' } },
  });
  expect(await refused(proxy)).toBe('ab');
  await repository.publish(lines(4000, 'c'));
  writeFileSync(directory.file('own.txt'), long(4000, 'd'));
  const count = async (list: string): Promise<number | undefined> =>
    (await proxy.metrics()).get(`cleanfeed_list_rejected_total{list="${list}",reason="growth"}`);
  await eventually('both are refused', async () => (await count('far')) === 1 && (await count('own')) === 1);
  const config = JSON.parse(readFileSync(proxy.file('cleanfeed.yaml'), 'utf8')) as {
    readonly lists: readonly object[];
  };
  const lists = config.lists.map((list) => ({ ...list, gate: { growth: 1 } }));
  writeFileSync(proxy.file('cleanfeed.yaml'), JSON.stringify({ ...config, lists }));
  expect(await ctl(proxy, 'reload')).toMatchObject({ code: 0 });
  expect(await refused(proxy)).toBe('cd');
});
