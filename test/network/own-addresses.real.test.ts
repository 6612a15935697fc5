/**
 * No name and no address leads from the filter to itself, whichever of its addresses it is (requirements 31, 58): of interfaces, of networks to
 * which clients are steered, in each spelling, through an explicit listener, by CONNECT, and through a steered one. The kernel counts.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, InlineNetwork, load } from './support/inline-network.ts';
import { startNameServer } from './support/name-server.ts';
import { describeNetwork } from './support/programs.ts';

/** Routes alone, without an address of an interface. */
const STEERED = ['198.51.100.64/29', '2001:db8:2:80::/64'] as const;
const OF_LOOPBACK = '198.51.100.40';
const NAMES = {
  'own4.example': [ADDRESSES.filter.ipv4],
  'own6.example': [ADDRESSES.filter.ipv6],
  'other-interface.example': [OF_LOOPBACK],
  'steered4.example': ['198.51.100.66'],
  'steered6.example': ['2001:db8:2:80::77'],
  'mapped.example': ['::ffff:198.51.100.66'],
  'zero4.example': ['0.0.0.0'],
  'zero6.example': ['::'],
  'several.example': [ADDRESSES.filter.ipv4, '198.51.100.66', '0.0.0.0'],
} as const;
const LITERALS = ['198.51.100.2', '198.51.100.66', '[2001:db8:2:80::9]', '[::ffff:c633:6442]', '[64:ff9b::c633:6442]'];
const PORTS = [80, 443, 3128] as const;
const SYN = 'oifname "lo" tcp flags & (syn|ack) == syn';

describeNetwork(['curl', 'python3'])('addresses of the filter itself', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let proxy: ProxyProcess;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    const { edge, filter } = network.machines;
    const { server } = resources.use(await startNameServer(filter, NAMES));
    const [four, six] = STEERED;
    await filter.script(
      `ip -4 route add local ${four} dev lo; ip -6 route add local ${six} dev lo; ip addr add ${OF_LOOPBACK} dev lo`,
    );
    await edge.script(`ip -4 route add ${four} via ${ADDRESSES.filter.ipv4}`);
    await load(
      filter,
      `table inet loops { chain out { type filter hook output priority 0; ${SYN} tcp dport { ${PORTS.join()} } counter; }\n}\n`,
    );
    proxy = await startFilter(network, {
      listeners: [
        { name: 'steered', mode: 'steered', addresses: STEERED, ports: [80, 443], resolver: [server] },
        { name: 'explicit', mode: 'explicit', address: '::', port: 3128 },
      ],
      // Nothing but that they are its own speaks against them.
      upstream: { dns: { servers: [server] }, allow: ['0.0.0.0/0', '::/0'] },
      config: { connect: { ports: PORTS }, clients: { allow: ['0.0.0.0/0', '::/0'], openProxy: true } },
    });
    resources.defer(async () => await proxy.stop());
  });
  afterAll(async () => await resources.end());

  /** Connections that this machine has begun to itself. */
  async function loops(): Promise<number> {
    const rules = await network.machines.filter.run('nft', 'list', 'table', 'inet', 'loops');
    return Number(/counter packets (\d+)/.exec(rules)?.[1]);
  }

  /** The status, of the request or of CONNECT; 0: there was none. */
  async function curl(...words: readonly string[]): Promise<number> {
    const script = 'curl -q -sk -m 60 -o /dev/null -w "%{http_code} %{http_connect}" "$@" || :';
    const told = await network.machines.client.run('sh', '-c', script, 'sh', ...words);
    return Math.max(...told.split(' ').map(Number));
  }

  // Was a fault: a proxy led to the steered listener beside it, and to itself, by an address that is steered and no interface's.
  test.each([...Object.keys(NAMES), ...LITERALS])('an explicit listener does not lead to %s', async (host) => {
    const asked = PORTS.flatMap((port) => [
      ['-x', `http://${ADDRESSES.filter.ipv4}:3128`, `http://${host}:${port}/`],
      ['-p', '-x', `http://${ADDRESSES.filter.ipv4}:3128`, `http://${host}:${port}/`],
    ]);
    for (const words of asked) expect([words.join(' '), await curl(...words)]).toEqual([words.join(' '), 403]);
    expect(await loops()).toBe(0);
  });

  test.each(Object.keys(NAMES))('a steered listener does not lead to %s', async (host) => {
    expect(await curl('--connect-to', '::198.51.100.65:80', `http://${host}/`)).toBe(0);
    expect(await curl('--connect-to', '::198.51.100.65:443', `https://${host}/`)).toBe(0);
    expect(await loops()).toBe(0);
  });
});
