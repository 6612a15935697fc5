/**
 * A hundred updates of a protected list under load, whole and as deltas, removals between them: no request fails, versions only go up, and two
 * buffers serve all of them.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ClearingHouse } from '../support/clearing-house.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/programs.ts';
import { nodeSetup, pollNow, versionOf } from '../support/protected-node.ts';
import { startProxy } from '../support/proxy-process.ts';
import { servedHouse } from '../support/repository-server.ts';
import type { RepositoryServer } from '../support/repository-server.ts';
import { Resources } from '../support/resources.ts';
import { startEchoOrigin, SteadyLoad } from '../support/steady-load.ts';

const ISP = 'isp-a';
const UPDATES = 100;
/** Each is a withdrawal in place of a version. */
const REMOVAL_EVERY = 5;

describeWith(['nginx', 'openssl'])('under load', () => {
  const resources = new Resources();
  let house: ClearingHouse;
  let server: RepositoryServer;

  beforeAll(async () => {
    ({ house, server } = await servedHouse(resources, [ISP], { filler: 6000 }));
  });
  afterAll(async () => await resources.end());

  test('a hundred updates', async () => {
    // The load asks for this one.
    const listed = ['origin', ...Array.from({ length: UPDATES / REMOVAL_EVERY }, (_, i) => `w${i}`)];
    await using origin = await startEchoOrigin();
    await house.list(...listed);
    house.deploy(ISP);
    const { config, ...setup } = nodeSetup({ house, name: ISP, port: server.port, authority: server.authority });
    await using proxy = await startProxy({ ...setup, config: { ...config, workers: 2 } });
    const load = new SteadyLoad({ port: proxy.port, originPort: origin.port });
    const listsMemory = async (): Promise<number> => (await proxy.metrics()).get('cleanfeed_lists_memory_bytes') ?? 0;
    const oneBuffer = await listsMemory();
    expect(oneBuffer).toBeGreaterThan(0);
    let version = 1;
    let removed = 0;
    for (let update = 1; update <= UPDATES; update++) {
      const isRemoval = update % REMOVAL_EVERY === 0;
      if (isRemoval) {
        await house.withdraw(`w${removed}`);
        removed += 1;
      } else {
        version += 1;
        await house.list(
          `v${version}`,
          ...listed.filter((host) => !host.startsWith('w') || Number(host.slice(1)) >= removed),
        );
      }
      house.deploy(ISP);
      await pollNow(proxy);
      expect(await versionOf(proxy)).toBe(`${version}`);
      const { versions } = (await proxy.status()).lists[0] ?? {};
      expect(versions?.withdrawn).toBe(removed);
      // The version in force, and the one that was or will be: a third would have been kept by somebody.
      expect(await listsMemory()).toBe(2 * oneBuffer);
      await load.more(5);
    }
    const { failures, retried } = await load.stop();
    expect({ failures, retried }).toEqual({ failures: [], retried: 0 });
    expect((await proxy.status()).generation).toBe(UPDATES + 1);
    expect(proxy.logged('list.failed')).toEqual([]);
    for (const kind of ['full', 'delta'])
      await eventually(`a ${kind} was fetched`, () => server.requests.some((line) => line.includes(`.${kind} 200`)));
  });
});
