/**
 * Requirement 28: the host is judged at CONNECT, the server name before a byte of the client goes to the origin, or one of the origin
 * to the client. What real servers make of odd names: test/e2e/tls-servers.real.test.ts.
 */
import { describe, expect, test } from '@jest/globals';
import { helloFor, helloMessage, inRecords, serverName } from '../support/reference/made-hello.ts';
import { ALERT, HELLO_LIST, HELLOS, hello } from './cases/hellos.ts';
import type { Connection } from './support/connection.ts';
import { hostileSuite, type Suite } from './support/suite.ts';

const byAlert = hostileSuite({ list: HELLO_LIST });
const byReset = hostileSuite({ list: HELLO_LIST, tls: { refusal: 'reset' } });
/** Every port is one of TLS. */
const strict = hostileSuite({
  list: HELLO_LIST,
  listeners: [{ name: 'explicit', port: 0, notTls: 'refuse' }],
  tls: { ports: ['1-65535'] },
});
const tlsOnly = hostileSuite({ list: HELLO_LIST, connect: { firstBytes: 'tls' } });

/** A tunnel that is open to the origin, in which nothing was sent. */
async function tunnel(suite: Suite, host = '127.0.0.1'): Promise<Connection> {
  suite.upstream.automatic = false;
  const client = await suite.client();
  await client.send(`CONNECT ${host}:${suite.upstream.port} HTTP/1.1\r\nHost: x\r\n\r\n`).has('\r\n\r\n');
  client.received = '';
  return client;
}

describe('requirement 28: the name in a ClientHello', () => {
  test.each(HELLOS)('$name: $want', async ({ bytes, want, counted }) => {
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

  test.each(HELLOS.filter(({ want }) => want === 'is refused'))(
    '$name: reset, where that is configured',
    async ({ bytes }) => {
      const client = await tunnel(byReset);
      await client.send(bytes).over();
      expect([client.received, client.ending, byReset.upstream.take()]).toEqual(['', 'reset', '']);
    },
  );

  test('the host that CONNECT names is judged before the connection is made', async () => {
    const client = await byAlert.client();
    client.send(`CONNECT Whole.example:443 HTTP/1.1\r\nHost: x\r\n\r\n${helloFor('other.example').toString('latin1')}`);
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
    const listed = helloFor('whole.example');
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

describe('requirements 28 and 81: what is neither HTTP nor TLS, inside CONNECT to a port of TLS', () => {
  const SSH = Buffer.from('SSH-2.0-client\r\n');

  test.each([
    { name: 'tunnel, the default', of: () => byAlert, want: SSH.toString() },
    { name: 'refuse', of: () => strict, want: '' },
  ])('notTls: $name', async ({ of, want }) => {
    const suite = of();
    const client = await tunnel(suite);
    client.send(SSH);
    if (want === '') {
      await client.over();
      expect([client.received, client.ending, suite.upstream.take()]).toEqual(['', 'reset', '']);
    } else {
      await suite.upstream.until(({ bytes: came }) => came.length >= want.length);
      expect(suite.upstream.take()).toBe(want);
      client.reset();
    }
  });

  test('notTls: refuse, and HTTP there is read and judged as anywhere', async () => {
    const client = await tunnel(strict);
    client.send('GET / HTTP/1.1\r\nHost: other.example\r\n\r\n');
    await strict.upstream.until(({ bytes: came }) => came.includes('\r\n\r\n'));
    expect(strict.upstream.take()).toContain('Host: other.example');
    client.reset();
  });
});
