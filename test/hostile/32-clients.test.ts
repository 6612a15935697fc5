/** Requirement 32: who may use the proxy; open to everybody it is only where that was said. */
import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.ts';
import { parseIpAddress, prefixContains } from '../../src/lib/prefix.ts';
import { statuses } from './support/connection.ts';
import { forwarded, hostileSuite } from './support/suite.ts';

describe('requirement 32: the list of clients', () => {
  const suite = hostileSuite({ clients: { allow: ['127.0.0.1/32', '127.0.0.16/28', '192.0.2.0/24'] } });

  test.each(['127.0.0.1', '127.0.0.16', '127.0.0.31'])('%s is served', async (address) => {
    const { upstream } = suite;
    const client = await suite.client(address);
    await client.send(suite.get()).has('\r\n\r\nok');
    expect(statuses(client.received)).toEqual([200]);
    expect(upstream.take()).toBe(
      forwarded('GET / HTTP/1.1', upstream.authority).replace('For: 127.0.0.1', `For: ${address}`),
    );
  });

  test.each(['127.0.0.2', '127.0.0.15', '127.0.0.32', '127.255.255.254'])(
    '%s is not: 403 without a byte read, closed and counted',
    async (address) => {
      const before = suite.proxy.dropped('client_denied');
      const read = suite.proxy.bytes('client_in');
      const silent = await suite.client(address);
      await silent.over();
      expect(statuses(silent.received)).toEqual([403]);
      const asking = await suite.client(address);
      await asking.send(suite.get('/', 'X-Forwarded-For: 127.0.0.1')).over();
      expect(statuses(asking.received)).toEqual([403]);
      expect(suite.proxy.dropped('client_denied')).toBe(before + 2);
      expect(suite.proxy.bytes('client_in')).toBe(read);
      expect(suite.proxy.connections()).toBe(0);
      await suite.nothingForwarded();
    },
  );

  test('nor gets it a tunnel', async () => {
    const client = await suite.client('127.0.0.2');
    await client.send(`CONNECT ${suite.upstream.authority} HTTP/1.1\r\nHost: x\r\n\r\n`).over();
    expect(client.received).not.toContain(' 200 ');
    expect(suite.upstream.take()).toBe('');
  });
});

describe('requirement 32: open to everybody', () => {
  const faults = (listener: object, clients: object): string[] => {
    const loaded = parseConfig(
      JSON.stringify({ listeners: [{ name: 'a', port: 3128, ...listener }], clients }),
      'f.yaml',
      {},
    );
    return loaded.ok ? [] : loaded.faults.map(({ message }) => message);
  };

  test.each([
    ['0.0.0.0', ['0.0.0.0/0']],
    ['192.0.2.1', ['10.0.0.0/8', '0.0.0.0/0']],
    ['::', ['::/0']],
    ['2001:db8::1', ['2000::/3']],
    ['0.0.0.0', ['0.0.0.0/1', '128.0.0.0/1']],
  ])('on %s for %j takes a word of its own', (address, allow) => {
    expect(faults({ address }, { allow })).not.toEqual([]);
    expect(faults({ address }, { allow })[0]).toContain('clients.openProxy');
    expect(faults({ address }, { allow, openProxy: true })).toEqual([]);
  });

  test.each([
    ['127.0.0.1', ['0.0.0.0/0']],
    ['::1', ['::/0']],
    ['0.0.0.0', ['10.0.0.0/8', '2001:db8::/32']],
  ])('on %s for %j does not', (address, allow) => {
    expect(faults({ address }, { allow })).toEqual([]);
  });

  test.each(['198.51.100.1', '2001:db8::1'])(
    'unless told it is not, but for this machine and private ranges: not %s',
    (address) => {
      const loaded = parseConfig(
        JSON.stringify({ listeners: [{ name: 'a', address: '0.0.0.0', port: 3128 }] }),
        'f.yaml',
        {},
      );
      expect(
        loaded.ok && loaded.config.clients.allow.filter((prefix) => prefixContains(prefix, parseIpAddress(address)!)),
      ).toEqual([]);
    },
  );
});
