/** Requirement 6: one canonical host both judges and connects: no spelling is judged as one and reached as another. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { dnsForSuites, records } from './support/dns.ts';
import { forwarded, hostileSuite } from './support/suite.ts';
import type { Suite } from './support/suite.ts';

const dns = dnsForSuites();
beforeAll(() => {
  for (const name of ['name.example', 'xn--bcher-kva.example']) dns().set(name, { A: records('127.0.0.7') });
});
const settings = () => ({ upstream: { allow: ['127.0.0.0/8', '::1/128'], dns: { servers: [dns().server] } } });

const get = ({ upstream }: Suite, host: string): string =>
  `GET http://${host}:${upstream.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
const connect = ({ upstream }: Suite, host: string): string =>
  `CONNECT ${host}:${upstream.port} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** As bytes, one char each, of the UTF-8 text. */
const SPELLINGS: Record<string, readonly string[]> = {
  'name.example': [
    'name.example',
    'NAME.Example',
    'name.example.',
    'name.example..',
    '.name.example',
    'name..example',
    '%6eame.example',
    '%6E%61%6D%65.example',
    'n%2561me.example',
    'name%2eexample',
    'name.example%2e',
    'name\u3002example',
    'name\uff0eexample',
    '\uff4e\uff41me.example',
    'na\u00adme.example',
  ].map(bytesOf),
  'xn--bcher-kva.example': [
    'xn--bcher-kva.example',
    'XN--BCHER-KVA.EXAMPLE',
    'b\u00fccher.example',
    'B\u00dcCHER.EXAMPLE',
    'b%c3%bccher.example',
    'b%C3%BCcher.example',
    'bu\u0308cher.example',
  ].map(bytesOf),
  '127.0.0.7': [
    '127.0.0.7',
    '127.7',
    '127.0.7',
    '2130706439',
    '0x7f000007',
    '0X7F.7',
    '0177.0.0.07',
    '017700000007',
    '0x7f.0x0.0x0.0x7',
    '127.0.0.7.',
    '%31%32%37.0.0.7',
    '%2531%32%37.0.0.7',
    '127.0.0.0x7',
    '\uff11\uff12\uff17.0.0.7',
    '[::ffff:127.0.0.7]',
    '[::FFFF:7f00:7]',
    '[0:0:0:0:0:ffff:7f00:0007]',
    '[0:0:0:0:0:ffff:127.0.0.7]',
    '[64:ff9b::127.0.0.7]',
    '[64:ff9b::7f00:7]',
  ].map(bytesOf),
};
const IPV6_SPELLINGS = [
  '[2001:db8::7]',
  '[2001:DB8:0:0::7]',
  '[2001:0db8:0000:0000:0000:0000:0000:0007]',
  '[2001:db8::0.0.0.7]',
  '[%32001:db8::7]',
];

function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

describe('requirement 6: one canonical host is judged', () => {
  const suite = hostileSuite(
    () => ({ ...settings(), list: ['name.example', 'xn--bcher-kva.example', '127.0.0.7', '[2001:db8::7]'].join('\n') }),
    '0.0.0.0',
  );

  for (const [canonical, spellings] of [...Object.entries(SPELLINGS), ['[2001:db8::7]', IPV6_SPELLINGS] as const]) {
    test.each(spellings)(`${canonical} spelt %j is blocked`, async (host) => {
      for (const bytes of [get(suite, host), connect(suite, host)]) {
        const received = await suite.ask(bytes);
        expect(statuses(received)).toEqual([403]);
        // By the list, not for where it leads.
        expect(received).toContain('Cache-Control: no-store');
        expect(received).not.toContain('destination_ip_prohibited');
      }
      expect(suite.upstream.connections).toHaveLength(0);
    });
  }

  test('a neighbour is not', async () => {
    for (const host of ['127.0.0.8', '0x7f000008', '[::ffff:127.0.0.8]']) {
      expect(statuses(await suite.ask(get(suite, host)))).toEqual([200]);
      expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', `127.0.0.8:${suite.upstream.port}`));
    }
  });
});

describe('requirement 6: one canonical host is connected to', () => {
  const suite = hostileSuite(settings, '0.0.0.0');

  for (const [canonical, spellings] of Object.entries(SPELLINGS)) {
    test.each(spellings)(`${canonical} spelt %j is what is connected to and named`, async (host) => {
      const { upstream } = suite;
      expect(statuses(await suite.ask(get(suite, host)))).toEqual([200]);
      expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', `${canonical}:${upstream.port}`));
      expect(upstream.last.socket.localAddress).toBe('127.0.0.7');
    });
  }

  test('a tunnel too', async () => {
    const { upstream } = suite;
    for (const host of ['0x7f000007', '[::ffff:7f00:7]', 'NAME.example.']) {
      const client = await suite.client();
      client.send(`${connect(suite, host)}hello\n`);
      await upstream.until(({ bytes }) => bytes === 'hello\n');
      expect(upstream.last.socket.localAddress).toBe('127.0.0.7');
      upstream.take();
    }
  });
});

describe('requirement 6: one canonical host, IPv6', () => {
  const suite = hostileSuite({}, '::1');

  test.each(['[::1]', '[0:0:0:0:0:0:0:1]', '[0::1]', '[::0001]', '[::0.0.0.1]'])(
    '%s is what is connected to and named',
    async (host) => {
      const { upstream } = suite;
      expect(statuses(await suite.ask(get(suite, host)))).toEqual([200]);
      expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', `[::1]:${upstream.port}`));
    },
  );
});
