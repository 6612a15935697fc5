/**
 * Steering by BGP from the list to the customer: `serve` reads a list, asks a real name server, writes routes for BIRD, and counts what they carry by
 * the rules that are shipped. The router's kernel takes them for customers only; a neighbour network hears of nothing. IPv4 and IPv6.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SteerReport } from '../../src/observe/control-protocol.ts';
import { cleanfeed } from '../commands/cli-process.ts';
import { eventually } from '../support/eventually.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { Bird, NEIGHBOUR } from './support/bird.ts';
import { EchoClient, EchoOrigin } from './support/echo-origin.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, FAMILIES, InlineNetwork } from './support/inline-network.ts';
import { startNameServer } from './support/name-server.ts';
import { describeNetwork } from './support/programs.ts';
import { startWebOrigin } from './support/web-origin.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CONFIG = join(ROOT, 'config');
const LISTED = ADDRESSES.origin;
const HEAVY = ADDRESSES.origin2;
/** Names that lead where no route may go: a name server that is protected, this machine, a loopback address, a content network, a steered resolver. */
const NEVER = ['203.0.113.53', ADDRESSES.filter.ipv4, ADDRESSES.filter.ipv6, '127.0.0.1', '::1', '104.16.1.1'];
const LIST = 'http://listed.example/page steer\nbent.example steer\n';

describeNetwork(['bird', 'birdc', 'nginx', 'curl', 'python3'])('the route feed', () => {
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
    await filter.run('nft', '-f', join(CONFIG, 'routes', 'route-counters.nft'));
    await edge.run('sh', join(CONFIG, 'deployment', 'steer-rules.sh'), 'on');
    resources.use(await startWebOrigin(origin, [LISTED.ipv4, LISTED.ipv6]));
    const endpoints = [HEAVY.ipv4, HEAVY.ipv6].map((address) => ({ address, port: 80 }));
    const echo = await new EchoOrigin().listen(origin, endpoints);
    resources.use(echo);
    const names = {
      'listed.example': Object.values(LISTED),
      'heavy.example': Object.values(HEAVY),
      'bent.example': NEVER,
    };
    const { server } = resources.use(await startNameServer(filter, names));
    mkdirSync(directory.file('cleanfeed'));
    birds = {
      filter: resources.use(await Bird.start(filter, directory.file('filter'), shipped('bird-filter.conf'))),
      edge: resources.use(await Bird.start(edge, directory.file('edge'), shipped('bird-edge.conf'))),
      core: resources.use(await Bird.start(core, directory.file('core'), NEIGHBOUR)),
    };
    const routes = {
      file: directory.file('cleanfeed/steer.conf'),
      lists: ['national'],
      resolvers: [server],
      interval: '10s',
      community: [64500, 666],
      never: ['203.0.113.53/32'],
      rate: { bytesPerSecond: '64KiB', counters: [join(CONFIG, 'routes', 'route-counters.sh')] },
      notify: [...birds.filter.birdc, 'configure'],
    };
    proxy = await startFilter(network, {
      lists: { national: { text: LIST, gate: { shrink: 1 } } },
      config: { resolver: { routes } },
    });
    resources.defer(async () => await proxy.stop());
  });
  afterAll(async () => await resources.end());

  function shipped(name: string): string {
    const text = readFileSync(join(CONFIG, 'deployment', name), 'utf8');
    return text.replace('/etc/bird/cleanfeed/', directory.file('cleanfeed/'));
  }

  /** Put in place as a whole, as lists are. */
  function list(text: string): void {
    writeFileSync(proxy.file('next.txt'), text);
    renameSync(proxy.file('next.txt'), proxy.file('national.txt'));
  }

  /** What the router looks up for customers. */
  async function routes(): Promise<string[]> {
    const { edge } = network.machines;
    // A table without routes is no table.
    const both = await edge.script('for f in -4 -6; do ip $f route show table 66 2>/dev/null || :; done');
    return [...both.matchAll(/^(\S+) via /gm)].map(([, to = '']) => to).toSorted();
  }

  async function steered(...wanted: readonly string[]): Promise<readonly string[]> {
    return await eventually(
      `${wanted.join()} are steered`,
      routes,
      (found) => found.join() === wanted.toSorted().join(),
    );
  }

  async function heard(): Promise<string[]> {
    return [...(await birds.core.ctl('show', 'route')).matchAll(/^(\S+\/\d+)/gm)].map(([, route = '']) => route);
  }

  async function curl(family: 'ipv4' | 'ipv6', path: string): Promise<string> {
    const address = family === 'ipv4' ? LISTED.ipv4 : `[${LISTED.ipv6}]`;
    const words = ['-q', '-s', '-m', '60', '-w', '%{http_code}', '--resolve', `listed.example:80:${address}`];
    return await network.machines.client.run('curl', ...words, `http://listed.example${path}`);
  }

  /** Whom the other origin takes the customer for, after so many bytes there and back. */
  async function exchange(family: 'ipv4' | 'ipv6', bytes: number): Promise<string> {
    await using client = await EchoClient.open(network.machines.client, { address: HEAVY[family], port: 80 });
    await client.exchange(bytes);
    return client.seenAs.address;
  }

  async function steer(...words: readonly string[]): Promise<SteerReport> {
    const { code, stdout, stderr } = await cleanfeed([
      'ctl',
      'steer',
      ...words,
      '--json',
      '-c',
      proxy.file('cleanfeed.yaml'),
    ]);
    if (code !== 0) throw new Error(`${stdout}${stderr}`);
    return (JSON.parse(stdout) as { readonly result: SteerReport }).result;
  }

  async function gauge(state: string): Promise<number | undefined> {
    return (await proxy.metrics()).get(`cleanfeed_routes{state="${state}"}`);
  }

  test('names of the list become routes for customers, whatever else the name server says, and the neighbour hears of none', async () => {
    expect(await steered(LISTED.ipv4, LISTED.ipv6)).toHaveLength(2);
    await eventually('ours are there', heard, (told) => told.length === 2);
    expect((await heard()).toSorted()).toEqual(['192.0.2.0/24', '2001:db8:1::/48']);
    expect(readFileSync(directory.file('cleanfeed/steer.conf'), 'utf8').match(/route \S+/g)).toHaveLength(2);
    expect([await gauge('announced'), await gauge('held')]).toEqual([2, 0]);
  });

  test.each(FAMILIES)(
    '%s: the listed page is refused, its siblings pass by the filter, other addresses go on directly',
    async (family) => {
      expect(await curl(family, '/page')).toMatch(/403$/);
      expect(await curl(family, '/')).toMatch(new RegExp(`^${ADDRESSES.filter[family]} \\d+\\n200$`));
      expect(await exchange(family, 1000)).toBe(ADDRESSES.client[family]);
      expect((await proxy.metrics()).get('cleanfeed_connections_dropped_total{reason="loop"}')).toBe(0);
    },
  );

  test('an address that is denied is withdrawn at once, and released again', async () => {
    expect(await steer('deny', LISTED.ipv4)).toMatchObject({
      announced: 1,
      reviews: [{ address: LISTED.ipv4, reason: 'denied', hosts: ['listed.example'] }],
    });
    await steered(LISTED.ipv6);
    expect(await curl('ipv4', '/page')).toMatch(new RegExp(`^${ADDRESSES.client.ipv4} \\d+\\n200$`));
    expect(await steer('release', LISTED.ipv4)).toMatchObject({ announced: 2, reviews: [] });
    await steered(LISTED.ipv4, LISTED.ipv6);
    await expect(steer('release', LISTED.ipv4)).rejects.toThrow('neither held nor denied');
  });

  test('a route that carries more than it may is withdrawn and held, and its traffic goes on directly', async () => {
    list(`${LIST}heavy.example steer\n`);
    await steered(LISTED.ipv4, LISTED.ipv6, HEAVY.ipv4, HEAVY.ipv6);
    expect(await exchange('ipv4', 1000)).toBe(ADDRESSES.filter.ipv4);
    await eventually(
      'it is over its rate',
      async () => {
        // A connection that goes through the filter when the route goes is cut: the origin knows nothing of it.
        await exchange('ipv4', 3_000_000).catch(() => 'cut');
        return await routes();
      },
      (found) => !found.includes(HEAVY.ipv4),
    );
    expect(await routes()).toEqual([LISTED.ipv4, LISTED.ipv6, HEAVY.ipv6].toSorted());
    expect(await exchange('ipv4', 1000)).toBe(ADDRESSES.client.ipv4);
    expect((await steer('held')).reviews).toMatchObject([
      { address: HEAVY.ipv4, reason: 'rate', hosts: ['heavy.example'] },
    ]);
    expect((await proxy.metrics()).get('cleanfeed_route_withdrawn_total{reason="rate"}')).toBe(1);
    const { stdout } = await cleanfeed(['ctl', 'steer', 'held', '-c', proxy.file('cleanfeed.yaml')]);
    expect(stdout).toMatch(
      /^3 addresses are announced, 1 are not\n\n.*\n203\.0\.113\.11 +HELD: over its rate +\S+Z +heavy\.example\n$/,
    );
  });

  test('over a kill and a restart the routes stay, and what is held is held', async () => {
    proxy = await proxy.killAndRestart();
    await proxy.ready();
    await eventually(
      'it knows them',
      async () => await gauge('announced'),
      (count) => count === 3,
    );
    expect(await routes()).toEqual([LISTED.ipv4, LISTED.ipv6, HEAVY.ipv6].toSorted());
    expect((await steer('held')).reviews).toMatchObject([{ address: HEAVY.ipv4, reason: 'rate' }]);
  });

  test('a removed entry takes its routes out at once, and others stay', async () => {
    list('heavy.example steer\n');
    await steered(HEAVY.ipv6);
    expect(await curl('ipv4', '/page')).toMatch(new RegExp(`^${ADDRESSES.client.ipv4} \\d+\\n200$`));
    list('# none\n');
    expect(await steered()).toEqual([]);
  });
});
