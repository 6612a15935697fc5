/**
 * The whole `serve` comes into the path, is killed, comes back: flows that were begun without it live on (requirement 77), the guard's probe tells whether it is
 * there, and paths with a smaller MTU stay passable.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { EchoClient, EchoOrigin } from './support/echo-origin.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, FAMILIES, InlineNetwork } from './support/inline-network.ts';
import { describeNetwork } from './support/programs.ts';

const CHUNK = 100_000;

describeNetwork()('the filter leaves and returns', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let proxy: ProxyProcess;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    const addresses = FAMILIES.map((family) => ({ address: ADDRESSES.origin[family], port: 80 }));
    const echo = await new EchoOrigin().listen(network.machines.origin, addresses);
    resources.defer(async () => await Promise.resolve(echo[Symbol.dispose]()));
  });
  afterAll(async () => await resources.end());

  describe.each(['proxy', 'client'] as const)('source: %s', (source) => {
    beforeEach(async () => {
      await network.installRules();
      await network.steer({ returns: source === 'client' });
    });
    afterEach(async () => {
      await network.unsteer();
      await proxy.stop();
    });

    test.each(FAMILIES)(
      'a long transfer begun without it lives through starts, kills and stops of it: %s',
      async (family) => {
        await using long = await EchoClient.open(network.machines.client, {
          address: ADDRESSES.origin[family],
          port: 80,
        });
        const run = { isOver: false, chunks: 0 };
        const transfer = (async () => {
          for (; !run.isOver; run.chunks += 1) await long.exchange(CHUNK);
        })();
        const goesOn = async (): Promise<void> => {
          const reached = run.chunks + 2;
          await eventually('it goes on', () => run.chunks > reached);
        };
        proxy = await startFilter(network, { source });
        await goesOn();
        proxy = await proxy.killAndRestart();
        await proxy.ready();
        await goesOn();
        await network.setPorts('delete');
        await goesOn();
        await network.setPorts('add');
        await goesOn();
        run.isOver = true;
        await transfer;
        expect(long.seenAs.address).toBe(ADDRESSES.client[family]);
      },
    );

    test.each(FAMILIES)("the guard's probe goes through it, and sees that it does not: %s", async (family) => {
      proxy = await startFilter(network, { source });
      const { filter } = network.machines;
      const [from, to] = [ADDRESSES.probeFrom[family], ADDRESSES.probeTo[family]];
      using origin = await new EchoOrigin().listen(filter, [{ address: to, port: 80 }]);
      const isThere = async (): Promise<boolean> => {
        await using client = await EchoClient.open(
          filter,
          { address: to, port: 80 },
          { from: { address: from, port: 0 } },
        );
        return client.seenAs.address !== from || client.seenAs.port !== client.socket.localPort;
      };
      expect([origin, await isThere()]).toEqual([origin, true]);
      await network.setPorts('delete');
      expect(await isThere()).toBe(true);
      proxy.signal('SIGKILL');
      await proxy.exited;
      expect(await isThere()).toBe(false);
      proxy = await startFilter(network, { source });
      expect(await isThere()).toBe(true);
    });

    test.each(FAMILIES)('a path with a smaller MTU, both directions: %s', async (family) => {
      proxy = await startFilter(network, { source });
      await network.setMtu(1280);
      await using client = await EchoClient.open(network.machines.client, {
        address: ADDRESSES.origin[family],
        port: 80,
      });
      await client.exchange(20 * CHUNK);
      await network.setMtu(1500);
      expect(client.seenAs.address).toBe((source === 'client' ? ADDRESSES.client : ADDRESSES.filter)[family]);
    });
  });
});
