/**
 * Requirement 54: a disk that is full when an instance starts, and all the time, with all that it writes on it: state, kept copies, the zone, compiled code,
 * temporary files. It serves, takes each version of its lists, forgets what is removed, and keeps all of it once there is room. Of protected lists:
 * full-disk.real.test.ts.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import { eventually } from '../support/eventually.ts';
import { ListServer } from '../support/list-server.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { SmallDisk, describeWithSmallDisk } from '../support/small-disk.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const DISK_BYTES = 16 * 1024 * 1024;
const FOLDERS = ['state', 'code', 'tmp', 'zone'] as const;

describeWithSmallDisk(['nginx'])('a disk that is full at the start', () => {
  test('an instance with everything on it serves, follows its lists, and keeps them once there is room', async () => {
    using directory = temporaryDirectory();
    mkdirSync(directory.file('disk'));
    await using disk = await SmallDisk.mount(directory.file('disk'), DISK_BYTES);
    for (const folder of FOLDERS) mkdirSync(disk.path(folder));
    disk.fill();
    await using origin = await startOkOrigin();
    await using server = await ListServer.start('a.localhost/listed\n');
    const at = (name: string): string => directory.file(`disk/${name}`);
    const zone = { name: 'rpz.lan', file: at('zone/block.zone'), lists: ['own'] };
    const setup = {
      lists: { own: 'own.localhost dns\n' },
      config: {
        lists: [
          { name: 'own', source: './own.txt' },
          { name: 'far', source: server.url, interval: '1h' },
        ],
        state: { directory: at('state') },
        resolver: { zones: [zone] },
      },
      environment: { ...server.environment, TMPDIR: at('tmp'), NODE_COMPILE_CACHE: at('code') },
      under: disk.under,
    };
    const refused = async (proxy: ProxyProcess): Promise<readonly number[]> =>
      await Promise.all(
        ['own', 'a', 'b'].map(
          async (host) => await statusOf(proxy.port, `http://${host}.localhost:${origin.port}/listed`),
        ),
      );
    const reload = async (): Promise<unknown> =>
      await askControl(disk.path('state/control.sock'), { command: 'reload' });
    const kept = async (proxy: ProxyProcess): Promise<number | undefined> =>
      (await proxy.metrics()).get('cleanfeed_list_cache_current{list="far"}');
    {
      await using proxy = await startProxy(setup);
      expect(await refused(proxy)).toEqual([403, 403, 200]);
      server.serve('b.localhost/listed\n# longer\n');
      await reload();
      expect([await refused(proxy), await kept(proxy)]).toEqual([[403, 200, 403], 0]);
      for (const event of ['state.not_writable', 'list.cache_failed', 'zone.write_failed'])
        expect((await proxy.told(event))[0]).toMatchObject({ reason: expect.stringContaining('ENOSPC') });
      disk.empty();
      await reload();
      await eventually('the copy is kept', async () => (await kept(proxy)) === 1);
      await eventually('the zone is written', () => existsSync(disk.path('zone/block.zone')));
      expect(readFileSync(disk.path('zone/block.zone'), 'utf8')).toContain('own.localhost CNAME');
    }
    server.say('broken');
    await using after = await startProxy(setup);
    expect(await refused(after)).toEqual([403, 200, 403]);
    // Nothing half written is left.
    expect(readdirSync(disk.path('zone'))).toEqual(['block.zone']);
    expect(readdirSync(disk.path('tmp'))).toEqual([]);
  });
});
