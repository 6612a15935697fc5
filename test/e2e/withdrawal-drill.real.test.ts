/**
 * Requirement 71, as a drill: from `publish withdraw` to the last verdict on four nodes that poll by themselves: one that follows, one that
 * holds the next version, one that was rolled back, one that waits. The address is free on all of them, whatever else each of them keeps.
 * What it took is printed and not judged: it is at most an interval, and what an update takes.
 */
import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import { ClearingHouse } from '../support/clearing-house.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import { describeWith } from '../support/programs.ts';
import { nodeSetup, pollNow, refusedOf, versionOf } from '../support/protected-node.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { RepositoryServer } from '../support/repository-server.ts';

const ISP = 'isp-a';
const INTERVAL = '10s';
const HOSTS = ['wrong', 'old', 'canary'];

describeWith(['nginx', 'openssl'])('an address that is withdrawn', () => {
  test('is free on each node at its next poll, past held, pinned and delayed versions', async () => {
    await using origin = await startOkOrigin();
    using house = await ClearingHouse.begin([ISP]);
    await using server = await RepositoryServer.start(house);
    writeFileSync(house.file('canaries.txt'), 'http://canary.localhost/listed\n');
    const place = { house, name: ISP, port: server.port, authority: server.authority };
    const start = async (more: object): Promise<ProxyProcess> =>
      await startProxy(nodeSetup(place, { interval: INTERVAL, ...more }));
    await house.list('wrong', 'old');
    house.deploy(ISP);
    await using pinned = await start({});
    await house.list('wrong', 'old', 'second');
    house.deploy(ISP);
    await pollNow(pinned);
    const { kind } = await askControl(pinned.file('control.sock'), { command: 'rollback', list: 'national' });
    expect(kind).toBe('reply');
    await using following = await start({});
    await using holding = await start({ gate: { canaries: house.file('canaries.txt') } });
    await using waiting = await start({ delay: '1d' });
    await house.list('wrong', 'canary');
    house.deploy(ISP);
    const nodes = { following, holding, pinned, waiting };
    for (const node of Object.values(nodes)) await pollNow(node);
    const state = async (): Promise<object> => {
      const found: Record<string, string> = {};
      for (const [name, node] of Object.entries(nodes))
        found[name] = `${await versionOf(node)} ${await refusedOf(node, origin, HOSTS)}`;
      return found;
    };
    expect(await state()).toEqual({
      following: '3 wrongcanary',
      holding: '2 wrongold',
      pinned: '1 wrongold',
      waiting: '2 wrongold',
    });
    expect((await holding.metrics()).get('cleanfeed_list_held{list="national"}')).toBe(1);

    const asked = server.requests.length;
    const began = Date.now();
    await house.withdraw('wrong');
    house.deploy(ISP);
    await Promise.all(
      Object.entries(nodes).map(async ([name, node]) => {
        await eventually(`free: ${name}`, async () => (await refusedOf(node, origin, ['wrong'])) === '');
      }),
    );
    process.stderr.write(`drill: free on four nodes ${Date.now() - began} ms after 'publish withdraw' began\n`);
    expect(await state()).toEqual({ following: '3 canary', holding: '2 old', pinned: '1 old', waiting: '2 old' });
    // It took no more than the next poll of each.
    const sets = await eventually(
      'it is logged',
      () => server.requests.slice(asked).filter((line) => line.includes('.set 200')),
      (lines) => lines.length >= Object.keys(nodes).length,
    );
    expect(sets).toHaveLength(Object.keys(nodes).length);
  });
});
