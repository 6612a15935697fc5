/**
 * The whole `serve` comes into the path, is killed, comes back: flows that were begun without it live on (requirement 77), the guard's probe tells whether it is
 * there, and paths with a smaller MTU stay passable.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { aRest } from '../support/paced.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { EchoClient, EchoOrigin } from './support/echo-origin.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, FAMILIES, InlineNetwork } from './support/inline-network.ts';
import type { Family } from './support/inline-network.ts';
import { describeNetwork } from './support/programs.ts';

const CHUNK = 100_000;

describeNetwork()('the filter leaves and returns', () => {
  const resources = new Resources();
  let network: InlineNetwork;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    const addresses = FAMILIES.map((family) => ({ address: ADDRESSES.origin[family], port: 80 }));
    const echo = await new EchoOrigin().listen(network.machines.origin, addresses);
    resources.use(echo);
  });
  afterAll(async () => await resources.end());

  describe.each(['proxy', 'client'] as const)('source: %s', (source) => {
    let proxy: ProxyProcess | null = null;
    /** One for all tests here: it listens in both families. */
    const running = async (): Promise<ProxyProcess> => (proxy ??= await startFilter(network, { source }));

    beforeEach(async () => {
      await network.installRules();
      await network.steer({ returns: source === 'client' });
    });
    afterEach(async () => await network.unsteer());
    afterAll(async () => await proxy?.stop());

    test('long transfers begun without it live through starts, kills and stops of it', async () => {
      await using ipv4 = await LongTransfer.begin(network, 'ipv4');
      await using ipv6 = await LongTransfer.begin(network, 'ipv6');
      const goOn = async (): Promise<void> => {
        await Promise.all([ipv4.goesOn(), ipv6.goesOn()]);
      };
      proxy = await startFilter(network, { source });
      await goOn();
      proxy = await proxy.killAndRestart();
      await proxy.ready();
      await goOn();
      await network.setPorts('delete');
      await goOn();
      await network.setPorts('add');
      await goOn();
      expect([await ipv4.end(), await ipv6.end()]).toEqual([ADDRESSES.client.ipv4, ADDRESSES.client.ipv6]);
    });

    test.each(FAMILIES)('a path with a smaller MTU, both directions: %s', async (family) => {
      await running();
      await network.setMtu(1280);
      await using client = await EchoClient.open(network.machines.client, {
        address: ADDRESSES.origin[family],
        port: 80,
      });
      await client.exchange(20 * CHUNK);
      await network.setMtu(1500);
      expect(client.seenAs.address).toBe((source === 'client' ? ADDRESSES.client : ADDRESSES.filter)[family]);
    });

    test("the guard's probe goes through it, and sees that it does not", async () => {
      proxy = await running();
      const { filter } = network.machines;
      using _origin = await new EchoOrigin().listen(
        filter,
        FAMILIES.map((family) => ({ address: ADDRESSES.probeTo[family], port: 80 })),
      );
      const isThere = async (family: Family): Promise<boolean> => {
        const [from, to] = [ADDRESSES.probeFrom[family], ADDRESSES.probeTo[family]];
        await using client = await EchoClient.open(
          filter,
          { address: to, port: 80 },
          { from: { address: from, port: 0 } },
        );
        return client.seenAs.address !== from || client.seenAs.port !== client.socket.localPort;
      };
      const seen = async (): Promise<readonly boolean[]> => [await isThere('ipv4'), await isThere('ipv6')];
      expect(await seen()).toEqual([true, true]);
      await network.setPorts('delete');
      expect(await seen()).toEqual([true, true]);
      proxy.signal('SIGKILL');
      await proxy.exited;
      proxy.forget();
      expect(await seen()).toEqual([false, false]);
      proxy = await startFilter(network, { source });
      expect(await seen()).toEqual([true, true]);
    });
  });
});

/** A connection of a customer's that has always something under way, until it is told to end. */
class LongTransfer implements AsyncDisposable {
  readonly #client: EchoClient;
  readonly #transfer: Promise<void>;
  #chunks = 0;
  #isOver = false;

  static async begin({ machines }: InlineNetwork, family: Family): Promise<LongTransfer> {
    return new LongTransfer(await EchoClient.open(machines.client, { address: ADDRESSES.origin[family], port: 80 }));
  }

  private constructor(client: EchoClient) {
    this.#client = client;
    this.#transfer = this.#run();
    // It is told by whoever waits for it.
    this.#transfer.catch(() => {});
  }

  /** Some more of it gets through. */
  async goesOn(): Promise<void> {
    const reached = this.#chunks + 2;
    await Promise.race([this.#transfer, eventually('it goes on', () => this.#chunks > reached)]);
  }

  /** @returns whom the origin took the client for; throws where the connection broke. */
  async end(): Promise<string> {
    this.#isOver = true;
    await this.#transfer;
    return this.#client.seenAs.address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#client[Symbol.asyncDispose]();
  }

  async #run(): Promise<void> {
    for (; !this.#isOver; this.#chunks += 1) {
      await this.#client.exchange(CHUNK);
      await aRest();
    }
  }
}
