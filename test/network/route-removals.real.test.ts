/**
 * What takes routes out at once (requirement 80), from `serve` to the router's table with real BIRDs: a list that is off, an address that is protected from
 * a reload on, an entry that went while the instance was down, traffic. IPv4 and IPv6.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { cleanfeed, endAll } from '../commands/cli-process.ts';
import { eventually } from '../support/eventually.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { reloadWith } from '../support/reload-with.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { Bird } from './support/bird.ts';
import { EchoClient, EchoOrigin } from './support/echo-origin.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, FAMILIES, InlineNetwork } from './support/inline-network.ts';
import { startNameServer } from './support/name-server.ts';
import { describeNetwork } from './support/programs.ts';

const CONFIG = join(import.meta.dirname, '..', '..', 'config');
const SHIPPED = join(CONFIG, 'deployment');
const ONE = ADDRESSES.origin;
const OTHER = ADDRESSES.origin2;
const ALL = [ONE, OTHER].flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]);
/** A source of the filter's own that is no address of an interface. */
const SOURCE = '198.51.100.9';
const NAMES = {
  'one.example': Object.values(ONE),
  'other.example': [...Object.values(OTHER), SOURCE, `::ffff:${ONE.ipv4}`, '::ffff:203.0.113.77', '64:ff9b::cb00:710b'],
};

interface Configuration {
  readonly resolver: { readonly routes: object };
}

describeNetwork(['bird', 'birdc', 'python3'])('routes go at once', () => {
  const resources = new Resources();
  const directory = temporaryDirectory();
  let network: InlineNetwork;
  let proxy: ProxyProcess;

  beforeAll(async () => {
    resources.use(directory);
    network = resources.use(await InlineNetwork.create());
    const { edge, filter, origin } = network.machines;
    await edge.run('sh', join(SHIPPED, 'steer-rules.sh'), 'on');
    await network.installRules();
    await filter.run('nft', '-f', join(CONFIG, 'routes', 'route-counters.nft'));
    const endpoints = Object.values(OTHER).map((address) => ({ address, port: 80 }));
    const echo = await new EchoOrigin().listen(origin, endpoints);
    resources.use(echo);
    await filter.script(`ip -4 route add local ${SOURCE} dev lo`);
    const { server } = resources.use(await startNameServer(filter, NAMES));
    mkdirSync(directory.file('cleanfeed'));
    writeFileSync(directory.file('cleanfeed/steer.conf'), '');
    const bird = resources.use(await Bird.start(filter, directory.file('filter'), shipped('bird-filter.conf')));
    resources.use(await Bird.start(edge, directory.file('edge'), shipped('bird-edge.conf')));
    const routes = {
      file: directory.file('cleanfeed/steer.conf'),
      lists: ['national', 'second'],
      resolvers: [server],
      interval: '10s',
      community: [64500, 666],
      rate: { bytesPerSecond: '64KiB', counters: [join(CONFIG, 'routes', 'route-counters.sh')] },
      notify: [...bird.birdc, 'configure'],
    };
    proxy = await startFilter(network, {
      lists: {
        national: { text: 'one.example steer\n', gate: { shrink: 1 } },
        second: { text: 'other.example steer\n', gate: { shrink: 1 } },
      },
      upstream: { sourceAddresses: [ADDRESSES.filter.ipv4, SOURCE] },
      config: { resolver: { routes } },
    });
    resources.defer(async () => await proxy.stop());
  });
  afterEach(endAll);
  afterAll(async () => await resources.end());

  function shipped(name: string): string {
    const text = readFileSync(join(SHIPPED, name), 'utf8');
    return text.replace('/etc/bird/cleanfeed/', directory.file('cleanfeed/'));
  }

  async function steered(...wanted: readonly string[]): Promise<string> {
    const { edge } = network.machines;
    const sorted = wanted.toSorted().join();
    return await eventually(
      `steered: ${sorted}`,
      async () => {
        // A table without routes is no table.
        const both = await edge.script('for f in -4 -6; do ip $f route show table 66 2>/dev/null || :; done');
        return [...both.matchAll(/^(\S+) via /gm)]
          .map(([, to = '']) => to)
          .toSorted()
          .join();
      },
      (found) => found === sorted,
    );
  }

  async function ctl(...words: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await cleanfeed(['ctl', ...words, '-c', proxy.file('cleanfeed.yaml')]);
    expect([code, `${stdout}${stderr}`]).toEqual([0, expect.anything()]);
  }

  function list(name: string, text: string): void {
    writeFileSync(proxy.file('next.txt'), text);
    renameSync(proxy.file('next.txt'), proxy.file(`${name}.txt`));
  }

  test('from the start there is no route but for what is listed: none for a source address of the filter, none that means another', async () => {
    expect(await steered(...ALL)).not.toBe('');
    // The router would not take all of them.
    const written = readFileSync(directory.file('cleanfeed/steer.conf'), 'utf8').matchAll(/route (\S+)\/\d+ /g);
    expect([...written].map(([, address]) => address)).toEqual(
      ALL.toSorted((one, other) => Number(one.includes(':')) - Number(other.includes(':')) || (one < other ? -1 : 1)),
    );
  });

  test('a list that is off, of two', async () => {
    await ctl('list', 'off', 'national', '--for', '1h');
    await steered(...Object.values(OTHER));
    await ctl('list', 'on', 'national');
    expect(await steered(...ALL)).not.toBe('');
  });

  test('an address that is protected from a reload on, and one that is not any more', async () => {
    const before = JSON.parse(readFileSync(proxy.file('cleanfeed.yaml'), 'utf8')) as Configuration;
    const { routes } = before.resolver;
    const never = [`::ffff:${ONE.ipv4}/128`, '2001:db8:4::11/128'];
    await reloadWith(proxy, { ...before, resolver: { ...before.resolver, routes: { ...routes, never } } });
    await steered(ONE.ipv6, OTHER.ipv4);
    await reloadWith(proxy, before);
    expect(await steered(...ALL)).not.toBe('');
  });

  test('an entry that went while the instance was down: with its start', async () => {
    proxy.signal('SIGKILL');
    await proxy.exited;
    list('national', '# none\n');
    await steered(...ALL);
    proxy = await proxy.killAndRestart();
    await steered(...Object.values(OTHER));
    list('national', 'one.example steer\n');
    expect(await steered(...ALL)).not.toBe('');
  });

  test('a bypass ends judging and no route', async () => {
    await ctl('bypass', 'on', '--for', '1m');
    list('national', '# none\n');
    await steered(...Object.values(OTHER));
    await ctl('bypass', 'off');
    list('national', 'one.example steer\n');
    expect(await steered(...ALL)).not.toBe('');
  });

  test.each(FAMILIES)('what carries more than it may, and nothing else: %s', async (family) => {
    const carry = async (bytes: number): Promise<string> => {
      await using client = await EchoClient.open(network.machines.client, { address: OTHER[family], port: 80 });
      await client.exchange(bytes);
      return client.seenAs.address;
    };
    expect(await carry(1000)).not.toBe(ADDRESSES.client[family]);
    await eventually(
      'it is over its rate',
      // A connection that goes through the filter when the route goes is cut.
      async () => await carry(3_000_000).catch(() => 'cut'),
      (seen) => seen === ADDRESSES.client[family],
    );
    const others = ALL.filter((address) => address !== OTHER[family]);
    expect(await steered(...others)).not.toBe('');
    await ctl('steer', 'release', OTHER[family]);
    expect(await steered(...ALL)).not.toBe('');
  });
});
