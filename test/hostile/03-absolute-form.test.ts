/** Requirement 3: the target decides; what the Host field says goes nowhere (RFC 9112 §3.2.2). */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { forwarded, hostileSuite } from './support/suite.ts';

const suite = hostileSuite({ list: 'listed.localhost\n*.below.localhost\n127.0.0.1/listed\n' });
const port = (): number => suite.upstream.port;

describe('requirement 3: absolute-form', () => {
  test.each(['innocent.example', '127.0.0.1:1', 'localhost'])(
    'a listed target is blocked whatever Host says: %s',
    async (host) => {
      for (const target of [
        `http://listed.localhost:${port()}/`,
        `http://a.b.below.localhost:${port()}/`,
        `${suite.upstream.url}/listed`,
      ]) {
        const received = await suite.ask(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
        expect(statuses(received)).toEqual([403]);
        await suite.nothingForwarded();
      }
    },
  );

  test.each(['listed.localhost', 'a.below.localhost'])(
    'a listed Host is no reason to block, and is not sent: %s',
    async (host) => {
      const { upstream } = suite;
      const received = await suite.ask(`GET ${upstream.url}/x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(statuses(received)).toEqual([200]);
      expect(upstream.take()).toBe(forwarded('GET /x HTTP/1.1', upstream.authority));
    },
  );

  test('the connection goes where the target says, not where Host does', async () => {
    const { upstream, proxy } = suite;
    // Were it Host that counted, this would be a request to the proxy itself: refused.
    const received = await suite.ask(
      `GET ${upstream.url}/ HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\nConnection: close\r\n\r\n`,
    );
    expect(statuses(received)).toEqual([200]);
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority));
  });

  const hosts: [target: string, host: string][] = [
    ['http://LOCALHOST:PORT/', 'localhost:PORT'],
    ['http://localhost.:PORT/', 'localhost:PORT'],
    ['HTTP://%6cocalhost:PORT/', 'localhost:PORT'],
    ['hTTp://0x7f.1:0PORT/', '127.0.0.1:PORT'],
    ['http://2130706433:PORT', '127.0.0.1:PORT'],
  ];
  test.each(hosts)('the new Host is canonical: %s', async (target, host) => {
    const { upstream } = suite;
    await suite.ask(`GET ${target.replace('PORT', String(port()))} HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n`, 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', host.replace('PORT', String(port()))));
  });
});
