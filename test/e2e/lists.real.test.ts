/** Lists in a running proxy: how they change, and what each kind of entry does to real requests. */
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const LASTING = 'reason="listed by mistake" expires=2099-12-31';

const resources = new Resources();
let origin: Origin;
let other: Origin;

beforeAll(async () => {
  origin = resources.use(await startOkOrigin());
  other = resources.use(await startOkOrigin());
});
afterAll(async () => await resources.end());

interface Asked {
  readonly port?: number;
  readonly originPort?: number;
  readonly from?: string;
}

/** Status of the answer to a GET of `host/path`, asked on a connection of its own. */
async function ask(
  proxy: ProxyProcess,
  address: string,
  { port = proxy.port, originPort = origin.port, from = '127.0.0.1' }: Asked = {},
): Promise<number> {
  const slash = address.indexOf('/');
  await using client = await rawClient(port, '127.0.0.1', from);
  client.request(`http://${address.slice(0, slash)}.localhost:${originPort}${address.slice(slash)}`);
  return (await client.response()).status;
}

test('a source as a file: URL, with an escape in it', async () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('our list.txt'), 'a.localhost/listed\n');
  const source = pathToFileURL(directory.file('our list.txt')).href;
  expect(source).toMatch(/^file:\/\/\/.*our%20list\.txt$/);
  await using proxy = await startProxy({ config: { lists: [{ name: 'own', source }] } });
  expect([await ask(proxy, 'a/listed'), await ask(proxy, 'b/listed')]).toEqual([403, 200]);
});

describe('a list that changes', () => {
  const started = new Resources();
  let proxy: ProxyProcess;

  beforeAll(async () => {
    const lists = { own: 'a.localhost/listed\n', second: 'c.localhost/listed\n' };
    proxy = started.use(await startProxy({ config: { workers: 2 }, lists }));
  });
  beforeEach(async () => {
    writeFileSync(proxy.file('own.txt'), 'a.localhost/listed\n');
    await eventually(
      'the list is as it was',
      async () => [await ask(proxy, 'a/listed'), await ask(proxy, 'b/listed')].join(),
      (statuses) => statuses === '403,200',
    );
  });
  afterAll(async () => await started.end());

  const rejected = async (reason: string): Promise<number> =>
    (await proxy.metrics()).get(`cleanfeed_list_rejected_total{list="own",reason="${reason}"}`)!;

  test('SIGHUP reads it again', async () => {
    writeFileSync(proxy.file('own.txt'), 'b.localhost/listed\n');
    proxy.signal('SIGHUP');
    await eventually(
      'the new list is in force',
      async () => await ask(proxy, 'b/listed'),
      (status) => status === 403,
    );
    expect(await ask(proxy, 'a/listed')).toBe(200);
    expect(await proxy.told('reload.started')).toHaveLength(1);
  });

  test.each([
    {
      name: 'replaced by rename',
      change: (file: string, text: string) => {
        writeFileSync(`${file}.new`, text);
        renameSync(`${file}.new`, file);
      },
    },
    { name: 'written in place', change: (file: string, text: string) => writeFileSync(file, text) },
    {
      name: 'written in two steps',
      change: (file: string, text: string) => {
        writeFileSync(file, text.slice(0, 5));
        appendFileSync(file, text.slice(5));
      },
    },
  ])('is taken over by itself when its file is $name', async ({ change }) => {
    const before = { generation: (await proxy.status()).generation, rejected: await rejected('bad_lines') };
    change(proxy.file('own.txt'), 'b.localhost/listed\n');
    await eventually(
      'the new list is in force',
      async () => (await proxy.status()).generation,
      (generation) => generation === before.generation + 1,
    );
    expect([await ask(proxy, 'a/listed'), await ask(proxy, 'b/listed')]).toEqual([200, 403]);
    expect(await rejected('bad_lines')).toBe(before.rejected);
  });

  test('an update with bad lines changes nothing but the metrics; the log names the lines, not what they say', async () => {
    const before = await rejected('bad_lines');
    writeFileSync(proxy.file('own.txt'), 'b.localhost/listed\nsecret-*-name.localhost/x\na.localhost/y frobnicate\n');
    await eventually(
      'it is refused',
      async () => await rejected('bad_lines'),
      (count) => count === before + 1,
    );
    expect([await ask(proxy, 'a/listed'), await ask(proxy, 'b/listed'), await ask(proxy, 'c/listed')]).toEqual([
      403, 200, 403,
    ]);
    expect((await proxy.status()).lists[0]?.lastError).toMatch(/^2 bad lines of 3; the first is line 2, column \d+: /);
    expect((await proxy.told('list.bad_line', 2)).map(({ list, line }) => [list, line])).toEqual([
      ['own', 2],
      ['own', 3],
    ]);
    expect(proxy.stderr).not.toMatch(/secret-|frobnicate/);
    expect((await proxy.admin('/readyz')).status).toBe(200);
    writeFileSync(proxy.file('own.txt'), 'b.localhost/listed\n');
    await eventually(
      'the mended list is in force',
      async () => await ask(proxy, 'b/listed'),
      (status) => status === 403,
    );
    // Workers judge by it a moment before the control thread knows that all of them do.
    await eventually('its fault is over', async () => (await proxy.status()).lists[0]?.lastError === null);
    expect(await rejected('bad_lines')).toBe(before + 1);
  });

  test('a file that is gone or empty keeps what is in force', async () => {
    const before = { unreadable: await rejected('unreadable'), truncated: await rejected('truncated') };
    renameSync(proxy.file('own.txt'), proxy.file('moved.txt'));
    await eventually('its absence is noticed', async () => (await rejected('unreadable')) > before.unreadable);
    expect(await ask(proxy, 'a/listed')).toBe(403);
    writeFileSync(proxy.file('own.txt'), '');
    await eventually('its emptiness is noticed', async () => (await rejected('truncated')) > before.truncated);
    expect(await ask(proxy, 'a/listed')).toBe(403);
    const held = await rejected('shrink');
    writeFileSync(proxy.file('own.txt'), '# nothing is listed any more\n');
    await eventually('it has comments only', async () => (await rejected('shrink')) > held);
    expect(await ask(proxy, 'a/listed')).toBe(403);
  });
});

describe('kinds of entries', () => {
  const started = new Resources();
  let proxy: ProxyProcess;

  beforeAll(async () => {
    const own = [
      'host.localhost',
      'tree.localhost/*',
      '*.sub.localhost',
      '*.part.localhost/dir/*',
      'page.localhost/a.html?*',
      'exact.localhost/a.html?x=1',
      'root.localhost/',
      `port.localhost:${origin.port}/x`,
      `host-port.localhost:${origin.port}`,
      'canary.localhost/x count',
      'expired.localhost/x expires=2020-01-01',
      'lasting.localhost/x expires=2099-01-01',
      'saved.localhost',
      'late.localhost/x',
    ];
    proxy = started.use(
      await startProxy({
        config: { workers: 2, exempt: { clients: ['127.0.0.9/32'] } },
        lists: {
          own: `${own.join('\n')}\n`,
          canary: { text: 'watched.localhost\nhost.localhost\n', action: 'count' },
          allowed: {
            text: `saved.localhost/good/* ${LASTING}\nlate.localhost/x reason="too late" expires=2020-01-01\n`,
            action: 'allow',
          },
        },
      }),
    );
  });
  afterAll(async () => await started.end());

  test.each([
    { entry: 'a whole host', blocked: ['host/', 'host/any?thing'], passed: ['www.host/', 'nothost/'] },
    { entry: 'all paths of a host', blocked: ['tree/', 'tree/a/b'], passed: ['www.tree/'] },
    {
      entry: 'a host and its subdomains',
      blocked: ['sub/', 'a.sub/', 'a.b.c.sub/x'],
      passed: ['notsub/', 'sub.other/'],
    },
    {
      entry: 'a directory on a host and its subdomains',
      blocked: ['part/dir/', 'a.part/dir/x/y', 'part/x/../dir/z'],
      passed: ['part/', 'part/dir', 'a.part/directory/', 'part/x/dir/'],
    },
    {
      entry: 'a page with any query',
      blocked: ['page/a.html', 'page/a.html?x', 'page/a.html?'],
      passed: ['page/a.htm', 'page/a.html/', 'page/b.html?a.html'],
    },
    {
      entry: 'one exact URL',
      blocked: ['exact/a.html?x=1'],
      passed: ['exact/a.html', 'exact/a.html?x=2', 'exact/a.html?x=1&y', 'exact/a.html?X=1'],
    },
    { entry: 'the root page', blocked: ['root/', 'root/?'], passed: ['root/index.html', 'root/?x'] },
    { entry: 'an entry marked count', blocked: [], passed: ['canary/x'] },
    { entry: 'an entry that has expired', blocked: [], passed: ['expired/x'] },
    { entry: 'an entry that has not', blocked: ['lasting/x'], passed: [] },
    { entry: 'a list that only counts', blocked: [], passed: ['watched/x'] },
    { entry: 'an allow entry', blocked: ['saved/', 'saved/bad'], passed: ['saved/good/', 'saved/good/x'] },
    { entry: 'an allow entry that has expired', blocked: ['late/x'], passed: [] },
  ])('$entry', async ({ blocked, passed }) => {
    for (const address of blocked) expect([address, await ask(proxy, address)]).toEqual([address, 403]);
    for (const address of passed) expect([address, await ask(proxy, address)]).toEqual([address, 200]);
  });

  test('an entry with a port holds on that port only', async () => {
    for (const address of ['port/x', 'host-port/any']) {
      expect([await ask(proxy, address), await ask(proxy, address, { originPort: other.port })]).toEqual([403, 200]);
    }
  });

  test('an exempt client is not judged, its neighbour is', async () => {
    expect([
      await ask(proxy, 'host/', { from: '127.0.0.9' }),
      await ask(proxy, 'host/', { from: '127.0.0.8' }),
    ]).toEqual([200, 403]);
  });
});

test('a listener applies the lists it names', async () => {
  await using proxy = await startProxy({
    config: {
      listeners: [
        { name: 'both', mode: 'explicit', address: '127.0.0.1', port: 0 },
        { name: 'first', mode: 'explicit', address: '127.0.0.1', port: 0, lists: ['one'] },
        { name: 'none', mode: 'explicit', address: '127.0.0.1', port: 0, lists: [] },
      ],
    },
    lists: { one: 'one.localhost\n', two: { text: 'two.localhost\n', status: 451 } },
  });
  const verdicts = async (listener: string): Promise<number[]> => {
    const port = proxy.portOf(listener);
    return [await ask(proxy, 'one/', { port }), await ask(proxy, 'two/', { port })];
  };
  expect(await verdicts('both')).toEqual([403, 451]);
  expect(await verdicts('first')).toEqual([403, 200]);
  expect(await verdicts('none')).toEqual([200, 200]);
});
