/**
 * Two protected lists of two repositories on one node, each with a schedule, an action and a gate of its own: neither waits for the other, is asked for with
 * it, nor is judged by its rules; and what is withdrawn from one stays in the other until that one is asked.
 */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ClearingHouse } from '../support/clearing-house.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { describeWith } from '../support/programs.ts';
import { nodeList, pollNow, refusedOf } from '../support/protected-node.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { servedHouse } from '../support/repository-server.ts';
import type { RepositoryServer } from '../support/repository-server.ts';
import { Resources } from '../support/resources.ts';

const [OFTEN, SELDOM] = ['isp-a', 'isp-b'];
const HOSTS = ['wrong', 'old', 'canary'];

describeWith(['nginx', 'openssl'])('two protected lists', () => {
  const resources = new Resources();
  let origin: Origin;
  let house: ClearingHouse;
  let server: RepositoryServer;

  beforeAll(async () => {
    origin = resources.use(await startOkOrigin());
    ({ house, server } = await servedHouse(resources, [OFTEN, SELDOM]));
  });
  afterAll(async () => await resources.end());

  function deploy(): void {
    for (const name of [OFTEN, SELDOM]) house.deploy(name);
  }

  /** Version in force, the one that is held, withdrawn entries; of the list that is asked often first. */
  async function versions(proxy: ProxyProcess): Promise<readonly string[]> {
    return (await proxy.status()).lists.map(({ versions: { inForce, held, withdrawn } }) =>
      [inForce, held?.version ?? 'none', withdrawn ?? 0].join(' '),
    );
  }

  const askedOf = (name: string): number => server.requests.filter((line) => line.includes(`/${name}/`)).length;

  test('each is asked, judged and enforced by its own terms', async () => {
    writeFileSync(house.file('canaries.txt'), 'http://canary.localhost/listed\n');
    const listOf = (name: string, more: object): object =>
      nodeList({ house, name, port: server.port, authority: server.authority }, { name, ...more });
    await house.list('wrong', 'old');
    deploy();
    const proxy = await startProxy({
      config: {
        control: { socket: './control.sock' },
        lists: [
          listOf(OFTEN, { interval: '10s' }),
          listOf(SELDOM, { interval: '1h', action: 'count', gate: { canaries: house.file('canaries.txt') } }),
        ],
      },
    });
    await eventually(
      'the first looks are over',
      async () => (await proxy.metrics()).get('cleanfeed_list_cache_current{list="isp-b"}') === 1,
    );
    expect(await refusedOf(proxy, origin, HOSTS)).toBe('wrongold');
    const hits = async (list: string, action: string): Promise<number> =>
      (await proxy.metrics()).get(`cleanfeed_list_hits_total{list="${list}",action="${action}"}`) ?? 0;
    // Each counts what it has, whatever the other does with the request.
    expect([await hits(OFTEN, 'block'), await hits(SELDOM, 'count'), await hits(SELDOM, 'block')]).toEqual([2, 2, 0]);

    const asked = askedOf(SELDOM);
    await house.list('wrong', 'old', 'canary');
    await house.withdraw('wrong');
    deploy();
    await eventually('the one follows', async () => (await versions(proxy))[0] === '2 none 1');
    expect(await refusedOf(proxy, origin, HOSTS)).toBe('oldcanary');
    expect([(await versions(proxy))[1], askedOf(SELDOM)]).toEqual(['1 none 0', asked]);
    await pollNow(proxy);
    await eventually('the other holds it, less what is withdrawn', async () => (await versions(proxy))[1] === '1 2 1');
    expect(await versions(proxy)).toEqual(['2 none 1', '1 2 1']);
    expect(await refusedOf(proxy, origin, HOSTS)).toBe('oldcanary');

    await using second = await proxy.killAndRestart();
    await second.ready();
    await eventually('both are as they were', async () => (await versions(second)).join() === '2 none 1,1 2 1');
    expect(await refusedOf(second, origin, HOSTS)).toBe('oldcanary');
  });
});
