/** Requirement 6: one canonical host both judges and connects: no spelling is judged as one and reached as another. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { IPV6_SPELLINGS, SPELLINGS } from './cases/host-spellings.ts';
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
