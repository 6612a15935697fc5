/**
 * The customers' side of the router, with the policy routing that is shipped: errors about paths to customers reach the filter, which sends with the
 * addresses of origins; and with `source: client` the answers of a web server among the customers do.
 *
 *   client ── edge ── … ── origin
 *   home ── street ─┘  │
 *                    filter
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Resources } from '../support/resources.ts';
import { EchoClient, EchoOrigin } from './support/echo-origin.ts';
import { ADDRESSES, FAMILIES, InlineNetwork } from './support/inline-network.ts';
import { cable, Namespace } from './support/namespace.ts';
import { describeNetwork } from './support/programs.ts';
import { TransparentRelay } from './support/transparent-relay.ts';

const CHUNK = 100_000;
const SOURCES = ['proxy', 'client'] as const;
const INTERFACES = 'south south2';
const HOME = { ipv4: '192.0.2.130', ipv6: '2001:db8:1:1::130' } as const;
/** What a whole segment of Ethernet holds: a customer whose own link takes less does not say so. */
const WHOLE = 'advmss 1460';

describeNetwork()("the customers' side", () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let home: Namespace;
  let street: Namespace;
  let relay: TransparentRelay;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    home = resources.use(await Namespace.create('home'));
    street = resources.use(await Namespace.create('street'));
    const { client, edge, origin } = network.machines;
    await cable([street, 'north'], [edge, 'south2']);
    await cable([home, 'north'], [street, 'south']);
    await edge.script(`ip -4 address add 198.51.100.49/29 dev south2; ip -6 address add 2001:db8:6::1/64 dev south2 nodad
      ip -4 route add 192.0.2.128/25 via 198.51.100.50; ip -6 route add 2001:db8:1:1::/64 via 2001:db8:6::2`);
    await street.script(`sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
      ip -4 address add 198.51.100.50/29 dev north; ip -6 address add 2001:db8:6::2/64 dev north nodad
      ip -4 address add 192.0.2.129/25 dev south; ip -6 address add 2001:db8:1:1::129/64 dev south nodad
      ip -4 route add default via 198.51.100.49; ip -6 route add default via 2001:db8:6::1`);
    await home.script(`ip -4 address add ${HOME.ipv4}/25 dev north; ip -6 address add ${HOME.ipv6}/64 dev north nodad
      ip -4 route add default via 192.0.2.129 ${WHOLE}; ip -6 route add default via 2001:db8:1:1::129 ${WHOLE}`);
    await client.run('ip', '-4', 'route', 'add', '192.0.2.128/25', 'via', '192.0.2.1');
    for (const [machine, addresses] of [
      [origin, Object.values(ADDRESSES.origin)],
      [home, Object.values(HOME)],
    ] as const) {
      const echo = await new EchoOrigin().listen(
        machine,
        addresses.map((address) => ({ address, port: 80 })),
      );
      resources.use(echo);
    }
  });
  beforeEach(async () => await network.installRules());
  afterEach(async () => {
    relay[Symbol.dispose]();
    await network.unsteer(INTERFACES);
  });
  afterAll(async () => await resources.end());

  async function inPath(source: 'proxy' | 'client'): Promise<void> {
    relay = await new TransparentRelay(network.machines.filter, source).listen();
    await network.steer({ returns: source === 'client', customers: INTERFACES });
  }

  describe.each(FAMILIES)('%s', (family) => {
    // Was so: they went on to the origin, whose address the filter had sent with.
    test.each(SOURCES)('errors about the path to a customer reach the filter, source: %s', async (source) => {
      await inPath(source);
      // The other way to find out, which needs no errors.
      await network.machines.filter.run('sysctl', '-q', '-w', 'net.ipv4.tcp_mtu_probing=0');
      await Promise.all([
        home.run('ip', 'link', 'set', 'north', 'mtu', '1280'),
        street.run('ip', 'link', 'set', 'south', 'mtu', '1280'),
      ]);
      await using client = await EchoClient.open(home, { address: ADDRESSES.origin[family], port: 80 });
      await client.exchange(20 * CHUNK);
      expect(relay.seen).toHaveLength(1);
    });

    // Was so with source: client: the answers went from one customer to the other, and none of them came to the filter.
    test.each(SOURCES)('one customer at the web server of another, source: %s', async (source) => {
      await inPath(source);
      await using client = await EchoClient.open(network.machines.client, { address: HOME[family], port: 80 });
      await client.exchange(CHUNK);
      expect(client.seenAs.address).toBe((source === 'client' ? ADDRESSES.client : ADDRESSES.filter)[family]);
      expect(relay.seen).toHaveLength(1);
    });
  });
});
