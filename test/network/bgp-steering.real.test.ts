/**
 * Steering by BGP with real BIRDs on the filter, the router and a neighbour network, the configurations that are shipped, and routes as the feed writes
 * them, in both families: single addresses of customers' traffic come to the filter, nothing goes round, and nobody else hears of it (requirement 58).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { birdFile } from '../../src/outlets/routes/bird-file.ts';
import { eventually } from '../support/eventually.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { Bird, NEIGHBOUR } from './support/bird.ts';
import { EchoClient, EchoOrigin } from './support/echo-origin.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, FAMILIES, InlineNetwork } from './support/inline-network.ts';
import { describeNetwork } from './support/programs.ts';

const SHIPPED = join(import.meta.dirname, '..', '..', 'config', 'deployment');
const STEERED = ADDRESSES.origin;
const OTHER = ADDRESSES.origin2;
const COMMUNITY = [64500, 666] as const;

describeNetwork(['bird', 'birdc'])('BGP', () => {
  const resources = new Resources();
  const directory = temporaryDirectory();
  let network: InlineNetwork;
  let proxy: ProxyProcess;
  let birds: Record<'filter' | 'edge' | 'core', Bird>;

  beforeAll(async () => {
    resources.use(directory);
    network = resources.use(await InlineNetwork.create());
    const { edge, filter, core, origin } = network.machines;
    await network.installRules();
    proxy = resources.use(await startFilter(network));
    await edge.run('sh', join(SHIPPED, 'steer-rules.sh'), 'on');
    const endpoints = [STEERED, OTHER].flatMap(({ ipv4, ipv6 }) =>
      [ipv4, ipv6].flatMap((address) => [80, 8081].map((port) => ({ address, port }))),
    );
    const echo = await new EchoOrigin().listen(origin, endpoints);
    resources.use(echo);
    mkdirSync(directory.file('cleanfeed'));
    announce(STEERED.ipv4, STEERED.ipv6);
    birds = {
      filter: resources.use(await Bird.start(filter, directory.file('filter'), shipped('bird-filter.conf'))),
      edge: resources.use(await Bird.start(edge, directory.file('edge'), shipped('bird-edge.conf'))),
      core: resources.use(await Bird.start(core, directory.file('core'), NEIGHBOUR)),
    };
  });
  afterAll(async () => await resources.end());

  function shipped(name: string): string {
    const text = readFileSync(join(SHIPPED, name), 'utf8');
    return text.replace('/etc/bird/cleanfeed/', directory.file('cleanfeed/'));
  }

  function announce(...addresses: readonly string[]): void {
    writeFileSync(directory.file('cleanfeed/steer.conf'), birdFile(addresses, COMMUNITY));
  }

  async function ask(family: 'ipv4' | 'ipv6', to: typeof STEERED | typeof OTHER, port: number): Promise<string> {
    await using client = await EchoClient.open(network.machines.client, { address: to[family], port });
    await client.exchange(100_000);
    return client.seenAs.address;
  }

  /** Where the router sends what customers send to this address. */
  async function wayOf(address: string): Promise<string> {
    const from = address.includes(':') ? ADDRESSES.client.ipv6 : ADDRESSES.client.ipv4;
    return await network.machines.edge.run('ip', 'route', 'get', address, 'from', from, 'iif', 'south');
  }

  async function steered(address: string, isIt = true): Promise<void> {
    await eventually(
      `${address} ${isIt ? 'is' : 'is not'} steered`,
      async () => /via (?:198\.51\.100\.2|2001:db8:2::2|fe80:\S+) dev side/.test(await wayOf(address)) === isIt,
    );
  }

  /** All that the neighbour has heard. */
  async function heard(): Promise<string[]> {
    const told = await birds.core.ctl('show', 'route');
    return [...told.matchAll(/^(\S+\/\d+)/gm)].map(([, route = '']) => route);
  }

  test('the router learns the addresses, for customers only', async () => {
    for (const family of FAMILIES) {
      await steered(STEERED[family]);
      expect(await network.machines.edge.run('ip', 'route', 'get', STEERED[family])).not.toContain('dev side');
    }
  });

  test('the neighbour hears of our prefixes and of no steered address', async () => {
    await eventually('ours are there', heard, (routes) => routes.length === 2);
    expect((await heard()).toSorted()).toEqual(['192.0.2.0/24', '2001:db8:1::/48']);
  });

  test.each(FAMILIES)(
    '%s: what goes to the address goes through the filter, every port of it, and nothing goes round',
    async (family) => {
      expect(await ask(family, STEERED, 80)).toBe(ADDRESSES.filter[family]);
      expect(await ask(family, STEERED, 8081)).toBe(ADDRESSES.client[family]);
      expect(await ask(family, OTHER, 80)).toBe(ADDRESSES.client[family]);
      expect((await proxy.metrics()).get('cleanfeed_connections_dropped_total{reason="loop"}')).toBe(0);
    },
  );

  describe('each guard alone keeps a steered address from the neighbour', () => {
    // Routes of the filter lie among the router's own, as they would on a router that has one table.
    const oneTable = (text: string): string => text.replaceAll(/table steer[46]; (?=import filter)/g, '');
    const withoutFilters = (text: string): string =>
      text.replaceAll('if is_steered() then reject; ', '').replaceAll(/\tif \(65535, 65281\).*\n/g, '');
    const strip = (text: string, kept: string): string =>
      text.replaceAll(/\taccept;\n/g, `\tbgp_community.empty; ${kept}\n\taccept;\n`);

    test.each([
      { name: 'the export filter, by length', change: (text: string) => strip(oneTable(text), '') },
      {
        name: 'the export filter, by our community',
        change: (text: string) =>
          strip(oneTable(text), 'bgp_community.add((64500, 666));').replace(/return \(net\.type.*/, 'return false;'),
      },
      { name: 'NO_EXPORT, where nobody filters', change: (text: string) => withoutFilters(oneTable(text)) },
    ])('$name', async ({ change }) => {
      const changed = change(shipped('bird-edge.conf'));
      expect(changed).not.toBe(shipped('bird-edge.conf'));
      const inMaster = async (): Promise<string> => await birds.edge.ctl('show', 'route', 'table', 'master4');
      // What an import filter before took in, with other communities, is gone first.
      await birds.edge.configure(shipped('bird-edge.conf'));
      await eventually('they lie apart', inMaster, (told) => !told.includes(`${STEERED.ipv4}/32`));
      await birds.edge.configure(changed);
      await eventually('they lie among the others', inMaster, (told) => told.includes(`${STEERED.ipv4}/32`));
      const exported = await eventually(
        'ours are exported',
        async () =>
          (await birds.edge.ctl('show', 'route', 'export', 'core')) +
          (await birds.edge.ctl('show', 'route', 'export', 'core6')),
        (told) => /192\.0\.2\.0\/24[^]*2001:db8:1::\/48/.test(told),
      );
      expect(exported).not.toMatch(/\/32|\/128/);
      await eventually('ours are there', heard, (routes) => routes.length === 2);
      expect((await heard()).toSorted()).toEqual(['192.0.2.0/24', '2001:db8:1::/48']);
    });

    test('and without any of them it hears of them: this test would see it', async () => {
      await birds.edge.configure(strip(withoutFilters(oneTable(shipped('bird-edge.conf'))), ''));
      await eventually(
        'it hears',
        heard,
        (routes) => routes.includes(`${STEERED.ipv4}/32`) && routes.includes(`${STEERED.ipv6}/128`),
      );
      await birds.edge.configure(shipped('bird-edge.conf'));
      await eventually('it is over', heard, (routes) => routes.length === 2);
      expect(await heard()).toHaveLength(2);
    });
  });

  test.each([
    { name: 'a network', route: '203.0.113.0/24' },
    { name: 'an address that is protected', route: '203.0.113.53/32' },
    { name: "an address of the ISP's own", route: '198.51.100.34/32' },
    { name: 'an IPv6 network', route: '2001:db8:4::/64' },
    { name: 'an IPv6 address that is protected', route: '2001:db8:4::53/128' },
  ])('is not taken from the filter: $name', async ({ route }) => {
    const { edge } = network.machines;
    const family = route.includes(':') ? 6 : 4;
    const table = ['ip', `-${family}`, 'route', 'show', 'table', '66'] as const;
    await steered(family === 4 ? STEERED.ipv4 : STEERED.ipv6);
    const [routes, before] = [await edge.run(...table), await refused(family)];
    const written = birdFile([STEERED.ipv4, STEERED.ipv6], COMMUNITY);
    const wrong = written.replace(/\troute (\S+) (blackhole \{[^}]*\};)/g, (line, to: string, rest: string) =>
      to.includes(':') === (family === 6) ? `${line}\n\troute ${route} ${rest}` : line,
    );
    writeFileSync(directory.file('cleanfeed/steer.conf'), wrong);
    await birds.filter.ctl('configure');
    await eventually('it was told and refused', async () => (await refused(family)) > before);
    expect(await edge.run(...table)).toBe(routes);
    announce(STEERED.ipv4, STEERED.ipv6);
    await birds.filter.ctl('configure');
  });

  /** Routes that the router's rules have refused so far. */
  async function refused(family: 4 | 6): Promise<number> {
    const told = await birds.edge.ctl(
      'show',
      'protocols',
      'all',
      family === 4 ? 'from_the_filter' : 'from_the_filter6',
    );
    return Number(/Import updates: +\d+ +\d+ +(\d+)/.exec(told)?.[1]);
  }

  test('an address that is taken out of the file goes at once, and the other one stays', async () => {
    announce(STEERED.ipv6);
    await birds.filter.ctl('configure');
    await steered(STEERED.ipv4, false);
    await steered(STEERED.ipv6);
    expect(await ask('ipv4', STEERED, 80)).toBe(ADDRESSES.client.ipv4);
    announce(STEERED.ipv4, STEERED.ipv6);
    await birds.filter.ctl('configure');
    await steered(STEERED.ipv4);
  });

  test('the routes go with the filter, and customers go on directly', async () => {
    for (const session of ['edge', 'edge6']) await birds.filter.ctl('disable', session);
    for (const family of FAMILIES) {
      await steered(STEERED[family], false);
      expect(await ask(family, STEERED, 80)).toBe(ADDRESSES.client[family]);
    }
  });
});
