/**
 * Whom origins take customers for, where it is hard: behind a NAT that gives each subscriber a block of ports, and where the ports of
 * a node's own addresses are used up (requirement 78).
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { EchoClient, EchoOrigin } from './support/echo-origin.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, FAMILIES, InlineNetwork, load } from './support/inline-network.ts';
import { describeNetwork } from './support/programs.ts';

/** One public address for both, and a block of ports each. */
const BLOCKS = { client: [50_000, 50_019], client2: [50_020, 50_039] } as const;
const SUBSCRIBERS = ['client', 'client2'] as const;

describeNetwork()('whom an origin sees', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let filter: ProxyProcess;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    const both = [ADDRESSES.origin, ADDRESSES.origin2].flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]);
    const echo = await new EchoOrigin().listen(
      network.machines.origin,
      both.map((address) => ({ address, port: 443 })),
    );
    resources.use(echo);
    await network.installRules();
  });
  afterEach(async () => {
    await network.unsteer();
    await filter[Symbol.asyncDispose]();
  });
  afterAll(async () => await resources.end());

  test.each(FAMILIES)('behind a NAT with blocks of ports each subscriber keeps his: %s', async (family) => {
    filter = await startFilter(network, { source: 'client', config: { workers: 2 } });
    await network.steer({ returns: true });
    const [ip, shared] = [family === 'ipv4' ? 'ip' : 'ip6', ADDRESSES.client[family]];
    const target = family === 'ipv4' ? shared : `[${shared}]`;
    const rules = SUBSCRIBERS.map(
      (name) => `${ip} saddr ${ADDRESSES[name][family]} meta l4proto tcp snat to ${target}:${BLOCKS[name].join('-')};`,
    );
    await load(
      network.machines.client,
      `table inet nat { chain out { type nat hook postrouting priority srcnat; ${rules.join(' ')} }\n}\n`,
    );
    // A port of a block goes to several destinations at once.
    const wanted = SUBSCRIBERS.flatMap((name) =>
      [ADDRESSES.origin, ADDRESSES.origin2].flatMap((origin) => Array.from({ length: 15 }, () => ({ name, origin }))),
    );
    const open = await Promise.all(
      wanted.map(async ({ name, origin }) => {
        const from = { address: ADDRESSES[name][family], port: 0 };
        const to = { address: origin[family], port: 443 };
        return { name, client: await EchoClient.open(network.machines.client, to, { from }) };
      }),
    );
    for (const { name, client } of open) {
      expect(client.seenAs.address).toBe(shared);
      const [first, last] = BLOCKS[name];
      expect(client.seenAs.port >= first && client.seenAs.port <= last).toBe(true);
    }
    for (const { client } of open) await client[Symbol.asyncDispose]();
    await network.machines.client.run('nft', 'delete', 'table', 'inet', 'nat');
  });

  describe('source addresses', () => {
    const sourceAddresses = [ADDRESSES.filter.ipv4, '198.51.100.3'];

    test('where the ports of one are used up towards an origin, the next one is taken, and then nobody more is connected', async () => {
      const machine = network.machines.filter;
      await machine.run('ip', 'address', 'add', '198.51.100.3/28', 'dev', 'wire');
      filter = await startFilter(network, {
        config: { workers: 1, upstream: { allow: ['203.0.113.0/24'], sourceAddresses } },
      });
      await network.steer();
      await machine.run('sysctl', '-q', '-w', 'net.ipv4.ip_local_port_range=20000 20009');
      const open: EchoClient[] = [];
      const to = { address: ADDRESSES.origin.ipv4, port: 443 };
      for (let i = 0; i < 20; i += 1) open.push(await EchoClient.open(network.machines.client, to));
      const seen = open.map(({ seenAs }) => `${seenAs.address} ${seenAs.port}`);
      expect(new Set(seen).size).toBe(20);
      expect(new Set(open.map(({ seenAs }) => seenAs.address))).toEqual(new Set(sourceAddresses));
      await expect(EchoClient.open(network.machines.client, to)).rejects.toThrow('ECONNRESET');
      // Towards another origin the same ports are free.
      const other = { address: ADDRESSES.origin2.ipv4, port: 443 };
      open.push(await EchoClient.open(network.machines.client, other));
      for (const each of open) await each[Symbol.asyncDispose]();
      await machine.run('sysctl', '-q', '-w', 'net.ipv4.ip_local_port_range=32768 60999');
    });

    test('a mark is seen by the rules of the machine', async () => {
      const machine = network.machines.filter;
      await load(
        machine,
        'table inet marks { chain out { type filter hook output priority 0; meta mark 77 tcp flags syn counter; }\n}\n',
      );
      filter = await startFilter(network, {
        config: { workers: 1, upstream: { allow: ['203.0.113.0/24'], mark: 77 } },
      });
      await network.steer();
      await using client = await EchoClient.open(network.machines.client, {
        address: ADDRESSES.origin.ipv4,
        port: 443,
      });
      expect(client.seenAs.address).toBe(ADDRESSES.filter.ipv4);
      expect(await machine.run('nft', 'list', 'table', 'inet', 'marks')).toContain('counter packets 1 ');
      await machine.run('nft', 'delete', 'table', 'inet', 'marks');
    });
  });
});
