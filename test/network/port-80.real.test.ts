/** Port-80 reality through the filter in the path, and through one that names lead to: what client and origin see of each other is what they see without it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { play, Side } from './support/exchange.ts';
import type { Exchange, Outcome } from './support/exchange.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, InlineNetwork } from './support/inline-network.ts';
import type { Family } from './support/inline-network.ts';
import { startNameServer, type NameServer } from './support/name-server.ts';
import { FAST_OPEN, longPoll, PORT_80 } from './support/port-80.ts';
import { describeNetwork } from './support/programs.ts';
import { connectFrom } from './support/sockets.ts';

type Machine = Readonly<Record<Family, string>>;

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

  /** @param to where the client believes that the origin is. */
  async function outcome(exchange: Exchange, family: Family, to: Machine = ADDRESSES.origin): Promise<Outcome> {
    return await play(exchange, {
      origin: network.machines.origin,
      at: { address: ADDRESSES.origin[family], port: exchange.port ?? 80 },
      connect: async ({ port }, options) =>
        await connectFrom(network.machines.client, { address: to[family], port }, options),
    });
  }

  async function directly(exchange: Exchange, family: Family): Promise<Outcome> {
    const known = direct.get(exchange.name) ?? (await outcome(exchange, family));
    direct.set(exchange.name, known);
    return known;
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
      const wanted = await directly(exchange, family);
      await network.steer({ returns: source === 'client' });
      const before = await taken(proxy);
      expect(await outcome(exchange, family)).toEqual(wanted);
      expect(await taken(proxy)).toBeGreaterThan(before);
    });
  });

  describe('steered', () => {
    let proxy: ProxyProcess;
    let names: NameServer;
    beforeAll(async () => {
      await network.unsteer();
      const at = [ADDRESSES.origin.ipv4];
      names = await startNameServer(network.machines.filter, { 'origin.example': at, 'other.example': at });
      const { ipv4 } = ADDRESSES.filter;
      const listeners = [
        { name: 'steered', mode: 'steered', addresses: [ipv4], ports: [80], resolver: [names.server] },
      ];
      const config = { clients: { allow: ['192.0.2.0/24'] } };
      proxy = await startFilter(network, { listeners, config, lists: { own: LIST } });
    });
    afterAll(async () => {
      await proxy.stop();
      await names[Symbol.asyncDispose]();
    });

    test.each([...PORT_80.filter(({ isNameless }) => isNameless !== true), FAST_OPEN])('$name', async (exchange) => {
      const wanted = await directly(exchange, 'ipv4');
      const before = await taken(proxy);
      expect(await outcome(exchange, 'ipv4', ADDRESSES.filter)).toEqual(wanted);
      expect(await taken(proxy)).toBeGreaterThan(before);
    });
  });

  test('long polling: no deadline of the filter counts while an origin has nothing to say', async () => {
    await network.unsteer();
    const wanted = await outcome(
      longPoll(async () => await Promise.resolve()),
      'ipv4',
    );
    const timeouts = { header: '1s', body: '100ms', firstByte: '100ms', idle: '100ms' };
    const proxy = await startFilter(network, { lists: { own: LIST }, config: { timeouts } });
    await network.steer();
    // Longer than any of them: somebody else begins a head meanwhile, and is cut off.
    const silence = async (): Promise<void> => {
      const to = { address: ADDRESSES.origin.ipv4, port: 80 };
      const slow = new Side(await connectFrom(network.machines.client, to));
      slow.send('GET /slow HTTP/1.1\r\nHo');
      await slow.ended();
      slow.reset();
    };
    expect(await outcome(longPoll(silence), 'ipv4')).toEqual(wanted);
    await network.unsteer();
    await proxy.stop();
  });

  async function taken(proxy: ProxyProcess): Promise<number> {
    const all = await proxy.metrics();
    return [...all].reduce(
      (sum, [name, value]) => (name.startsWith('cleanfeed_bytes_total{direction="client_in"') ? sum + value : sum),
      0,
    );
  }
});
