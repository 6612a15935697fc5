/** Requirement 53: reloads, of lists and of the configuration, cost no request and no connection. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { startEchoOrigin, SteadyLoad } from '../support/steady-load.ts';

type Settings = Record<string, unknown> & { listeners: Record<string, unknown>[]; lists: Record<string, unknown>[] };

/** Asks for a reload and waits for its end. */
async function reload(proxy: ProxyProcess): Promise<unknown> {
  const asked = await askControl(proxy.file('state/control.sock'), { command: 'reload' });
  return asked.kind === 'reply' ? asked.reply : asked;
}

function change(proxy: ProxyProcess, edit: (settings: Settings) => void): void {
  const settings = JSON.parse(readFileSync(proxy.file('cleanfeed.yaml'), 'utf8')) as Settings;
  edit(settings);
  writeFileSync(proxy.file('next.yaml'), JSON.stringify(settings));
  renameSync(proxy.file('next.yaml'), proxy.file('cleanfeed.yaml'));
}

async function ask(port: number, url: string, fields = ''): Promise<number> {
  await using client = await rawClient(port);
  client.request(url, { fields });
  return (await client.response()).status;
}

const OWN = 'origin.localhost/listed\n';

describe('under steady load', () => {
  test('a hundred list reloads', async () => {
    await using origin = await startEchoOrigin();
    await using proxy = await startProxy({ lists: { own: OWN }, config: { workers: 2 } });
    const load = new SteadyLoad({ port: proxy.port, originPort: origin.port });
    const before = load.connections;
    for (let i = 0; i < 100; i++) {
      writeFileSync(proxy.file('next.txt'), `${OWN}origin.localhost/other/${i}\n`);
      renameSync(proxy.file('next.txt'), proxy.file('own.txt'));
      expect(await reload(proxy)).toMatchObject({ ok: true });
      await load.more(5);
    }
    const { failures, retried } = await load.stop();
    expect({ failures, retried }).toEqual({ failures: [], retried: 0 });
    expect(before).toBeLessThanOrEqual(10);
    expect((await proxy.status()).generation).toBe(101);
    expect(await ask(proxy.port, `http://origin.localhost:${origin.port}/other/99`)).toBe(403);
  });

  test('a configuration reload: limits, a list more, a listener more, then both gone', async () => {
    await using origin = await startEchoOrigin();
    await using proxy = await startProxy({ lists: { own: OWN }, config: { workers: 2 } });
    const url = `http://origin.localhost:${origin.port}`;
    const load = new SteadyLoad({ port: proxy.port, originPort: origin.port, fresh: 0 });
    await load.more(200);
    await using old = await rawClient(proxy.port);
    old.request(`${url}/second`);
    expect((await old.response()).status).toBe(200);
    const opened = load.connections;

    writeFileSync(proxy.file('second.txt'), 'origin.localhost/second\n');
    change(proxy, (settings) => {
      settings.lists = [{ name: 'second', source: './second.txt', action: 'block' }, ...settings.lists];
      settings.listeners.push({ name: 'more', address: '127.0.0.1', port: 0, lists: ['second'] });
      settings['limits'] = { headerCount: 4 };
    });
    expect(await reload(proxy)).toEqual({
      ok: true,
      result: { configuration: 'applied', errors: [], restartRequired: [], lists: [], clockFollowed: null },
    });
    await load.more(200);
    await proxy.ready();
    expect(await ask(proxy.portOf('more'), `${url}/second`)).toBe(403);
    expect(await ask(proxy.portOf('more'), `${url}/listed`)).toBe(200);
    // A connection from before is judged by the new list and held to the new limits.
    old.request(`${url}/second`);
    expect((await old.response()).status).toBe(403);
    old.request(`${url}/`, { fields: 'A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n' });
    expect((await old.response()).status).toBe(431);
    const between = await proxy.metrics();
    expect(between.get('cleanfeed_list_hits_total{list="second",action="block"}')).toBe(2);

    change(proxy, (settings) => {
      settings.lists.shift();
      settings.listeners.pop();
      delete settings['limits'];
    });
    const gone = proxy.portOf('more');
    proxy.signal('SIGHUP');
    await eventually('SIGHUP reads the configuration', () => proxy.logged('config.applied').length === 2);
    await load.more(200);
    await expect(ask(gone, `${url}/`)).rejects.toThrow('ECONNREFUSED');
    expect(await ask(proxy.port, `${url}/second`)).toBe(200);
    const after = await proxy.metrics();
    for (const [sample, value] of between) {
      if (/^cleanfeed_\w+_total|_count|_bucket/.test(sample) && after.has(sample))
        expect([sample, after.get(sample)! >= value]).toEqual([sample, true]);
    }
    const { failures, retried, connections } = await load.stop();
    expect({ failures, retried, connections }).toEqual({ failures: [], retried: 0, connections: opened });
  });

  test('a reload that is refused changes nothing: a fault, a port that is taken, a list that is not there', async () => {
    await using origin = await startEchoOrigin();
    await using proxy = await startProxy({ lists: { own: OWN }, config: { workers: 2 } });
    const load = new SteadyLoad({ port: proxy.port, originPort: origin.port });
    const taken = createServer().listen(0, '127.0.0.1');
    await eventually('the port is taken', () => taken.listening);
    const { port } = taken.address() as AddressInfo;
    const good = readFileSync(proxy.file('cleanfeed.yaml'), 'utf8');
    const refused: [(settings: Settings) => void, RegExp][] = [
      [(settings) => (settings['workerz'] = 3), /workerz: unknown key; did you mean 'workers'/],
      [
        (settings) => settings.listeners.push({ name: 'free', port: 0 }, { name: 'taken', port }),
        /127\.0\.0\.1:\d+ is in use \(listeners\[2\]\.port\)/,
      ],
      [(settings) => settings.lists.push({ name: 'gone', source: './gone.txt' }), /list gone: /],
    ];
    for (const [edit, reason] of refused) {
      change(proxy, edit);
      expect(await reload(proxy)).toEqual({ ok: false, code: 'config', message: expect.stringMatching(reason) });
      const { listeners, lists, ready } = await proxy.status();
      expect({ ready, listeners: listeners.length, lists: lists.length }).toEqual({
        ready: true,
        listeners: 1,
        lists: 1,
      });
      writeFileSync(proxy.file('cleanfeed.yaml'), good);
    }
    const rejected = await proxy.told('config.rejected', 3);
    expect(rejected).toHaveLength(3);
    expect(rejected[1]).toMatchObject({ address: '127.0.0.1', port });
    // Keys that cannot change are kept and named.
    change(proxy, (settings) => Object.assign(settings, { workers: 3, admin: { port: 1 } }));
    expect(await reload(proxy)).toMatchObject({
      ok: true,
      result: { configuration: 'unchanged', restartRequired: ['admin', 'workers'] },
    });
    taken.close();
    const { failures, retried } = await load.stop();
    expect({ failures, retried }).toEqual({ failures: [], retried: 0 });
  });
});
