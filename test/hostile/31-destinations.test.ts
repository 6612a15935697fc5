/** Requirements 31 and 32: where a request may lead, and who may ask. */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { hostileSuite } from './support/suite.ts';

const get = (url: string): string => `GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;

describe('requirement 31: special addresses', () => {
  const suite = hostileSuite({ upstream: { allow: [] } });
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
  test.each(hosts)('%s: 403, for requests and for tunnels', async (host) => {
    expect(statuses(await suite.ask(get(`http://${host}:${suite.upstream.port}/`)))).toEqual([403]);
    expect(statuses(await suite.ask(`CONNECT ${host}:${suite.upstream.port} HTTP/1.1\r\nHost: x\r\n\r\n`))).toEqual([403]);
    expect(suite.upstream.connections).toHaveLength(0);
  });

  test('they are counted as refused, and say so', async () => {
    const before = suite.proxy.verdicts('refuse');
    const answer = await suite.ask(get('http://10.0.0.1/'));
    expect(answer).toContain('error=destination_ip_prohibited');
    expect(suite.proxy.verdicts('refuse')).toBe(before + 1);
    expect(suite.proxy.upstreamErrors('refused_address')).toBeGreaterThan(0);
  });
});

describe('requirement 31: NAT64 prefixes of the configuration are unwrapped', () => {
  const suite = hostileSuite({ upstream: { allow: [], nat64: ['2001:db8:64::/96', '64:ff9b::/96'] } });
  test.each(['[2001:db8:64::a00:1]', '[2001:db8:64::7f00:1]'])('%s: 403', async (host) => {
    expect(statuses(await suite.ask(get(`http://${host}/`)))).toEqual([403]);
  });
});

describe('requirement 32: who may use the proxy', () => {
  const suite = hostileSuite({ clients: { allow: ['192.0.2.0/24'] } });
  test('a client that is not allowed: 403 without a byte read, and closed', async () => {
    const client = await suite.client();
    await client.over();
    expect(statuses(client.received)).toEqual([403]);
    expect(suite.proxy.dropped('client_denied')).toBe(1);
    expect(suite.upstream.connections).toHaveLength(0);
  });
});
