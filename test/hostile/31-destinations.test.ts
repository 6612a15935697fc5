/** Requirement 31: where a request may lead: every address is checked, and what was checked is what is connected to. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { dnsForSuites, records } from './support/dns.ts';
import { forwarded, hostileSuite } from './support/suite.ts';
import type { Suite } from './support/suite.ts';

const dns = dnsForSuites();
// What is not answered in a part of the time is asked again, and counts.
const asking = () => ({ servers: [dns().server], minTtl: 0, timeout: '1m' });

const get = (host: string, port: number | string): string =>
  `GET http://${host}:${port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
const connect = (host: string, port: number | string): string => `CONNECT ${host}:${port} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** Refused for requests and for tunnels, said why, counted; no connection is made. */
async function expectProhibited(suite: Suite, host: string): Promise<void> {
  const { proxy, upstream } = suite;
  const refusals = proxy.verdicts('refuse');
  const errors = proxy.upstreamErrors('destination_denied');
  for (const bytes of [get(host, upstream.port), connect(host, upstream.port)]) {
    const received = await suite.ask(bytes);
    expect(statuses(received)).toEqual([403]);
    expect(received).toContain('error=destination_ip_prohibited');
  }
  expect(proxy.verdicts('refuse')).toBe(refusals + 2);
  expect(proxy.upstreamErrors('destination_denied')).toBe(errors + 2);
  expect(upstream.connections).toHaveLength(0);
}

describe('requirement 31: special addresses', () => {
  const suite = hostileSuite(() => ({ upstream: { allow: [], dns: asking() } }), '0.0.0.0');

  const hosts = [
    '127.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '100.127.255.255',
    '192.0.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '0x0a000001',
    '167772161',
    '012.0.0.1',
    '[::]',
    '[::1]',
    '[fc00::1]',
    '[fd12:3456::1]',
    '[fe80::1]',
    '[fec0::1]',
    '[ff02::1]',
    '[::ffff:10.0.0.1]',
    '[::ffff:127.0.0.1]',
    '[::127.0.0.1]',
    '[64:ff9b::10.0.0.1]',
    '[64:ff9b::a9fe:a9fe]',
    '[2002:7f00:1::]',
    '[2002:a00:1::]',
    '[2001::1]',
    'localhost',
    'any.localhost',
    'LOCALHOST.',
  ];
  test.each(hosts)('%s: 403', async (host) => {
    await expectProhibited(suite, host);
  });

  const named: [name: string, replies: { A?: ReturnType<typeof records>; AAAA?: ReturnType<typeof records> }][] = [
    ['loopback', { A: records('127.0.0.1') }],
    ['private', { A: records('10.0.0.1', '192.168.1.1', '172.16.0.1') }],
    ['metadata', { A: records('169.254.169.254') }],
    ['this network', { A: records('0.0.0.0') }],
    ['shared', { A: records('100.64.0.1') }],
    ['multicast', { A: records('224.0.0.1') }],
    ['IPv6 loopback', { AAAA: records('0:0:0:0:0:0:0:1') }],
    ['IPv6 unspecified', { AAAA: records('0:0:0:0:0:0:0:0') }],
    ['unique local', { AAAA: records('fd00:0:0:0:0:0:0:1') }],
    ['link-local', { AAAA: records('fe80:0:0:0:0:0:0:1') }],
    ['v4-mapped', { AAAA: records('0:0:0:0:0:ffff:7f00:1') }],
    ['NAT64', { AAAA: records('64:ff9b:0:0:0:0:7f00:1') }],
    ['6to4', { AAAA: records('2002:7f00:1:0:0:0:0:0') }],
    ['both families', { A: records('127.0.0.1'), AAAA: records('0:0:0:0:0:0:0:1') }],
  ];
  test.each(named)('a name that leads to %s: 403', async (name, replies) => {
    const host = `${name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-')}.example`;
    dns().set(host, replies);
    await expectProhibited(suite, host);
  });

  test('a refusal ends the request only: the connection is kept', async () => {
    const client = await suite.client();
    await client.send(get('10.0.0.1', 80).replace('Connection: close\r\n', '')).has('\r\n\r\n');
    await client.send(get('10.0.0.2', 80)).over();
    expect(statuses(client.received)).toEqual([403, 403]);
  });
});

describe('requirement 31: NAT64 prefixes of the configuration are unwrapped (RFC 6052)', () => {
  const suite = hostileSuite(() => ({
    upstream: {
      allow: ['127.0.0.9/32'],
      nat64: ['2001:db8:64::/96', '2001:db8:122::/48', '2001:db8:344:1::/64', '64:ff9b::/96'],
      dns: asking(),
    },
    timeouts: { connect: 0.3 },
  }));

  const prohibited = [
    '[2001:db8:64::a00:1]',
    '[2001:db8:64::7f00:1]',
    '[2001:db8:122:a00:0:100::]',
    '[2001:db8:344:1:a:0:100:0]',
    '[64:ff9b::7f00:1]',
  ];
  test.each(prohibited)('%s: 403', async (host) => {
    await expectProhibited(suite, host);
  });

  test('a name that leads there: 403', async () => {
    dns().set('gateway.example', { AAAA: records('2001:db8:64:0:0:0:a00:1') });
    await expectProhibited(suite, 'gateway.example');
  });

  // It is the address inside that is judged: where that is allowed, the gateway is asked, and there is none.
  test.each(['[2001:db8:64::7f00:9]', '[2001:db8:122:7f00:0:900::]', '[2001:db8:344:1:7f:0:900:0]'])(
    '%s is let pass',
    async (host) => {
      for (const bytes of [get(host, suite.upstream.port), connect(host, suite.upstream.port)])
        expect([502, 504]).toContain(statuses(await suite.ask(bytes))[0]);
    },
  );
});

describe('requirement 31: resolved once, each address checked', () => {
  const suite = hostileSuite(() => ({ upstream: { allow: ['127.0.0.9/32'], dns: asking() } }), '0.0.0.0');

  test.each([
    ['a request', get],
    ['a tunnel', connect],
  ] as const)('of several addresses only those that are allowed are tried, by %s', async (name, request) => {
    const host = `${name.replace(' ', '-')}.example`;
    dns().set(host, { A: records('127.0.0.1', '10.0.0.1', '127.0.0.9', '169.254.169.254') });
    const { upstream } = suite;
    expect(statuses(await suite.ask(request(host, upstream.port), '\r\n\r\n'))).toEqual([200]);
    expect(upstream.fresh.map(({ socket }) => socket.localAddress)).toEqual(['127.0.0.9']);
    expect(upstream.take()).toBe(request === get ? forwarded('GET / HTTP/1.1', `${host}:${upstream.port}`) : '');
    // Asked once for the check and the connection together.
    expect([dns().count(host, 'A'), dns().count(host, 'AAAA')]).toEqual([1, 1]);
  });

  test('a name that changes its mind between two look-ups gains nothing', async () => {
    const { upstream } = suite;
    dns().set('rebinding.example', { A: records('127.0.0.9') });
    expect(statuses(await suite.ask(get('rebinding.example', upstream.port)))).toEqual([200]);
    const before = upstream.connections.length;
    dns().set('rebinding.example', { A: records('127.0.0.1') });
    expect(statuses(await suite.ask(connect('rebinding.example', upstream.port)))).toEqual([403]);
    for (const connection of upstream.connections) connection.destroy();
    expect(statuses(await suite.ask(get('rebinding.example', upstream.port)))).toEqual([403]);
    expect(upstream.connections).toHaveLength(before);
  });
});

describe('requirement 31: our own listeners, though loopback is allowed', () => {
  beforeAll(() => dns().set('me.example', { A: records('127.0.0.1') }));
  const onAll = hostileSuite(() => ({
    listeners: [{ name: 'any', address: '0.0.0.0', port: 0 }],
    upstream: { dns: asking() },
  }));
  const onLoopback = hostileSuite(() => ({ upstream: { dns: asking() } }));

  async function answers(suite: Suite, host: string): Promise<number[]> {
    const { port } = suite.proxy;
    return [...statuses(await suite.ask(get(host, port))), ...statuses(await suite.ask(connect(host, port)))];
  }

  const spellings = [
    '127.0.0.1',
    '127.1',
    '0x7f.0.0.1',
    '2130706433',
    '0177.1',
    '0',
    '0.0.0.0',
    '[::ffff:127.0.0.1]',
    '[64:ff9b::7f00:1]',
    'me.example',
    'ME.example.',
    '%6de.example',
  ];
  test.each([...spellings, '127.0.0.2', '127.255.255.254'])('on all addresses: %s: 403', async (host) => {
    expect(await answers(onAll, host)).toEqual([403, 403]);
  });

  test.each(spellings)('on 127.0.0.1: %s: 403', async (host) => {
    expect(await answers(onLoopback, host)).toEqual([403, 403]);
    await onLoopback.nothingForwarded();
  });

  test('localhost is ::1 as well, where nobody listens: the address that is ours is skipped, the other refuses', async () => {
    expect(await answers(onLoopback, 'localhost')).toEqual([502, 502]);
  });
});
