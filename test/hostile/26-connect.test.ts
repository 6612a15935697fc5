/** Requirement 26: CONNECT takes a valid `host:port` and nothing else; ports by allow-list (RFC 9110 §9.3.6). */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { hostileSuite, show } from './support/suite.ts';

const suite = hostileSuite((upstream) => ({ connect: { ports: [443, upstream.port] }, list: 'listed.example\nhttp://path.example/a' }));
const connect = (target: string, fields = ''): string => `CONNECT ${target} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;

describe('requirement 26: CONNECT', () => {
  const targets = [
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:0',
    '127.0.0.1:00',
    '127.0.0.1:65536',
    '127.0.0.1:99999999999',
    '127.0.0.1:-1',
    '127.0.0.1:+443',
    '127.0.0.1:443a',
    '127.0.0.1:4 43',
    ':443',
    '127.0.0.1:443/',
    '127.0.0.1:443?x',
    'http://127.0.0.1:443',
    'http://127.0.0.1:443/',
    'user@127.0.0.1:443',
    'user:pass@127.0.0.1:443',
    '127.0.0.1:443#f',
    '127.0.0.1:80:443',
    '[::1:443',
    '::1:443',
    '[::1]',
    '[::1]443',
    '[::1%25lo]:443',
    '/',
    '*',
    '256.0.0.1:443',
    '127.0.0.1\\x:443',
  ];
  test.each(targets.map((target) => ({ name: show(target), target })))('$name: 400', async ({ target }) => {
    await suite.refused(connect(target), 400);
  });

  const framings = ['Content-Length: 1\r\n', 'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', 'Content-Length: -1\r\n', 'Content-Length: 0\r\nContent-Length: 0\r\n'];
  test.each(framings.map((framing) => ({ name: show(framing), framing })))('with $name: 400', async ({ framing }) => {
    await suite.refused(connect(suite.upstream.authority, framing), 400);
  });

  test('a port that is not allowed: 403', async () => {
    await suite.refused(connect('127.0.0.1:25'), 403);
  });

  test('a listed host: 403, and no connection is made', async () => {
    const client = await suite.client();
    await client.send(connect('Listed.Example.:443')).over();
    expect(statuses(client.received)).toEqual([403]);
    expect(suite.proxy.verdicts('block')).toBe(1);
    await suite.nothingForwarded();
  });

  test('bytes pass both ways, with `Content-Length: 0` too', async () => {
    suite.upstream.automatic = false;
    const client = await suite.client();
    await client.send(connect(suite.upstream.authority, 'Content-Length: 0\r\n')).has('200 Connection established\r\n\r\n');
    client.send('anything\0\xff');
    await suite.upstream.until(({ fresh }) => fresh[0]?.received === 'anything\0\xff');
    suite.upstream.last.send('\x00back');
    await client.has('\x00back');
    expect(client.received).toMatch(/^HTTP\/1\.1 200 Connection established\r\n\r\n.back$/);
  });

  test('what comes with the CONNECT in one segment belongs to the tunnel', async () => {
    suite.upstream.automatic = false;
    const client = await suite.client();
    await client.send(`${connect(suite.upstream.authority)}GET / HTTP/9.9\r\n\r\n`).has('200 Connection established');
    await suite.upstream.until(({ fresh }) => fresh[0]?.received === 'GET / HTTP/9.9\r\n\r\n');
    expect(statuses(client.received)).toEqual([200]);
  });
});
