/**
 * Requirement 71 where the node is busy with something else that does not end: the next version drips, or a reload reads a new list that drips. An address that
 * is withdrawn is free at the next poll all the same, by the time that was begun has not ended, and stays free when it has.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import type { ClearingHouse } from '../support/clearing-house.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { describeWith } from '../support/programs.ts';
import { nodeSetup, pollNow, refusedOf, versionOf } from '../support/protected-node.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess, ProxySetup } from '../support/proxy-process.ts';
import { servedHouse } from '../support/repository-server.ts';
import type { RepositoryServer } from '../support/repository-server.ts';
import { Resources } from '../support/resources.ts';

const ISP = 'isp-a';
/** More than a MiB of records: a payload of it may take two minutes. */
const MANY = Array.from({ length: 25_000 }, (_, i) => `many${i}`);
const HOSTS = ['wrong', 'old', 'many1'];

describeWith(['nginx', 'openssl'])('an address is withdrawn', () => {
  const resources = new Resources();
  let origin: Origin;
  let house: ClearingHouse;
  let server: RepositoryServer;

  beforeAll(async () => {
    origin = resources.use(await startOkOrigin());
    ({ house, server } = await servedHouse(resources, [ISP]));
    await house.list('wrong', 'old');
    house.deploy(ISP);
  });
  afterAll(async () => await resources.end());
  afterEach(() => server.say(null));

  function setup(interval: string): ProxySetup {
    return nodeSetup({ house, name: ISP, port: server.port, authority: server.authority }, { interval });
  }

  /** As long as what drips has not ended. */
  async function isFree(proxy: ProxyProcess, host: string): Promise<void> {
    const { endlessBegun } = server;
    await house.withdraw(host);
    house.deploy(ISP);
    await eventually('it is free', async () => (await refusedOf(proxy, origin, [host])) === '');
    expect(server.endlessBegun).toBe(endlessBegun);
    await eventually('it is told', () => proxy.logged('list.withdrawn').length === 1);
  }

  async function dripping(before: number): Promise<void> {
    await eventually('something drips', () => server.endlessBegun > before);
  }

  test('while the next version drips', async () => {
    await using proxy = await startProxy(setup('10s'));
    expect(await refusedOf(proxy, origin, HOSTS)).toBe('wrongold');
    const { endlessBegun } = server;
    server.say({ of: 'payload', pace: 'dripping' });
    await house.list('wrong', 'old', ...MANY);
    house.deploy(ISP);
    await dripping(endlessBegun);
    await isFree(proxy, 'wrong');
    expect(await versionOf(proxy)).toBe('1');
    server.say(null);
    server.cutEndless();
    await eventually('the next version is in force', async () => (await versionOf(proxy)) === '2');
    expect(await refusedOf(proxy, origin, HOSTS)).toBe('oldmany1');
  });

  test('while a reload reads another list that drips', async () => {
    const own = setup('10s');
    await using proxy = await startProxy(own);
    await pollNow(proxy);
    const before = await proxy.status();
    expect(await refusedOf(proxy, origin, HOSTS)).toBe('oldmany1');
    const { endlessBegun } = server;
    server.say({ of: 'payload', pace: 'dripping' });
    const config = JSON.parse(readFileSync(proxy.file('cleanfeed.yaml'), 'utf8'));
    const [{ ca, auth }] = config.lists;
    const source = `https://localhost:${server.port}/${ISP}/another.full`;
    config.lists.push({ name: 'another', source, ca, auth });
    writeFileSync(proxy.file('cleanfeed.yaml'), JSON.stringify(config));
    const reload = askControl(proxy.file('control.sock'), { command: 'reload' });
    await dripping(endlessBegun);
    await isFree(proxy, 'old');
    const { generation } = await proxy.status();
    expect(generation).toBe(before.generation + 1);
    server.say(null);
    server.cutEndless();
    expect(await reload).toMatchObject({ kind: 'reply' });
    expect(await refusedOf(proxy, origin, HOSTS)).toBe('many1');
    expect((await proxy.status()).lists.map(({ name }) => name)).toEqual(['national']);
  });
});
