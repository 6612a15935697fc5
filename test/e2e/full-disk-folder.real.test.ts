/**
 * Requirement 54 and 71 of a protected list from a folder (`tuf+file:`), where the state directory is on a disk that is full before the first start, and again
 * later: the node says which place it is about, follows as far as memory allows, and keeps all of it once there is room.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import { TestRepository } from '../list/source/tuf/test-repository.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import { refusedOf, versionOf } from '../support/protected-node.ts';
import { spawnProxy, startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { SmallDisk, describeWithSmallDisk } from '../support/small-disk.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const DISK_BYTES = 4 * 1024 * 1024;
const HOSTS = ['a', 'b', 'c'];
const lines = (...hosts: readonly string[]): string[] => hosts.map((host) => `${host}.localhost/listed`);

describeWithSmallDisk()('a protected list from a folder on a machine whose disk is full', () => {
  test('waits with words about the place, is served once there is room, follows what comes while there is none, and has it after a restart', async () => {
    using directory = temporaryDirectory();
    const repository = await TestRepository.create(directory.file('repository'));
    const list = { ...repository.listIn(directory, 'national'), interval: '10s' };
    const folder = directory.file('state');
    mkdirSync(folder);
    await using disk = await SmallDisk.mount(folder, DISK_BYTES);
    await using origin = await startOkOrigin();
    const setup = {
      config: { lists: [list], state: { directory: folder }, control: { socket: './control.sock' } },
      under: disk.under,
    };
    const reload = async (proxy: ProxyProcess): Promise<unknown> =>
      await askControl(proxy.file('control.sock'), { command: 'reload' });
    const trouble = async (proxy: ProxyProcess): Promise<string> => (await proxy.status()).lists[0]?.lastError ?? '';
    await repository.publish(lines('a', 'b'));
    disk.fill();
    {
      await using proxy = await spawnProxy(setup);
      await eventually('the place is told', async () => (await trouble(proxy)).startsWith(folder));
      expect(await trouble(proxy)).toContain('cannot be written: no space is left on the disk (ENOSPC)');
      expect(await proxy.admin('/readyz')).toMatchObject({ status: 503, body: expect.stringContaining(folder) });
      disk.empty();
      await proxy.ready();
      expect(await refusedOf(proxy, origin, HOSTS)).toBe('ab');
      disk.fill();
      await repository.publish(lines('a', 'b', 'c'));
      await reload(proxy);
      await eventually('the next version is in force', async () => (await versionOf(proxy)) === '2');
      await repository.withdraw(lines('a'));
      await reload(proxy);
      await eventually('what is withdrawn is free', async () => (await refusedOf(proxy, origin, HOSTS)) === 'bc');
      await eventually('the disk is told', async () => (await trouble(proxy)).includes('ENOSPC'));
    }
    {
      await using proxy = await startProxy(setup);
      expect(await refusedOf(proxy, origin, ['a'])).toBe('');
      await eventually(
        'the next version is in force again',
        async () => (await refusedOf(proxy, origin, HOSTS)) === 'bc',
      );
      disk.empty();
      await reload(proxy);
      await eventually('the fault is over', async () => (await trouble(proxy)) === '');
    }
    rmSync(repository.folder, { recursive: true });
    await using proxy = await startProxy(setup);
    expect([await versionOf(proxy), await refusedOf(proxy, origin, HOSTS)]).toEqual(['2', 'bc']);
  });
});
