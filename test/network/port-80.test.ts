/** Port-80 reality through the filter in transparent mode: what client and origin see of each other is what they see without it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { play } from './support/exchange.ts';
import type { Exchange, Outcome } from './support/exchange.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, InlineNetwork } from './support/inline-network.ts';
import type { Family } from './support/inline-network.ts';
import { FAST_OPEN, PORT_80 } from './support/port-80.ts';
import { describeNetwork } from './support/programs.ts';
import { connectFrom } from './support/sockets.ts';

/** Hosts and addresses of the exchanges have entries beside those that they ask for: nothing passes because nothing is known of it. */
const LIST = ['origin.example', 'other.example', ADDRESSES.origin.ipv4, `[${ADDRESSES.origin.ipv6}]`]
  .map((host) => `${host}/listed/*\n`)
  .join('');

describeNetwork()('port 80', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  const direct = new Map<string, Outcome>();

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    await network.installRules();
    for (const machine of [network.machines.client, network.machines.origin, network.machines.filter])
      await machine.run('sysctl', '-q', '-w', 'net.ipv4.tcp_fastopen=3');
  });
  afterAll(async () => await resources.end());

  async function outcome(exchange: Exchange, family: Family): Promise<Outcome> {
    return await play(exchange, {
      origin: network.machines.origin,
      at: { address: ADDRESSES.origin[family], port: exchange.port ?? 80 },
      connect: async (to, options) => await connectFrom(network.machines.client, to, options),
    });
  }

  describe.each([
    { source: 'proxy', family: 'ipv4' },
    { source: 'client', family: 'ipv6' },
  ] as const)('source: $source, $family', ({ source, family }) => {
    let proxy: ProxyProcess;
    beforeAll(async () => {
      proxy = await startFilter(network, { source, lists: { own: LIST } });
    });
    beforeEach(async () => await network.unsteer());
    afterAll(async () => {
      await network.unsteer();
      await proxy.stop();
    });

    test.each([...PORT_80, FAST_OPEN])('$name', async (exchange) => {
      if (!direct.has(exchange.name)) direct.set(exchange.name, await outcome(exchange, family));
      await network.steer({ returns: source === 'client' });
      const before = await taken(proxy);
      const filtered = await outcome(exchange, family);
      expect(filtered).toEqual(direct.get(exchange.name));
      expect(await taken(proxy)).toBeGreaterThan(before);
    });
  });

  async function taken(proxy: ProxyProcess): Promise<number> {
    const all = await proxy.metrics();
    return [...all].reduce(
      (sum, [name, value]) => (name.startsWith('cleanfeed_bytes_total{direction="client_in"') ? sum + value : sum),
      0,
    );
  }
});
