/** Requirement 6: one canonical host both judges and connects: no spelling is judged as one and reached as another. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startDnsServer } from '../support/dns-server.ts';
import type { DnsServer } from '../support/dns-server.ts';
import { statuses, tell } from './support/connection.ts';
import { startProxy } from './support/proxy.ts';
import type { TestProxy } from './support/proxy.ts';
import { forwarded } from './support/suite.ts';
import { Upstream } from './support/upstream.ts';

const here: { dns?: DnsServer; blocking?: TestProxy; passing?: TestProxy } = {};
const upstream = new Upstream();
const LIST = ['name.example', 'xn--bcher-kva.example', '127.0.0.7', '[2001:db8::7]'].join('\n');

beforeAll(async () => {
  await upstream.listen('0.0.0.0');
  const dns = await startDnsServer();
  for (const name of ['name.example', 'xn--bcher-kva.example']) dns.set(name, { A: [{ address: '127.0.0.7', ttl: 60 }] });
  const settings = { upstream: { allow: ['127.0.0.0/8'], dns: { servers: [dns.server] } } };
  here.dns = dns;
  here.blocking = await startProxy({ ...settings, list: LIST });
  here.passing = await startProxy(settings);
});
afterAll(async () => {
  await here.blocking!.close();
  await here.passing!.close();
  await upstream.close();
  await here.dns!.close();
});

const get = (host: string): string => `GET http://${host}:${upstream.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
const connect = (host: string): string => `CONNECT ${host}:${upstream.port} HTTP/1.1\r\nHost: x\r\n\r\n`;

const SPELLINGS: Record<string, readonly string[]> = {
  'name.example': ['name.example', 'NAME.Example', 'name.example.', 'name.example..', '.name.example', 'name..example', '%6eame.example', '%6E%61%6D%65.example', 'n%2561me.example', 'name%2eexample', 'name.example%2e', 'name\u00e3\u0080\u0082example', 'name\u00ef\u00bc\u008eexample', '\u00ef\u00bd\u008e\u00ef\u00bd\u0081me.example', 'na\u00c2\u00adme.example'],
  'xn--bcher-kva.example': ['xn--bcher-kva.example', 'XN--BCHER-KVA.example', 'b\u00c3\u00bccher.example', 'B\u00c3\u009cCHER.EXAMPLE', 'b%c3%bccher.example', 'bu\u00cc\u0088cher.example'],
  '127.0.0.7': ['127.0.0.7', '127.7', '127.0.7', '2130706439', '0x7f000007', '0X7F.7', '0177.0.0.07', '017700000007', '0x7f.0x0.0x0.0x7', '127.0.0.7.', '%31%32%37.0.0.7', '127.0.0.0x7', '\u00ef\u00bc\u0091\u00ef\u00bc\u0092\u00ef\u00bc\u0097.0.0.7', '[::ffff:127.0.0.7]', '[::FFFF:7f00:7]', '[0:0:0:0:0:ffff:7f00:0007]', '[64:ff9b::127.0.0.7]', '[64:ff9b::7f00:7]'],
};

describe('requirement 6: one canonical host judges and connects', () => {
  for (const [canonical, spellings] of Object.entries(SPELLINGS)) {
    test.each(spellings)(`${canonical} spelt %j is blocked`, async (host) => {
      for (const bytes of [get(host), connect(host)]) {
        const { received } = await tell(here.blocking!.port, bytes);
        expect(statuses(received)).toEqual([403]);
        expect(received).toContain('Cache-Control: no-store');
        expect(received).not.toContain('destination_ip_prohibited');
      }
      expect(upstream.take()).toBe('');
    });

    test.each(spellings)(`${canonical} spelt %j is what is connected to and named`, async (host) => {
      const { received } = await tell(here.passing!.port, get(host));
      expect(statuses(received)).toEqual([200]);
      expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', `${canonical}:${upstream.port}`));
      expect(upstream.last.socket.localAddress).toBe('127.0.0.7');
    });
  }

  test.each(['[2001:db8::7]', '[2001:DB8:0:0::7]', '[2001:0db8:0000:0000:0000:0000:0000:0007]', '[2001:db8::0.0.0.7]'])('IPv6 spelt %s is blocked', async (host) => {
    const { received } = await tell(here.blocking!.port, get(host));
    expect(received).not.toContain('destination_ip_prohibited');
    expect(statuses(received)).toEqual([403]);
  });

  test('a neighbour is not', async () => {
    for (const host of ['127.0.0.8', '0x7f000008', '[::ffff:127.0.0.8]']) {
      expect(statuses((await tell(here.blocking!.port, get(host))).received)).toEqual([200]);
    }
    upstream.take();
  });
});
