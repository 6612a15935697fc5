/** Requirement 26: CONNECT takes a valid `host:port` to an allowed port, and no body (RFC 9110 §9.3.6). */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { everySplit, hostileSuite, named } from './support/suite.ts';

const suite = hostileSuite((upstream) => ({
  connect: { ports: [443, `${upstream.port}-${upstream.port}`] },
  list: 'listed.example\nhttp://127.0.0.1/listed',
}));
const connect = (target: string, fields: readonly string[] = [], version = '1.1'): string =>
  `CONNECT ${target.replaceAll('PORT', String(suite.upstream.port))} HTTP/${version}\r\nHost: x\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;

describe('requirement 26: CONNECT', () => {
  const bad = [
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:0',
    '127.0.0.1:00',
    '127.0.0.1:65536',
    '127.0.0.1:99999',
    '127.0.0.1:99999999999',
    '127.0.0.1:18446744073709551615',
    '127.0.0.1:-443',
    '127.0.0.1:+443',
    '127.0.0.1:0x1bb',
    '127.0.0.1:443a',
    '127.0.0.1:a',
    '127.0.0.1:4 43',
    '127.0.0.1:443:443',
    '127.0.0.1:80:443',
    '127.0.0.1::443',
    '127.0.0.1:PORT/',
    '127.0.0.1:PORT/path',
    '127.0.0.1:PORT?q',
    '127.0.0.1:PORT#f',
    '/127.0.0.1:PORT',
    '//127.0.0.1:PORT',
    'http://127.0.0.1:PORT',
    'http://127.0.0.1:PORT/',
    'https://127.0.0.1:PORT',
    'user@127.0.0.1:PORT',
    'user:pass@127.0.0.1:PORT',
    '@127.0.0.1:PORT',
    ':PORT',
    ':',
    '.:PORT',
    '*',
    '/',
    '127.0.0.1,127.0.0.2:PORT',
    '127.0.0.1\\:PORT',
    '127.0.0.1\\x:PORT',
    '127.0.0.1%40x:PORT',
    '127.0.0.1%3aPORT',
    '127.0.0.1:%34%34%33',
    '127.0.0.1%20:PORT',
    '127.0.0.1%00:PORT',
    '127.0.0.1%0d%0a:PORT',
    '[::1',
    '[::1:PORT',
    '[::1]',
    '[::1]:',
    '::1:PORT',
    '[]:PORT',
    '[::1]PORT',
    '[::1%25lo]:PORT',
    '[127.0.0.1]:PORT',
    'a[::1]:PORT',
    '256.0.0.1:PORT',
    '1.2.3.4.5:PORT',
    `${'a'.repeat(64)}.example:PORT`,
  ];
  test.each(named(bad))('$name: 400', async ({ input }) => {
    await suite.refused(connect(input), 400);
    await suite.refused(connect(input, [], '1.0'), 400);
  });

  test.each([1, 22, 25, 80, 442, 444, 8443, 65535])('port %d is not allowed: 403', async (port) => {
    await suite.refused(connect(`127.0.0.1:${port}`), 403);
  });

  test('a listed host: 403, and no connection is made; a listed path concerns no tunnel', async () => {
    const client = await suite.client();
    await client.send(connect('Listed.Example.:443')).over();
    expect(statuses(client.received)).toEqual([403]);
    expect(suite.proxy.verdicts('block')).toBe(1);
    await suite.nothingForwarded();
    expect(statuses(await suite.ask(connect('127.0.0.1:PORT'), '\r\n\r\n'))).toEqual([200]);
    expect(suite.proxy.verdicts('block')).toBe(1);
  });

  test.each(['Transfer-Encoding: chunked', 'Content-Length: 1', 'Content-Length: 5', 'Content-Length: 10'])(
    'with %s: 400',
    async (field) => {
      await suite.refused(connect('127.0.0.1:PORT', [field]), 400);
      await suite.refused(`${connect('127.0.0.1:PORT', [field])}0\r\n\r\nhello`, 400);
    },
  );

  test.each([
    ['Content-Length: 0', 'Content-Length: 0'],
    ['Content-Length: 0', 'Transfer-Encoding: chunked'],
    ['Content-Length: -1'],
    ['Host: y'],
  ])('with %j: 400', async (...fields) => {
    await suite.refused(connect('127.0.0.1:PORT', fields), 400);
  });

  test('in any two pieces', async () => {
    for (const pieces of everySplit(connect('127.0.0.1:PORT/'))) await suite.refused(pieces, 400);
  });

  const good: [target: string, fields: string[], version: string][] = [
    ['127.0.0.1:PORT', [], '1.1'],
    ['127.0.0.1:PORT', ['Content-Length: 0'], '1.1'],
    ['127.0.0.1:PORT', ['Connection: close'], '1.1'],
    ['127.0.0.1:PORT', ['Expect: 100-continue', 'Upgrade: websocket', 'Connection: upgrade'], '1.1'],
    ['127.0.0.1:000PORT', [], '1.1'],
    ['0x7f.1:PORT', [], '1.1'],
    ['127.0.0.1.:PORT', [], '1.1'],
    ['localhost:PORT', [], '1.1'],
    ['127.0.0.1:PORT', [], '1.0'],
  ];
  test.each(good)('%s %j HTTP/%s: a tunnel, byte for byte', async (target, fields, version) => {
    const { upstream } = suite;
    upstream.automatic = false;
    const client = await suite.client();
    client.send(`${connect(target, fields, version)}\r\n\r\n\0none\r\n\xffearly`);
    await upstream.until(({ bytes }) => bytes.endsWith('early'));
    expect(client.received).toBe('HTTP/1.1 200 Connection established\r\n\r\n');
    expect(upstream.take()).toBe('\r\n\r\n\0none\r\n\xffearly');
    upstream.last.send('400 HTTP/1.1 x\r\n\r\n\0');
    await client.has('\0');
    expect(client.received).toBe('HTTP/1.1 200 Connection established\r\n\r\n400 HTTP/1.1 x\r\n\r\n\0');
    // Half-close both ways.
    client.end('last');
    await upstream.last.over();
    expect(upstream.last.ending).toBe('end');
    upstream.last.end('bye');
    await client.until(({ closed }) => closed);
    expect(client.received).toMatch(/bye$/);
    expect(client.ending).toBe('end');
  });

  test('RST is carried both ways', async () => {
    const { upstream } = suite;
    upstream.automatic = false;
    const one = await suite.client();
    one.send(`${connect('127.0.0.1:PORT')}\0one`);
    await upstream.until(({ bytes }) => bytes.endsWith('one'));
    one.reset();
    await upstream.last.over();
    expect(upstream.last.ending).toBe('reset');
    const two = await suite.client();
    two.send(`${connect('127.0.0.1:PORT')}\0two`);
    await upstream.until(({ bytes }) => bytes.endsWith('two'));
    upstream.last.reset();
    await two.over();
    expect(two.ending).toBe('reset');
  });

  test('nobody there: 502, closed', async () => {
    const client = await suite.client();
    client.send(connect('127.0.0.2:PORT'));
    await client.over();
    expect(statuses(client.received)).toEqual([502]);
    expect(client.received).toContain('\r\nConnection: close\r\n');
  });
});

describe('requirement 26: ports, unless told', () => {
  const suite = hostileSuite({ connect: { ports: undefined } });

  test('443 and no other', async () => {
    await suite.refused(`CONNECT ${suite.upstream.authority} HTTP/1.1\r\nHost: x\r\n\r\n`, 403);
    for (const port of [80, 8443, 22])
      await suite.refused(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: x\r\n\r\n`, 403);
    // Let pass; nobody listens there.
    const received = await suite.ask('CONNECT 127.0.0.99:443 HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(statuses(received)).toEqual([502]);
  });
});
