/**
 * Requirement 71 where the state directory cannot be written: its file system is full, or read-only. What is withdrawn is free at the next poll, a new version
 * comes into force, both are there after a restart as soon as the repository has answered, the disk is told as a fault all the time, and all is kept once it
 * takes something again. At every outlet: test/engines/withdrawn.real.test.ts.
 */
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import { ClearingHouse } from '../support/clearing-house.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { countOf, nodeSetup, pollNow, refusedOf, versionOf } from '../support/protected-node.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { RepositoryServer } from '../support/repository-server.ts';
import { Resources } from '../support/resources.ts';
import { SmallDisk, describeWithSmallDisk } from '../support/small-disk.ts';

const ISP = 'isp-a';
const HOSTS = ['wrong', 'old', 'added', 'late'];
const DISK_BYTES = 4 * 1024 * 1024;

const FAULTS = [
  { is: 'full', words: 'ENOSPC', begin: (disk: SmallDisk) => disk.fill(), end: (disk: SmallDisk) => disk.empty() },
  {
    is: 'read-only',
    words: 'EROFS',
    begin: (disk: SmallDisk) => disk.setReadOnly(true),
    end: (disk: SmallDisk) => disk.setReadOnly(false),
  },
];

describeWithSmallDisk(['nginx', 'openssl'])('a state directory that cannot be written', () => {
  const resources = new Resources();
  let origin: Origin;

  beforeAll(async () => {
    origin = resources.use(await startOkOrigin());
  });
  afterAll(async () => await resources.end());

  async function troubleOf(proxy: ProxyProcess): Promise<string> {
    return (await proxy.status()).lists[0]?.lastError ?? '';
  }

  // Was a fault: nothing that was withdrawn arrived.
  test.each(FAULTS)('keeps back no removal and no version: $is', async ({ is, words, begin, end }) => {
    using house = await ClearingHouse.begin([ISP]);
    await using server = await RepositoryServer.start(house);
    const folder = house.file(`state-${is}`);
    mkdirSync(folder);
    await using disk = await SmallDisk.mount(folder, DISK_BYTES);
    const place = { house, name: ISP, port: server.port, authority: server.authority };
    const { config } = nodeSetup(place, { interval: '10s' });
    const setup = { config: { ...config, state: { directory: folder } }, under: disk.under };
    const publish = async (hosts: readonly string[]): Promise<void> => {
      await house.list(...hosts);
      house.deploy(ISP);
    };
    const withdraw = async (host: string): Promise<void> => {
      await house.withdraw(host);
      house.deploy(ISP);
    };
    await publish(['wrong', 'old', 'late']);
    {
      await using proxy = await startProxy(setup);
      expect(await refusedOf(proxy, origin, HOSTS)).toBe('wrongoldlate');
      begin(disk);

      await withdraw('wrong');
      await eventually('it is free', async () => (await refusedOf(proxy, origin, ['wrong'])) === '');
      await eventually(
        'the disk is told',
        async () => await troubleOf(proxy),
        (text) => text.includes(words),
      );
      expect(await troubleOf(proxy)).toContain('what came since then is in force, and is kept in memory only');
      await eventually('it is counted', async () => (await countOf(proxy, 'state')) > 0);
      expect((await proxy.told('list.failed')).at(-1)).toMatchObject({ code: 'state' });
      await publish(['old', 'late', 'added']);
      await eventually('the next version is in force', async () => (await versionOf(proxy)) === '2');
      await withdraw('late');
      await eventually('it is free too', async () => (await refusedOf(proxy, origin, HOSTS)) === 'oldadded');
      // Nothing of it is kept, and an operator is told so before he relies on it.
      const rollback = await askControl(proxy.file('control.sock'), { command: 'rollback', list: 'national' });
      expect(JSON.stringify(rollback)).toContain(words);
      await pollNow(proxy);
      expect(await refusedOf(proxy, origin, HOSTS)).toBe('oldadded');

      {
        await using next = await startProxy(setup);
        // It comes up with what lies on the disk less all that is withdrawn by now.
        expect(await refusedOf(next, origin, ['wrong', 'late'])).toBe('');
        await eventually('the next version too', async () => (await versionOf(next)) === '2');
      }
      end(disk);
      await eventually('the fault is over', async () => (await troubleOf(proxy)) === '');
    }
    server.say('forbidden');
    const after = await startProxy(setup);
    try {
      expect([await versionOf(after), await refusedOf(after, origin, HOSTS)]).toEqual(['2', 'oldadded']);
    } finally {
      // Its log may name the mirror that gives nothing out.
      after.signal('SIGKILL');
      await after.exited;
      after.forget();
    }
  });
});
