/** Requirement 31: a name that leads to a special address, one that changes its mind, and our own listeners. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startDnsServer } from '../support/dns-server.ts';
import type { DnsServer } from '../support/dns-server.ts';
import { statuses, tell } from './support/connection.ts';
import { startProxy } from './support/proxy.ts';
import type { TestProxy } from './support/proxy.ts';
import { Upstream } from './support/upstream.ts';

const upstream = new Upstream();
const here: { dns?: DnsServer; strict?: TestProxy; some?: TestProxy } = {};

beforeAll(async () => {
  await upstream.listen('0.0.0.0');
  const dns = await startDnsServer();
  const asking = { servers: [dns.server], minTtl: 0 };
  here.dns = dns;
  here.strict = await startProxy({ upstream: { allow: [], dns: asking } });
  here.some = await startProxy({ upstream: { allow: ['127.0.0.9/32'], dns: asking } });
});
afterAll(async () => {
  await here.strict!.close();
  await here.some!.close();
  await upstream.close();
  await here.dns!.close();
});

const get = (host: string, port = upstream.port): string => `GET http://${host}:${port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
const connect = (host: string, port = upstream.port): string => `CONNECT ${host}:${port} HTTP/1.1\r\nHost: x\r\n\r\n`;
const v4 = (...addresses: string[]): { address: string; ttl: number }[] => addresses.map((address) => ({ address, ttl: 0 }));

describe('requirement 31: by name', () => {
  const answers: [name: string, records: { A?: { address: string; ttl: number }[]; AAAA?: { address: string; ttl: number }[] }][] = [
    ['loopback', { A: v4('127.0.0.1') }],
    ['private', { A: v4('10.0.0.1', '192.168.1.1', '172.16.0.1') }],
    ['metadata', { A: v4('169.254.169.254') }],
    ['this network', { A: v4('0.0.0.0') }],
    ['shared', { A: v4('100.64.0.1') }],
    ['multicast', { A: v4('224.0.0.1') }],
    ['IPv6 loopback', { AAAA: v4('0:0:0:0:0:0:0:1') }],
    ['IPv6 unspecified', { AAAA: v4('0:0:0:0:0:0:0:0') }],
    ['unique local', { AAAA: v4('fd00:0:0:0:0:0:0:1') }],
    ['link-local', { AAAA: v4('fe80:0:0:0:0:0:0:1') }],
    ['v4-mapped', { AAAA: v4('0:0:0:0:0:ffff:7f00:1') }],
    ['NAT64', { AAAA: v4('64:ff9b:0:0:0:0:7f00:1') }],
    ['6to4', { AAAA: v4('2002:7f00:1:0:0:0:0:0') }],
    ['both families', { A: v4('127.0.0.1'), AAAA: v4('0:0:0:0:0:0:0:1') }],
  ];
  test.each(answers)('%s: 403', async (name, records) => {
    const host = `${name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-')}.example`;
    here.dns!.set(host, records);
    for (const bytes of [get(host), connect(host)]) {
      const { received } = await tell(here.strict!.port, bytes);
      expect(statuses(received)).toEqual([403]);
      expect(received).toContain('error=destination_ip_prohibited');
    }
    expect(upstream.connections).toHaveLength(0);
  });

  test('of several addresses only those that are allowed are tried', async () => {
    here.dns!.set('mixed.example', { A: v4('127.0.0.1', '10.0.0.1', '127.0.0.9', '169.254.169.254') });
    const { received } = await tell(here.some!.port, get('mixed.example'));
    expect(statuses(received)).toEqual([200]);
    expect(upstream.connections.map(({ socket }) => socket.localAddress)).toEqual(['127.0.0.9']);
  });

  test('a name that changes its mind between two look-ups gains nothing', async () => {
    const { dns, some } = here;
    dns!.set('rebinding.example', { A: v4('127.0.0.9') });
    expect(statuses((await tell(some!.port, get('rebinding.example'))).received)).toEqual([200]);
    const before = upstream.connections.length;
    dns!.set('rebinding.example', { A: v4('127.0.0.1') });
    expect(statuses((await tell(some!.port, connect('rebinding.example'))).received)).toEqual([403]);
    for (const connection of upstream.connections) connection.destroy();
    expect(statuses((await tell(some!.port, get('rebinding.example'))).received)).toEqual([403]);
    expect(upstream.connections).toHaveLength(before);
  });
});

describe('requirement 31: our own listeners, though loopback is allowed', () => {
  const own: { proxy?: TestProxy } = {};
  beforeAll(async () => {
    here.dns!.set('me.example', { A: v4('127.0.0.1') });
    own.proxy = await startProxy({ listeners: [{ name: 'any', address: '0.0.0.0', port: 0 }], upstream: { dns: { servers: [here.dns!.server] } } });
  });
  afterAll(() => own.proxy!.close());

  const spellings = ['127.0.0.1', '127.1', '0x7f.0.0.1', '2130706433', '0177.1', '0', '0.0.0.0', '127.0.0.2', '127.255.255.254', '[::ffff:127.0.0.1]', '[64:ff9b::7f00:1]', 'me.example', 'ME.example.', '%6de.example'];
  test.each(spellings)('%s: 403', async (host) => {
    const { port } = own.proxy!;
    for (const bytes of [get(host, port), connect(host, port)]) expect(statuses((await tell(port, bytes)).received)).toEqual([403]);
  });
});
