/**
 * Steering by BGP with real BIRDs on the filter, the router and a neighbour network, and the configurations that are shipped: single addresses come to
 * the filter, nothing goes round, and nobody else hears of it (requirement 58).
 */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { EchoClient, EchoOrigin } from './support/echo-origin.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, InlineNetwork } from './support/inline-network.ts';
import type { Namespace } from './support/namespace.ts';
import { describeNetwork } from './support/programs.ts';

const SHIPPED = join(import.meta.dirname, '..', '..', 'config', 'deployment');
const NEIGHBOUR = `
router id 198.51.100.18;
protocol device {}
protocol bgp edge { local 198.51.100.18 as 64501; neighbor 198.51.100.17 as 64500; ipv4 { import all; export none; }; }
`;
const STEERED = ADDRESSES.origin.ipv4;
const OTHER = ADDRESSES.origin2.ipv4;

describeNetwork(['bird', 'birdc'])('BGP', () => {
  const resources = new Resources();
  const directory = temporaryDirectory();
  let network: InlineNetwork;
  let proxy: ProxyProcess;

  beforeAll(async () => {
    resources.defer(async () => await Promise.resolve(directory[Symbol.dispose]()));
    network = resources.use(await InlineNetwork.create());
    const { edge, filter, core, origin } = network.machines;
    await network.installRules();
    proxy = resources.use(await startFilter(network));
    // What comes from the filter is routed as if BGP had not spoken.
    await edge.script('ip -4 route add default via 198.51.100.18 table 101; ip -4 rule add iif side lookup 101');
    const endpoints = [STEERED, OTHER].flatMap((address) => [80, 8081].map((port) => ({ address, port })));
    const echo = await new EchoOrigin().listen(origin, endpoints);
    resources.defer(async () => await Promise.resolve(echo[Symbol.dispose]()));
    await bird(filter, 'filter', readFileSync(join(SHIPPED, 'bird-filter.conf'), 'utf8'));
    await bird(edge, 'edge', readFileSync(join(SHIPPED, 'bird-edge.conf'), 'utf8'));
    await bird(core, 'core', NEIGHBOUR);
  });
  afterAll(async () => await resources.end());

  async function bird(machine: Namespace, name: string, configuration: string): Promise<void> {
    const [file, socket] = [directory.file(`${name}.conf`), directory.file(`${name}.ctl`)];
    writeFileSync(file, configuration);
    const child = machine.spawn('bird', '-f', '-c', file, '-s', socket, '-P', directory.file(`${name}.pid`));
    const exited = once(child, 'exit');
    resources.defer(async () => {
      child.kill('SIGTERM');
      await exited;
    });
    await eventually(`${name} answers`, async () => await ctl(name, 'show status').then(Boolean, () => false));
  }

  async function ctl(name: string, ...words: readonly string[]): Promise<string> {
    return await network.machines.edge.run('birdc', '-r', '-s', directory.file(`${name}.ctl`), ...words);
  }

  async function ask(address: string, port: number): Promise<string> {
    await using client = await EchoClient.open(network.machines.client, { address, port });
    await client.exchange(100_000);
    return client.seenAs.address;
  }

  test('the router learns the address, and the neighbour hears of nothing though it speaks with it', async () => {
    const { edge } = network.machines;
    await eventually('the route is there', async () =>
      (await edge.run('ip', 'route', 'get', STEERED)).includes('198.51.100.2'),
    );
    await eventually('the neighbour is there', async () =>
      (await ctl('core', 'show protocols edge')).includes('Established'),
    );
    expect(await ctl('core', 'show route count')).toMatch(/\b0 of 0 routes/);
  });

  test('what goes to the address goes through the filter, every port of it, and nothing goes round', async () => {
    expect(await ask(STEERED, 80)).toBe(ADDRESSES.filter.ipv4);
    expect(await ask(STEERED, 8081)).toBe(ADDRESSES.client.ipv4);
    expect(await ask(OTHER, 80)).toBe(ADDRESSES.client.ipv4);
    expect((await proxy.metrics()).get('cleanfeed_connections_dropped_total{reason="loop"}')).toBe(0);
  });

  test.each([
    { name: 'a network', route: '203.0.113.0/24' },
    { name: 'an address that is protected', route: '203.0.113.53/32' },
    { name: "an address of the ISP's own", route: '198.51.100.34/32' },
  ])('is not taken from the filter: $name', async ({ route }) => {
    const { edge } = network.machines;
    const [routes, refused] = [await edge.run('ip', '-4', 'route'), await filtered()];
    const steered = 'route 203.0.113.10/32 blackhole';
    const wrong = readFileSync(join(SHIPPED, 'bird-filter.conf'), 'utf8').replace(
      steered,
      `route ${route} blackhole; ${steered}`,
    );
    writeFileSync(directory.file('filter.conf'), wrong);
    await edge.run('birdc', '-s', directory.file('filter.ctl'), 'configure');
    await eventually('it was told and refused', async () => (await filtered()) > refused);
    expect(await edge.run('ip', '-4', 'route')).toBe(routes);
  });

  /** Routes that the router's rules have refused so far. */
  async function filtered(): Promise<number> {
    const told = await ctl('edge', 'show protocols all from_the_filter');
    return Number(/Import updates: +\d+ +\d+ +(\d+)/.exec(told)?.[1]);
  }

  test('the route goes with the filter, and customers go on directly', async () => {
    const { edge, filter } = network.machines;
    await filter.run('birdc', '-s', directory.file('filter.ctl'), 'disable', 'steered');
    await eventually(
      'it is withdrawn',
      async () => !(await edge.run('ip', 'route', 'get', STEERED)).includes('198.51.100.2'),
    );
    expect(await ask(STEERED, 80)).toBe(ADDRESSES.client.ipv4);
  });
});
