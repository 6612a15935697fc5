/** Which keys a listener's mode has, what it needs, and where a steered one listens. */
import { describe, expect, test } from '@jest/globals';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { listenPlaces } from '../../src/config/listener-modes.ts';
import { parseConfig } from '../../src/config/load.ts';

function read(listener: object, others: object = {}) {
  return parseConfig(JSON.stringify({ listeners: [{ name: 'a', ...listener }], ...others }), '/c.yaml', {});
}

function faults(listener: object, others: object = {}): string[] {
  const loaded = read(listener, others);
  return loaded.ok ? [] : loaded.faults.map((fault) => formatDiagnostic(fault).replace(/^\S+ /, ''));
}

function listenerOf(listener: object) {
  const loaded = read(listener);
  if (!loaded.ok) throw new Error(loaded.faults.map(formatDiagnostic).join('\n'));
  return loaded.config.listeners[0]!;
}

describe('keys and modes', () => {
  test.each([
    {
      mode: 'explicit',
      keys: { source: 'client' },
      want: ['listeners[0].source: belongs to mode transparent or steered'],
    },
    {
      mode: 'explicit',
      keys: { notHttp: 'refuse' },
      want: ['listeners[0].notHttp: belongs to mode transparent or steered'],
    },
    {
      mode: 'explicit',
      keys: { addresses: ['192.0.2.80'] },
      want: ['listeners[0].addresses: belongs to mode steered'],
    },
    {
      mode: 'explicit',
      keys: { clientField: 'forwarded' },
      want: ['listeners[0].clientField: belongs to mode transparent or steered'],
    },
    { mode: 'transparent', keys: { clientField: 'x-forwarded-for' }, want: [] },
    { mode: 'explicit', keys: { notTls: 'refuse' }, want: [] },
    { mode: 'transparent', keys: { notTls: 'tunnel' }, want: [] },
    {
      mode: 'explicit',
      keys: { notTls: 'reset' },
      want: ["listeners[0].notTls: must be tunnel or refuse, not 'reset'"],
    },
    {
      mode: 'dns',
      keys: { port: 53, upstream: ['192.0.2.53'], notTls: 'refuse' },
      want: ['listeners[0].notTls: belongs to mode explicit or transparent or steered'],
    },
    { mode: 'transparent', keys: { others: 'pass' }, want: ['listeners[0].others: belongs to mode steered'] },
    {
      mode: 'transparent',
      keys: { proxyProtocol: { from: ['192.0.2.1'] } },
      want: ['listeners[0].proxyProtocol: belongs to mode explicit or steered or dns'],
    },
    // Was a fault: each of its keys was another one.
    {
      mode: 'explict',
      keys: { address: '192.0.2.80', port: 80, source: 'client' },
      want: ["listeners[0].mode: must be explicit or transparent or steered or dns, not 'explict'"],
    },
    {
      mode: 'steered',
      keys: { addresses: ['192.0.2.80'], ports: [80], address: '192.0.2.80', port: 80 },
      want: [
        'listeners[0].address: belongs to mode explicit or transparent or dns',
        'listeners[0].port: belongs to mode explicit or transparent or dns',
      ],
    },
    {
      mode: 'steered',
      keys: {},
      want: [
        'listeners[0].mode: a steered listener needs addresses: those that clients are sent to',
        'listeners[0].mode: a steered listener needs ports (or a socket): [80, 443], or [80]',
      ],
    },
    // HTTPS comes here only where the operator has asked for it.
    {
      mode: 'steered',
      keys: { addresses: ['192.0.2.80'], ports: [] },
      want: ['listeners[0].mode: a steered listener needs ports (or a socket): [80, 443], or [80]'],
    },
    { mode: 'steered', keys: { addresses: ['192.0.2.80'], ports: 80 }, want: ['listeners[0].ports: must be a list'] },
    { mode: 'steered', keys: { addresses: ['192.0.2.80'], socket: 'web' }, want: [] },
    { mode: 'transparent', keys: { source: 'client', notHttp: 'refuse', address: '::1', port: 8080 }, want: [] },
    {
      mode: 'steered',
      keys: {
        addresses: ['192.0.2.80/29'],
        ports: [80, 443],
        others: 'refuse',
        resolver: ['192.0.2.53'],
        source: 'client',
      },
      want: [],
    },
    {
      mode: 'steered',
      keys: { addresses: ['192.0.2.80'], socket: 'web', ports: [80] },
      want: ['listeners[0].ports: cannot be combined with socket: the socket has its own address and port'],
    },
    {
      mode: 'dns',
      keys: {},
      want: [
        'listeners[0].mode: a dns listener needs a port: there is no default',
        'listeners[0].mode: a dns listener needs upstream: the resolvers behind it',
      ],
    },
    {
      mode: 'dns',
      keys: { port: 53, upstream: ['192.0.2.53'], source: 'client', notHttp: 'tunnel', ports: [53] },
      want: [
        'listeners[0].source: belongs to mode transparent or steered',
        'listeners[0].notHttp: belongs to mode transparent or steered',
        'listeners[0].ports: belongs to mode steered',
      ],
    },
    {
      mode: 'explicit',
      keys: { upstream: ['192.0.2.53'], sendProxyProtocol: true },
      want: ['listeners[0].upstream: belongs to mode dns', 'listeners[0].sendProxyProtocol: belongs to mode dns'],
    },
    {
      // Was a fault: `check` said ok, and each start ended with 78.
      mode: 'dns',
      keys: { socket: 'dns', upstream: ['192.0.2.53'] },
      want: ['listeners[0].socket: a dns listener opens its sockets itself: give it address and port'],
    },
    {
      mode: 'dns',
      keys: { port: 53, upstream: ['192.0.2.53', '[2001:db8::53]:5353'], proxyProtocol: { from: ['192.0.2.1'] } },
      want: [],
    },
  ])('$mode with $keys', ({ mode, keys, want }) => {
    expect(faults({ mode, ...keys })).toEqual(want.map((fault) => expect.stringContaining(fault)));
  });

  test('without a mode it is explicit', () => {
    expect(listenerOf({})).toMatchObject({ mode: 'explicit', source: 'proxy', steered: null });
  });
});

test.each([
  { addresses: ['192.0.2.80'], ports: [80, 443], places: ['192.0.2.80 80', '192.0.2.80 443'] },
  { addresses: ['192.0.2.80/32', '2001:db8::80'], ports: [80], places: ['192.0.2.80 80', '2001:db8::80 80'] },
  { addresses: ['192.0.2.80/29'], ports: [80], places: ['0.0.0.0 80'] },
  { addresses: ['192.0.2.80', '192.0.2.81'], ports: [80], places: ['0.0.0.0 80'] },
  { addresses: ['2001:db8:80::/64'], ports: [80], places: [':: 80'] },
  { addresses: ['2001:db8:80::/64', '192.0.2.80'], ports: [80], places: ['192.0.2.80 80', ':: 80'] },
  { addresses: ['2001:db8:80::/64', '192.0.2.80/29'], ports: [80, 443], places: [':: 80', ':: 443'] },
])('$addresses at $ports: bound to $places', ({ addresses, ports, places }) => {
  const listener = listenerOf({ mode: 'steered', addresses, ports });
  expect(listenPlaces(listener).map(({ address, port }) => `${address} ${port}`)).toEqual(places);
});

test('a steered listener at a place that is taken', () => {
  const listeners = [
    { name: 'a', address: '192.0.2.80', port: 80 },
    { name: 'b', mode: 'steered', addresses: ['192.0.2.80'], ports: [80, 443] },
  ];
  const loaded = parseConfig(JSON.stringify({ listeners }), '/c.yaml', {});
  expect(loaded.ok ? [] : loaded.faults.map(formatDiagnostic)).toEqual([
    expect.stringContaining('listeners[1].ports: 192.0.2.80:80 is taken by listeners[0]'),
  ]);
});

test('everybody as a client: a word of its own for what goes where the client says, none for what goes where it went anyway', () => {
  const clients = { allow: ['0.0.0.0/0', '::/0'] };
  expect(faults({ mode: 'transparent', address: '::', port: 8080 }, { clients })).toEqual([]);
  expect(faults({ mode: 'steered', addresses: ['192.0.2.80'], ports: [80] }, { clients })).toHaveLength(2);
});

describe('what is neither HTTP nor TLS, at ports of TLS', () => {
  test.each([
    { keys: {}, want: 'tunnel' },
    { keys: { notTls: 'refuse' }, want: 'refuse' },
    { keys: { mode: 'transparent' }, want: 'tunnel' },
    { keys: { mode: 'transparent', notHttp: 'refuse' }, want: 'refuse' },
    { keys: { mode: 'transparent', notHttp: 'refuse', notTls: 'tunnel' }, want: 'tunnel' },
    { keys: { mode: 'transparent', notTls: 'refuse' }, want: 'refuse' },
  ])('$keys: $want', ({ keys, want }) => {
    expect(listenerOf(keys)).toMatchObject({ notTls: want, tlsPorts: [{ from: 443, to: 443 }] });
  });

  test('ports of TLS are one declaration for all listeners', () => {
    const loaded = read({}, { tls: { ports: [443, '8440-8449'] } });
    const ports = [
      { from: 443, to: 443 },
      { from: 8440, to: 8449 },
    ];
    expect(loaded.ok && loaded.config.listeners[0]?.tlsPorts).toEqual(ports);
    expect(faults({}, { tls: { ports: [0] } })).toHaveLength(1);
  });
});
