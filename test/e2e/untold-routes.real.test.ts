/**
 * What an operator is told of a decision about a steered address that cannot be carried out: the router cannot be told, the file cannot be written, the
 * decision cannot be kept. He must not take it for done (requirement 80).
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import { cleanfeed, endAll } from '../commands/cli-process.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { SmallDisk, describeWithSmallDisk } from '../support/small-disk.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ADDRESSES = ['203.0.113.10', '203.0.113.11'] as const;
const DISK_BYTES = 1024 * 1024;

afterEach(endAll);

describeWithSmallDisk()('ctl steer', () => {
  async function steer(proxy: ProxyProcess, ...words: readonly string[]): ReturnType<typeof cleanfeed> {
    return await cleanfeed(['ctl', 'steer', ...words, '-c', proxy.file('cleanfeed.yaml')]);
  }

  test.each(['file', 'state', 'notify'] as const)(
    'says so where there is no room, or nobody to be told: %s',
    async (fault) => {
      using directory = temporaryDirectory();
      for (const folder of ['disk', 'plain']) mkdirSync(directory.file(folder));
      await using disk = await SmallDisk.mount(directory.file('disk'), DISK_BYTES);
      // What it runs to tell the router: it ends with 1 as long as that file is there.
      const silent = directory.file('silent');
      const at = (what: typeof fault, name: string): string =>
        directory.file(what === fault ? `disk/${name}` : `plain/${name}`);
      const file = at('file', 'steer.conf');
      const routes = {
        file,
        lists: ['own'],
        resolvers: ['127.0.0.1:9'],
        rate: null,
        notify: ['/bin/sh', '-c', `test ! -e ${silent}`],
      };
      mkdirSync(directory.file('plain/state'));
      await using proxy = await startProxy({
        lists: { own: ADDRESSES.map((address) => `${address} steer\n`).join('') },
        config: {
          resolver: { routes },
          upstream: { allow: ['203.0.113.0/24'] },
          state: { directory: at('state', 'state') },
          control: { socket: './control.sock' },
        },
        under: disk.under,
      });
      const announced = (): readonly string[] => {
        const path = fault === 'file' ? disk.path('steer.conf') : file;
        return existsSync(path)
          ? [...readFileSync(path, 'utf8').matchAll(/route (\S+)\/32/g)].map(([, to = '']) => to)
          : [];
      };
      await eventually('both are announced', announced, (found) => found.length === 2);
      expect(await steer(proxy, 'deny', ADDRESSES[0])).toMatchObject({ code: 0, stderr: '' });
      expect(announced()).toEqual([ADDRESSES[1]]);
      expect(await steer(proxy, 'release', ADDRESSES[0])).toMatchObject({ code: 0, stderr: '' });

      if (fault === 'notify') writeFileSync(silent, '');
      else disk.fill();
      const { code, stdout, stderr } = await steer(proxy, 'deny', ADDRESSES[1]);
      expect({ code, stdout }).toEqual({ code: 69, stdout: '' });
      expect(stderr).toContain(
        fault === 'state' ? 'cannot be written: a restart would forget it' : 'the router is not told yet',
      );
      expect(
        (await proxy.metrics()).get(`cleanfeed_route_failures_total{reason="${fault === 'file' ? 'write' : fault}"}`),
      ).toBeGreaterThan(0);
      if (fault === 'notify') rmSync(silent);
      else disk.empty();
      await eventually('it is done', announced, (found) => found.join() === ADDRESSES[0]);
      expect(await steer(proxy, 'deny', ADDRESSES[1])).toMatchObject({ code: 0, stderr: '' });
      expect(announced()).toEqual([ADDRESSES[0]]);
    },
  );
});
