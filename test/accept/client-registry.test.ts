/** Who counts as one client, and how many connections it may hold (requirement 36). */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ClientRegistry } from '../../src/accept/client-registry.ts';
import type { Client } from '../../src/accept/client-registry.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/types.ts';

interface Limits {
  readonly connectionsPerClient?: number;
  readonly clientPrefix?: { readonly ipv4?: number; readonly ipv6?: number };
  readonly sharedAddresses?: readonly { readonly prefix: string; readonly connectionsPerClient?: number | null }[];
}

function configOf(limits: Limits, clients: readonly string[] = ['0.0.0.0/0', '::/0']): Config {
  const loaded = parseConfig(JSON.stringify({ limits, clients: { allow: clients } }), 'f.yaml', {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

const NO_MASKS = new Map<string, number>();

function registryOf(config: Config): ClientRegistry {
  return new ClientRegistry(config, NO_MASKS);
}

/** How many of these connections, opened in this order, were let in. */
function letIn(limits: Limits, addresses: readonly string[]): number {
  const registry = registryOf(configOf(limits));
  return addresses.filter((address) => registry.open(registry.client(address))).length;
}

const ONE = { connectionsPerClient: 1 };

describe('requirement 36: two addresses are one client', () => {
  test.each([
    { name: 'IPv4, unless told: each address for itself', limits: ONE, pair: ['192.0.2.1', '192.0.2.0'], one: false },
    {
      name: 'the same address on a dual-stack socket',
      limits: ONE,
      pair: ['192.0.2.1', '::ffff:192.0.2.1'],
      one: true,
    },
    {
      name: 'IPv6, unless told: within a /56',
      limits: ONE,
      pair: ['2001:db8:0:1::1', '2001:db8:0:ff:ffff::2'],
      one: true,
    },
    {
      name: 'IPv6, unless told: beyond a /56',
      limits: ONE,
      pair: ['2001:db8:0:0::1', '2001:db8:0:100::1'],
      one: false,
    },
    {
      name: 'IPv4 by /24',
      limits: { ...ONE, clientPrefix: { ipv4: 24 } },
      pair: ['192.0.2.1', '192.0.2.254'],
      one: true,
    },
    {
      name: 'IPv4 by /24, its neighbour',
      limits: { ...ONE, clientPrefix: { ipv4: 24 } },
      pair: ['192.0.2.1', '192.0.3.1'],
      one: false,
    },
    {
      name: 'IPv4 by /31, no whole byte',
      limits: { ...ONE, clientPrefix: { ipv4: 31 } },
      pair: ['192.0.2.2', '192.0.2.3'],
      one: true,
    },
    {
      name: 'IPv4 by /31, its neighbour',
      limits: { ...ONE, clientPrefix: { ipv4: 31 } },
      pair: ['192.0.2.1', '192.0.2.2'],
      one: false,
    },
    {
      name: 'IPv6 by /48',
      limits: { ...ONE, clientPrefix: { ipv6: 48 } },
      pair: ['2001:db8:0:0::1', '2001:db8:0:ff00::1'],
      one: true,
    },
    {
      name: 'IPv6 by /60',
      limits: { ...ONE, clientPrefix: { ipv6: 60 } },
      pair: ['2001:db8:0:1f::1', '2001:db8:0:20::1'],
      one: false,
    },
    {
      name: 'IPv6 by /128',
      limits: { ...ONE, clientPrefix: { ipv6: 128 } },
      pair: ['2001:db8::1', '2001:db8::2'],
      one: false,
    },
    {
      name: 'the bytes of an IPv4 address in an IPv6 one',
      limits: { ...ONE, clientPrefix: { ipv6: 32 } },
      pair: ['32.1.13.184', '2001:db8::'],
      one: false,
    },
  ])('$name: $one', ({ limits, pair, one }) => {
    expect(letIn(limits, pair)).toBe(one ? 1 : 2);
  });
});

describe('requirement 36: shared addresses', () => {
  const CGN = { prefix: '198.51.100.0/24' };
  const five = (address: string): string[] => Array<string>(5).fill(address);

  test.each<{ name: string; limits: Limits; addresses: string[]; want: number }>([
    {
      name: 'without a cap of their own are not capped',
      limits: { ...ONE, sharedAddresses: [CGN] },
      addresses: five('198.51.100.7'),
      want: 5,
    },
    {
      name: 'null says the same',
      limits: { ...ONE, sharedAddresses: [{ ...CGN, connectionsPerClient: null }] },
      addresses: five('198.51.100.7'),
      want: 5,
    },
    {
      name: 'with one have that',
      limits: { ...ONE, sharedAddresses: [{ ...CGN, connectionsPerClient: 3 }] },
      addresses: five('198.51.100.7'),
      want: 3,
    },
    {
      name: 'each address for itself',
      limits: { ...ONE, sharedAddresses: [{ ...CGN, connectionsPerClient: 3 }] },
      addresses: [...five('198.51.100.7'), ...five('198.51.100.8')],
      want: 6,
    },
    {
      name: 'others have the common cap',
      limits: { ...ONE, sharedAddresses: [CGN] },
      addresses: five('198.51.101.7'),
      want: 1,
    },
    {
      name: 'IPv6',
      limits: { ...ONE, sharedAddresses: [{ prefix: '2001:db8::/32', connectionsPerClient: 2 }] },
      addresses: five('2001:db8::1'),
      want: 2,
    },
    {
      name: 'a single address',
      limits: { ...ONE, sharedAddresses: [{ prefix: '198.51.100.7' }] },
      addresses: five('::ffff:198.51.100.7'),
      want: 5,
    },
    {
      name: 'the longest prefix counts, whatever the order',
      limits: { ...ONE, sharedAddresses: [CGN, { prefix: '198.51.100.4/30', connectionsPerClient: 2 }] },
      addresses: [...five('198.51.100.7'), ...five('198.51.100.8')],
      want: 7,
    },
    {
      name: 'an exempt range does not use up the cap of the client prefix around it',
      limits: { connectionsPerClient: 2, clientPrefix: { ipv4: 24 }, sharedAddresses: [{ prefix: '198.51.100.0/25' }] },
      addresses: [...five('198.51.100.7'), ...five('198.51.100.200')],
      want: 7,
    },
    {
      name: 'two ranges within one client prefix',
      limits: {
        ...ONE,
        clientPrefix: { ipv4: 24 },
        sharedAddresses: [
          { prefix: '198.51.100.0/26', connectionsPerClient: 2 },
          { prefix: '198.51.100.64/26', connectionsPerClient: 3 },
        ],
      },
      addresses: [...five('198.51.100.7'), ...five('198.51.100.70')],
      want: 5,
    },
  ])('$name', ({ limits, addresses, want }) => {
    expect(letIn(limits, addresses)).toBe(want);
  });
});

describe('requirement 36: a reload', () => {
  /** Opens what may be opened; the clients as the connections hold them. */
  function open(registry: ClientRegistry, addresses: readonly string[]): { client: Client }[] {
    return addresses.flatMap((address) => {
      const client = registry.client(address);
      return registry.open(client) ? [{ client }] : [];
    });
  }

  test('counts what is open by the new prefixes', () => {
    const registry = registryOf(configOf({ connectionsPerClient: 3 }));
    const connections = open(registry, ['192.0.2.1', '192.0.2.2']);
    registry.configure(configOf({ connectionsPerClient: 3, clientPrefix: { ipv4: 24 } }), NO_MASKS, connections);
    expect(open(registry, ['192.0.2.3', '192.0.2.4', '192.0.3.1'])).toHaveLength(2);
    registry.close(connections[0]!.client);
    expect(open(registry, ['192.0.2.5', '192.0.2.6'])).toHaveLength(1);
  });

  test('caps and ranges hold for the next connection; nothing that is open is ended', () => {
    const registry = registryOf(
      configOf({ connectionsPerClient: 1, sharedAddresses: [{ prefix: '198.51.100.0/24' }] }),
    );
    const connections = open(registry, ['198.51.100.1', '198.51.100.1', '198.51.100.1', '192.0.2.1']);
    expect(connections).toHaveLength(4);
    registry.configure(configOf({ connectionsPerClient: 2 }), NO_MASKS, connections);
    expect(open(registry, ['198.51.100.1', '192.0.2.1', '192.0.2.1'])).toHaveLength(1);
    for (const { client } of connections.slice(0, 2)) registry.close(client);
    expect(open(registry, ['198.51.100.1', '198.51.100.1'])).toHaveLength(1);
  });

  test('who may use the proxy is asked anew', () => {
    const registry = registryOf(configOf({}, ['192.0.2.0/24']));
    const connections = open(registry, ['192.0.2.1']);
    expect(connections[0]!.client.allowed).toBe(true);
    registry.configure(configOf({}, ['198.51.100.0/24']), NO_MASKS, connections);
    expect(connections[0]!.client).toMatchObject({ address: '192.0.2.1', allowed: false });
  });
});

describe('the policy of a client', () => {
  function withPolicies(policies: readonly unknown[], exempt: readonly string[] = []): Config {
    const file = { policies, exempt: { clients: exempt }, lists: [{ name: 'own', source: './own.txt' }] };
    const loaded = parseConfig(JSON.stringify(file), 'f.yaml', {});
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
    return loaded.config;
  }
  const school = { name: 'school', clients: ['192.0.2.0/24'], lists: ['own'] };
  const line = { name: 'line', clients: ['192.0.2.7'], lists: [] };
  const masks = new Map([
    ['school', 1],
    ['line', 0],
  ]);

  test.each([
    ['192.0.2.1', 'school'],
    ['::ffff:192.0.2.1', 'school'],
    ['192.0.2.7', 'line'],
    ['::ffff:192.0.2.7', 'line'],
    ['192.0.3.1', null],
    ['no address', null],
  ])('%s: %s', (address, want) => {
    const registry = new ClientRegistry(withPolicies([school, line]), masks);
    expect(registry.client(address).policy?.name ?? null).toBe(want);
  });

  test('its mask is that of the lists in force, and changes for all of its clients at once', () => {
    const registry = new ClientRegistry(withPolicies([school]), masks);
    const client = registry.client('192.0.2.1');
    expect(client.policy?.listMask).toBe(1);
    for (const policy of registry.policies) policy.listMask = 2;
    expect([client, registry.client('192.0.2.2')].map(({ policy }) => policy?.listMask)).toEqual([2, 2]);
  });

  test('a reload gives every connection the policy that its client has by now', () => {
    const registry = new ClientRegistry(withPolicies([school]), masks);
    const connections = ['192.0.2.1', '192.0.2.7', '192.0.3.1'].map((text) => ({ client: registry.client(text) }));
    registry.configure(withPolicies([{ ...school, clients: ['192.0.3.0/24'] }, line]), masks, connections);
    expect(connections.map(({ client: { policy } }) => policy?.name ?? null)).toEqual([null, 'line', 'school']);
  });

  test('one that is exempt is exempt all the same', () => {
    const registry = new ClientRegistry(withPolicies([school, line], ['192.0.2.0/25']), masks);
    expect(['192.0.2.1', '192.0.2.7', '192.0.2.200'].map((text) => registry.client(text).exempt)).toEqual([
      true,
      true,
      false,
    ]);
  });
});

test('this machine is who asks from loopback, a listener or where the guard does, which is trusted with no more than others', () => {
  const text = JSON.stringify({
    listeners: [
      { name: 'explicit', address: '192.0.2.9', port: 3128 },
      { name: 'inline', mode: 'transparent', address: '127.0.0.1', port: 8080 },
    ],
    clients: { allow: ['192.0.2.0/24'] },
    guard: {
      origin: { address: '198.18.0.2', port: 80 },
      probes: [
        { listener: 'inline', from: '198.18.0.1' },
        { listener: 'explicit', address: '192.0.2.10' },
      ],
    },
  });
  const loaded = parseConfig(text, 'f.yaml', {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const registry = registryOf(loaded.config);
  const addresses = ['127.0.0.1', '::1', '192.0.2.9', '::ffff:192.0.2.9', '198.18.0.1', '192.0.2.10', '192.0.2.11'];
  const clients = addresses.map((address) => registry.client(address));
  expect(clients.map(({ isOwn }) => isOwn)).toEqual([true, true, true, true, true, true, false]);
  expect(clients.map(({ isOneClient }) => isOneClient)).toEqual([false, false, false, false, true, true, true]);
  registry.configure(configOf({}), NO_MASKS, []);
  expect(registry.client('198.18.0.1').isOwn).toBe(false);
});

test('requirement 36: whatever comes, goes and is reloaded, a client never holds more than its cap, and all of it can be had again', () => {
  const address = fc.constantFrom(
    '192.0.2.1',
    '192.0.2.2',
    '192.0.3.1',
    '198.51.100.1',
    '198.51.100.2',
    '2001:db8::1',
    '2001:db8:0:1::1',
    '2001:db8:1::1',
  );
  const limits = fc.record({
    connectionsPerClient: fc.integer({ min: 1, max: 3 }),
    clientPrefix: fc.record({ ipv4: fc.integer({ min: 8, max: 32 }), ipv6: fc.integer({ min: 16, max: 128 }) }),
    sharedAddresses: fc.constantFrom(
      [],
      [{ prefix: '198.51.100.0/24', connectionsPerClient: 2 }],
      [{ prefix: '198.51.100.2' }],
    ),
  });
  const step = fc.oneof(fc.record({ open: address }), fc.record({ close: fc.nat() }), fc.record({ reload: limits }));
  fc.assert(
    fc.property(limits, fc.array(step, { maxLength: 60, size: 'max' }), (first, steps) => {
      const registry = registryOf(configOf(first));
      let now: Limits = first;
      const connections: { client: Client }[] = [];
      for (const each of steps) {
        if ('reload' in each) {
          now = each.reload;
          registry.configure(configOf(now), NO_MASKS, connections);
        } else if ('open' in each) {
          const client = registry.client(each.open);
          const held = connections.filter((connection) => connection.client.prefix === client.prefix).length;
          const isOpen = registry.open(client);
          expect(isOpen).toBe(held < client.maxConnections);
          if (isOpen) connections.push({ client });
        } else {
          const [gone] = connections.splice(each.close % (connections.length || 1), 1);
          if (gone !== undefined) registry.close(gone.client);
        }
      }
      for (const { client } of connections) registry.close(client);
      const fresh = registryOf(configOf(now));
      const all = (of: ClientRegistry): boolean[] =>
        ['192.0.2.1', '198.51.100.1', '2001:db8::1'].flatMap((text) =>
          [1, 2, 3, 4].map(() => of.open(of.client(text))),
        );
      expect(all(registry)).toEqual(all(fresh));
    }),
  );
});
