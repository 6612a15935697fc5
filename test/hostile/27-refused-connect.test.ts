/** Requirement 27: a refused CONNECT closes; what follows was meant for the tunnel and is never read as a request. */
import { describe, expect, test } from '@jest/globals';
import { sendPieces, statuses } from './support/connection.ts';
import { dnsForSuites } from './support/dns.ts';
import { hostileSuite } from './support/suite.ts';

const dns = dnsForSuites();
const suite = hostileSuite(() => ({
  connect: { ports: [443, 8443] },
  list: 'listed.localhost\n',
  upstream: { dns: { servers: [dns().server] } },
}));

describe('requirement 27: a refused CONNECT', () => {
  const refused: [name: string, target: string, status: number, fields?: string][] = [
    ['port not allowed', '127.0.0.1:22', 403],
    ['listed host', 'listed.localhost:443', 403],
    ['destination not allowed', '192.168.0.1:443', 403],
    ['another one', '10.0.0.1:443', 403],
    ['nobody there', '127.0.0.99:8443', 502],
    ['no such name', 'none.example:443', 502],
    ['malformed target', '127.0.0.1', 400],
    ['no target at all', 'x', 400],
    ['a body', '127.0.0.1:443', 400, 'Content-Length: 5\r\n'],
    ['keep-alive asked for', '127.0.0.1:22', 403, 'Connection: keep-alive\r\nProxy-Connection: keep-alive\r\n'],
  ];
  test.each(refused)('%s: nothing behind it is parsed', async (_, target, status, fields = '') => {
    const smuggled = suite.get('/smuggled');
    const head = `CONNECT ${target} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;
    for (const pieces of [
      [head + smuggled],
      [head, smuggled],
      [head + smuggled.repeat(3)],
      [`${head}\u0016\u0003\u0001`, smuggled],
    ]) {
      const client = await suite.client();
      await sendPieces(client, pieces);
      await client.over();
      expect(statuses(client.received)).toEqual([status]);
      expect(client.received).toContain('\r\nConnection: close\r\n');
      expect(client.ending).toBe('end');
      await suite.nothingForwarded();
    }
  });
});
