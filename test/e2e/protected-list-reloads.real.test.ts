/**
 * A reload that changes how a protected list is followed, while the next version drips: the list stays in force, what is withdrawn stays free, and the new
 * source goes on from what the one before has left, also after a kill.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { ClearingHouse } from '../support/clearing-house.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { describeWith } from '../support/programs.ts';
import { nodeSetup, pollNow, refusedOf, versionOf } from '../support/protected-node.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { servedHouse } from '../support/repository-server.ts';
import type { RepositoryServer } from '../support/repository-server.ts';
import { Resources } from '../support/resources.ts';

const ISP = 'isp-a';
const HOSTS = ['wrong', 'old', 'new'];

describeWith(['nginx', 'openssl'])('a reload', () => {
  const resources = new Resources();
  let origin: Origin;
  let house: ClearingHouse;
  let server: RepositoryServer;

  beforeAll(async () => {
    origin = resources.use(await startOkOrigin());
    ({ house, server } = await servedHouse(resources, [ISP]));
  });
  afterAll(async () => await resources.end());
  afterEach(() => server.say(null));

  function change(proxy: ProxyProcess, keys: object): void {
    const path = proxy.file('cleanfeed.yaml');
    const config = JSON.parse(readFileSync(path, 'utf8'));
    Object.assign(config.lists[0], keys);
    writeFileSync(path, JSON.stringify(config));
  }

  test('that changes interval and delay, while the one before it fetches', async () => {
    await house.list('wrong', 'old');
    house.deploy(ISP);
    const first = await startProxy(
      nodeSetup({ house, name: ISP, port: server.port, authority: server.authority }, { interval: '10s' }),
    );
    await house.withdraw('wrong');
    house.deploy(ISP);
    await eventually('it is free', async () => (await refusedOf(first, origin, HOSTS)) === 'old');
    const { endlessBegun } = server;
    server.say({ of: 'payload', pace: 'dripping' });
    await house.list('wrong', 'old', 'new');
    house.deploy(ISP);
    await eventually('the next version drips', () => server.endlessBegun > endlessBegun);
    change(first, { interval: '1h' });
    const drips = server.endlessBegun;
    const reload = pollNow(first);
    // What the source before has begun is cut off, and the new one begins.
    await eventually('the new one fetches', () => server.endlessBegun > drips);
    expect([await versionOf(first), await refusedOf(first, origin, HOSTS)]).toEqual(['1', 'old']);
    server.say(null);
    server.cutEndless();
    await reload;
    await eventually('the next version is in force', async () => {
      await pollNow(first);
      return (await versionOf(first)) === '2';
    });
    expect(await refusedOf(first, origin, HOSTS)).toBe('oldnew');
    change(first, { delay: '1m' });
    await pollNow(first);
    expect([await versionOf(first), await refusedOf(first, origin, HOSTS)]).toEqual(['2', 'oldnew']);
    server.say('busy');
    await using second = await first.killAndRestart();
    await second.ready();
    expect([await versionOf(second), await refusedOf(second, origin, HOSTS)]).toEqual(['2', 'oldnew']);
  });
});
