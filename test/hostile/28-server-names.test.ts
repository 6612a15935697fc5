/**
 * Requirement 28: the host is judged at CONNECT, the server name before a byte of the client goes to the origin, or one of the origin
 * to the client. What real servers make of odd names: test/e2e/tls-servers.test.ts.
 */
import { describe, expect, test } from '@jest/globals';
import {
  EXTENSION,
  extension,
  helloFor,
  helloMessage,
  inRecords,
  nameEntry,
  record,
  serverName,
  vector,
} from '../support/reference/made-hello.ts';
import type { Connection } from './support/connection.ts';
import { hostileSuite, type Suite } from './support/suite.ts';

const LIST = 'listed.example\n*.below.example\npaths.example/page\n192.0.2.66\n[2001:db8::66]';
const ALERT = '\x15\x03\x03\0\x02\x02p';

const byAlert = hostileSuite({ list: LIST });
const byReset = hostileSuite({ list: LIST, tls: { refusal: 'reset' } });
const tlsOnly = hostileSuite({ list: LIST, connect: { firstBytes: 'tls' } });

const hello = (...extensions: readonly Buffer[]): Buffer => inRecords(helloMessage({ extensions }));

/** A tunnel that is open to the origin, in which nothing was sent. */
async function tunnel(suite: Suite, host = '127.0.0.1'): Promise<Connection> {
  suite.upstream.automatic = false;
  const client = await suite.client();
  await client.send(`CONNECT ${host}:${suite.upstream.port} HTTP/1.1\r\nHost: x\r\n\r\n`).has('\r\n\r\n');
  client.received = '';
  return client;
}

interface Case {
  readonly name: string;
  readonly bytes: Buffer;
  readonly want: 'passes' | 'is refused' | 'is closed';
  readonly counted: 'sni' | 'none' | 'ech' | 'malformed' | null;
}

const ECH = extension(EXTENSION.ech, Buffer.alloc(150, 7));
/** The table of requirement 28. CONNECT has named 127.0.0.1. */
const table: readonly Case[] = [
  {
    name: 'a server name other than the CONNECT host',
    bytes: helloFor('other.example'),
    want: 'passes',
    counted: 'sni',
  },
  {
    name: 'a listed one other than the CONNECT host',
    bytes: helloFor('listed.example'),
    want: 'is refused',
    counted: 'sni',
  },
  { name: 'a host below a listed one', bytes: helloFor('a.below.example'), want: 'is refused', counted: 'sni' },
  { name: 'a host with listed paths', bytes: helloFor('paths.example'), want: 'passes', counted: 'sni' },
  { name: 'no server name', bytes: hello(), want: 'passes', counted: 'none' },
  {
    name: 'no extensions',
    bytes: inRecords(helloMessage({ version: 0x0301, extensions: null })),
    want: 'passes',
    counted: 'none',
  },
  { name: 'an IPv4 literal', bytes: helloFor('192.0.2.1'), want: 'passes', counted: 'sni' },
  { name: 'a listed IPv4 literal', bytes: helloFor('192.0.2.66'), want: 'is refused', counted: 'sni' },
  { name: 'a listed IPv6 literal', bytes: helloFor('2001:DB8::66'), want: 'is refused', counted: 'sni' },
  {
    name: 'ECH, the outer name on no list',
    bytes: hello(serverName('public.example'), ECH),
    want: 'passes',
    counted: 'ech',
  },
  {
    name: 'ECH, the outer name listed',
    bytes: hello(serverName('listed.example'), ECH),
    want: 'is refused',
    counted: 'ech',
  },
  { name: 'ECH without an outer name', bytes: hello(ECH), want: 'passes', counted: 'ech' },
  { name: 'not TLS at all', bytes: Buffer.from('\0not TLS'), want: 'passes', counted: null },
  {
    name: 'not TLS at all: SSL 2.0',
    bytes: Buffer.from('802e0100020015000000100100800200800300800400800500800600400700c0', 'hex'),
    want: 'passes',
    counted: null,
  },
  {
    name: 'two names, the first listed',
    bytes: helloFor('listed.example', 'other.example'),
    want: 'is refused',
    counted: 'sni',
  },
  {
    name: 'two names, the second listed',
    bytes: helloFor('other.example', 'listed.example'),
    want: 'is refused',
    counted: 'sni',
  },
  {
    name: 'two extensions with a name each',
    bytes: hello(serverName('other.example'), serverName('listed.example')),
    want: 'is refused',
    counted: 'sni',
  },
  {
    name: 'a name of another type before it',
    bytes: hello(extension(0, vector(2, nameEntry('x', 7), nameEntry('listed.example')))),
    want: 'is refused',
    counted: 'sni',
  },
  { name: 'an empty name', bytes: helloFor(''), want: 'passes', counted: 'none' },
  { name: 'a trailing dot', bytes: helloFor('listed.example.'), want: 'is refused', counted: 'sni' },
  { name: 'upper case', bytes: helloFor('LISTED.EXAMPLE'), want: 'is refused', counted: 'sni' },
  { name: 'a port behind it', bytes: helloFor('listed.example:443'), want: 'is refused', counted: 'sni' },
  { name: 'NUL behind it', bytes: helloFor('listed.example\0'), want: 'is refused', counted: 'sni' },
  { name: 'NUL before it', bytes: helloFor('\0listed.example'), want: 'is refused', counted: 'sni' },
  { name: 'a name of 60,000 bytes', bytes: helloFor('n'.repeat(60_000)), want: 'is refused', counted: 'sni' },
  {
    name: 'a name of 65,535 bytes, as its length says',
    bytes: hello(extension(0, Buffer.from('fffe00ffff', 'hex'), Buffer.alloc(40_000, 'n'))),
    want: 'is closed',
    counted: 'malformed',
  },
  {
    name: 'a hello above the bound',
    bytes: hello(extension(21, Buffer.alloc(64_000)), serverName('listed.example'), extension(21, Buffer.alloc(1500))),
    want: 'is closed',
    counted: 'malformed',
  },
  {
    name: 'post-quantum keys before it',
    bytes: hello(extension(51, Buffer.alloc(1300)), extension(41, Buffer.alloc(900)), serverName('listed.example')),
    want: 'is refused',
    counted: 'sni',
  },
  {
    name: 'GREASE around it',
    bytes: hello(extension(0x1a1a), serverName('listed.example'), extension(0xfafa, Buffer.alloc(1))),
    want: 'is refused',
    counted: 'sni',
  },
  {
    name: 'early data behind it',
    bytes: Buffer.concat([helloFor('listed.example'), record(Buffer.alloc(400), 23)]),
    want: 'is refused',
    counted: 'sni',
  },
  {
    name: 'records of one byte',
    bytes: inRecords(helloMessage({ extensions: [serverName('listed.example')] }), 1),
    want: 'is refused',
    counted: 'sni',
  },
];

describe('requirement 28: the name in a ClientHello', () => {
  test.each(table)('$name: $want', async ({ bytes, want, counted }) => {
    const { proxy, upstream } = byAlert;
    const before = counted === null ? 0 : proxy.clientHellos(counted);
    const refusals = proxy.verdicts('block') + proxy.verdicts('refuse');
    const client = await tunnel(byAlert);
    client.send(bytes);
    if (want === 'passes') {
      const sent = bytes.toString('latin1');
      await upstream.until(({ bytes: came }) => came.length >= sent.length);
      expect(upstream.take()).toBe(sent);
      upstream.last.send('answer');
      await client.has('answer');
      expect(client.received).toBe('answer');
      client.reset();
    } else {
      await client.over();
      expect(client.received).toBe(want === 'is refused' ? ALERT : '');
      expect(upstream.take()).toBe('');
    }
    if (counted !== null) expect(proxy.clientHellos(counted)).toBe(before + 1);
    expect(proxy.verdicts('block') + proxy.verdicts('refuse') - refusals).toBe(want === 'passes' ? 0 : 1);
  });

  test.each(table.filter(({ want }) => want === 'is refused'))(
    '$name: reset, where that is configured',
    async ({ bytes }) => {
      const client = await tunnel(byReset);
      await client.send(bytes).over();
      expect([client.received, client.ending, byReset.upstream.take()]).toEqual(['', 'reset', '']);
    },
  );

  test('the host that CONNECT names is judged before the connection is made', async () => {
    const client = await byAlert.client();
    client.send(
      `CONNECT Listed.example:443 HTTP/1.1\r\nHost: x\r\n\r\n${helloFor('other.example').toString('latin1')}`,
    );
    await client.over();
    expect(client.received).toMatch(/^HTTP\/1\.1 403 /);
    await byAlert.nothingForwarded();
  });

  test('what the origin says first comes after a short silence of the client, and not once its hello has begun', async () => {
    const { upstream } = byAlert;
    const silent = await tunnel(byAlert);
    await upstream.until(({ fresh }) => fresh.length === 1);
    upstream.fresh[0]?.send('220 ready\r\n');
    await silent.has('220 ready');
    silent.reset();
    const begun = await tunnel(byAlert);
    await upstream.until(({ fresh }) => fresh.length === 2);
    const listed = helloFor('listed.example');
    begun.send(listed.subarray(0, 40));
    upstream.fresh[1]?.send('220 ready\r\n');
    await begun.send(listed.subarray(40)).over();
    expect(begun.received).toBe(ALERT);
  });

  test('paths behind TLS are counted as not enforceable, and the host passes', async () => {
    const before = byAlert.proxy.unenforceable();
    const client = await tunnel(byAlert);
    client.send(helloFor('paths.example'));
    await byAlert.upstream.until(({ bytes }) => bytes.length > 0);
    expect(byAlert.proxy.unenforceable()).toBe(before + 1);
    client.reset();
  });

  test('the very bytes travel, and the same hello is counted once', async () => {
    const { proxy, upstream } = byAlert;
    const [passed, hellos] = [proxy.verdicts('pass'), proxy.clientHellos('sni')];
    const client = await tunnel(byAlert);
    const bytes = inRecords(helloMessage({ extensions: [serverName('other.example')] }), 11, 1, 40);
    for (const byte of bytes) client.send(Buffer.from([byte]));
    await upstream.until(({ bytes: came }) => came.length === bytes.length);
    expect(upstream.take()).toBe(bytes.toString('latin1'));
    expect([proxy.verdicts('pass') - passed, proxy.clientHellos('sni') - hellos]).toEqual([1, 1]);
    client.reset();
  });
});

describe('requirement 28: where a tunnel has to be TLS for the host that CONNECT names', () => {
  test.each([
    { name: 'that host', host: 'localhost', bytes: helloFor('LocalHost.') },
    { name: 'no server name', host: 'localhost', bytes: hello() },
    { name: 'no server name to an address', host: '127.0.0.1', bytes: hello() },
    { name: 'that address', host: '127.0.0.1', bytes: helloFor('127.1') },
  ])('$name: passes', async ({ host, bytes }) => {
    const client = await tunnel(tlsOnly, host);
    client.send(bytes);
    await tlsOnly.upstream.until(({ bytes: came }) => came.length === bytes.length);
    expect(tlsOnly.proxy.verdicts('refuse')).toBe(0);
    client.reset();
  });

  test.each([
    { name: 'another host', bytes: helloFor('other.example'), received: ALERT },
    { name: 'that host and another', bytes: helloFor('localhost', 'other.example'), received: ALERT },
    { name: 'a host below it', bytes: helloFor('a.localhost'), received: ALERT },
    { name: 'HTTP', bytes: Buffer.from('GET / HTTP/1.1\r\n'), received: '' },
    { name: 'neither', bytes: Buffer.from('\0mail'), received: '' },
    { name: 'SSL 2.0', bytes: Buffer.from('802e010002', 'hex'), received: '' },
  ])('$name: closed and counted', async ({ bytes, received }) => {
    const before = tlsOnly.proxy.verdicts('refuse');
    const client = await tunnel(tlsOnly, 'localhost');
    await client.send(bytes).over();
    expect(client.received).toBe(received);
    expect(tlsOnly.upstream.take()).toBe('');
    expect(tlsOnly.proxy.verdicts('refuse')).toBe(before + 1);
  });

  // Was a bug: such a client heard what the origin says first, although nothing but TLS may be spoken there.
  test('a client that ends without a word: closed, and hears nothing of the origin', async () => {
    const { upstream } = tlsOnly;
    const client = await tunnel(tlsOnly, 'localhost');
    await upstream.until(({ fresh }) => fresh.length === 1);
    upstream.fresh[0]?.end('220 ready\r\n');
    client.end();
    await client.over();
    expect(client.received).toBe('');
  });
});
