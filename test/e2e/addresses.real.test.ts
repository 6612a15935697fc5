/** How names and addresses are reached: IPv4, IPv6, localhost, the hosts file, DNS; and which are not to be reached. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startDnsServer } from '../support/dns-server.ts';
import type { DnsServer } from '../support/dns-server.ts';
import { freePort } from '../support/free-port.ts';
import { holdPort } from '../support/held-port.ts';
import { startOrigin } from '../support/origin.ts';
import type { Origin, OriginConnection } from '../support/origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import type { RawResponse } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';

const resources = new Resources();
let four: Origin;
let six: Origin;
let dns: DnsServer;
let proxy: ProxyProcess;

beforeAll(async () => {
  four = await startAlone('IPv4', '127.0.0.1', '::1');
  six = await startAlone('IPv6', '::1', '127.0.0.1');
  dns = await startDnsServer();
  resources.defer(async () => await dns.close());
  dns.set('four.test', { A: [{ address: '127.0.0.1', ttl: 60 }] });
  dns.set('six.test', { AAAA: [{ address: '0:0:0:0:0:0:0:1', ttl: 60 }] });
  dns.set('both.test', { A: [{ address: '127.0.0.1', ttl: 60 }], AAAA: [{ address: '0:0:0:0:0:0:0:1', ttl: 60 }] });
  dns.set('private.test', { A: [{ address: '10.0.0.1', ttl: 60 }] });
  dns.set('mixed.test', {
    A: [
      { address: '10.0.0.1', ttl: 60 },
      { address: '127.0.0.1', ttl: 60 },
    ],
  });
  dns.set('broken.test', { A: 'SERVFAIL', AAAA: 'SERVFAIL' });
  dns.set('silent.test', { A: 'drop', AAAA: 'drop' });
  proxy = resources.use(
    await startProxy({
      config: {
        listeners: [
          { name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 0 },
          { name: 'six', mode: 'explicit', address: '::1', port: 0 },
        ],
        upstream: { allow: ['127.0.0.0/8', '::1/128'], dns: { servers: [dns.server], timeout: '5s' } },
      },
      lists: { own: '[::1]/listed\n' },
    }),
  );
});
afterAll(async () => await resources.end());

/** An origin at one address, with nobody at its port of the other. */
async function startAlone(family: string, address: '127.0.0.1' | '::1', other: '127.0.0.1' | '::1'): Promise<Origin> {
  for (;;) {
    const origin = await startOrigin(async (connection) => await answerHost(connection, family), address);
    const held = holdPort(other, origin.port);
    if (held === null) {
      await origin.close();
      continue;
    }
    resources.use(held);
    return resources.use(origin);
  }
}

/** Says which origin it is and under which Host it was asked. */
async function answerHost(connection: OriginConnection, family: string): Promise<void> {
  for (;;) {
    const head = await connection.head();
    const body = `${family} ${/^Host: (.*)$/m.exec(head)?.[1]?.replace(/:\d+$/, '')}`;
    connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  }
}

async function get(url: string, by = proxy): Promise<RawResponse> {
  await using client = await rawClient(by.port);
  client.send(`GET ${url} HTTP/1.1\r\nHost: ignored.example\r\n\r\n`);
  return await client.response();
}

describe('reached', () => {
  test.each([
    { name: 'an IPv6 literal', host: '[::1]', origin: () => six, want: 'IPv6 [::1]' },
    { name: 'an IPv6 literal in full', host: '[0:0:0:0:0:0:0:1]', origin: () => six, want: 'IPv6 [::1]' },
    { name: 'IPv4 in one number', host: '2130706433', origin: () => four, want: 'IPv4 127.0.0.1' },
    { name: 'IPv4 in octal', host: '0177.1', origin: () => four, want: 'IPv4 127.0.0.1' },
    { name: 'IPv4 in IPv6', host: '[::ffff:127.0.0.1]', origin: () => four, want: 'IPv4 127.0.0.1' },
    { name: 'localhost on IPv6 only', host: 'localhost', origin: () => six, want: 'IPv6 localhost' },
    {
      name: 'a name below localhost on IPv6 only',
      host: 'a.b.localhost',
      origin: () => six,
      want: 'IPv6 a.b.localhost',
    },
    { name: 'localhost on IPv4 only', host: 'LOCALHOST.', origin: () => four, want: 'IPv4 localhost' },
    { name: 'a name with A', host: 'four.test', origin: () => four, want: 'IPv4 four.test' },
    { name: 'a name with AAAA', host: 'six.test', origin: () => six, want: 'IPv6 six.test' },
    { name: 'a name with both, only IPv4 listens', host: 'both.test', origin: () => four, want: 'IPv4 both.test' },
    { name: 'a name with both, only IPv6 listens', host: 'both.test', origin: () => six, want: 'IPv6 both.test' },
    {
      name: 'a name with an address that is not allowed and one that is',
      host: 'mixed.test',
      origin: () => four,
      want: 'IPv4 mixed.test',
    },
  ])('$name', async ({ host, origin, want }) => {
    const { status, body } = await get(`http://${host}:${origin().port}/`);
    expect([status, body.toString()]).toEqual([200, want]);
  });

  test('a name of the hosts file', async () => {
    const name = hostsName();
    const { status, body } = await get(`http://${name}:${four.port}/`);
    expect([status, body.toString()]).toEqual([200, `IPv4 ${name}`]);
    expect(dns.count(name, 'A')).toBe(0);
  });

  test('by a client over IPv6', async () => {
    await using client = await rawClient(proxy.portOf('six'), '::1');
    client.request(`http://[::1]:${six.port}/`);
    expect((await client.response()).body.toString()).toBe('IPv6 [::1]');
  });

  test('a name is looked up once while its TTL lasts', async () => {
    dns.set('once.test', { A: [{ address: '127.0.0.1', ttl: 60 }] });
    // A question to which no answer comes within a seventh of the time is sent again, and counted.
    const upstream = { allow: ['127.0.0.0/8'], dns: { servers: [dns.server], timeout: '1m' } };
    await using patient = await startProxy({ config: { upstream } });
    for (let i = 0; i < 3; i++) expect((await get(`http://once.test:${four.port}/`, patient)).status).toBe(200);
    expect(dns.count('once.test', 'A')).toBe(1);
  });
});

describe('not reached', () => {
  test.each([
    {
      name: 'a listed IPv6 address in another spelling',
      url: () => `http://[0::0:1]:${six.port}/listed`,
      status: 403,
      error: 'http_request_denied',
    },
    { name: 'a name that does not exist', url: () => 'http://nobody.test/', status: 502, error: 'dns_error' },
    { name: 'a name whose server fails', url: () => 'http://broken.test/', status: 502, error: 'dns_error' },
    { name: 'a name whose server is silent', url: () => 'http://silent.test/', status: 504, error: 'dns_timeout' },
    { name: 'a private address', url: () => 'http://10.0.0.1/', status: 403, error: 'destination_ip_prohibited' },
    {
      name: 'a name with a private address',
      url: () => 'http://private.test/',
      status: 403,
      error: 'destination_ip_prohibited',
    },
    {
      name: 'the metadata service',
      url: () => 'http://169.254.169.254/latest',
      status: 403,
      error: 'destination_ip_prohibited',
    },
    {
      name: 'the admin port',
      url: () => `http://127.0.0.1:${proxy.adminPort}/status`,
      status: 403,
      error: 'destination_ip_prohibited',
    },
    {
      name: 'the admin port by a name',
      url: () => `http://four.test:${proxy.adminPort}/status`,
      status: 403,
      error: 'destination_ip_prohibited',
    },
    {
      name: 'the admin port by a spelling',
      url: () => `http://0x7f.1:${proxy.adminPort}/status`,
      status: 403,
      error: 'destination_ip_prohibited',
    },
    {
      name: 'its own listener',
      url: () => `http://127.0.0.1:${proxy.port}/`,
      status: 403,
      error: 'destination_ip_prohibited',
    },
    {
      name: 'its own listener on IPv6',
      url: () => `http://[::1]:${proxy.portOf('six')}/`,
      status: 403,
      error: 'destination_ip_prohibited',
    },
  ])('$name', async ({ url, status, error }) => {
    const answer = await get(url());
    expect(answer.status).toBe(status);
    expect(answer.fields.get('proxy-status')).toContain(`; error=${error}`);
  });

  test('a port where nobody listens', async () => {
    const { status, fields } = await get(`http://127.0.0.1:${await freePort()}/`);
    expect(status).toBe(502);
    expect(fields.get('proxy-status')).toContain('; error=connection_refused');
  });

  test('without permission not even loopback', async () => {
    await using strict = await startProxy({ config: { upstream: { allow: [] } } });
    await using client = await rawClient(strict.port);
    client.request(`http://localhost:${four.port}/`);
    expect((await client.response()).status).toBe(403);
  });
});

/** A name for 127.0.0.1 other than localhost, if there is one: that of the machine itself is often of 127.0.1.1, where no origin is. */
function hostsName(): string {
  const lines = readFileSync('/etc/hosts', 'latin1')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/));
  const names = lines.filter(([address]) => address === '127.0.0.1').flatMap(([, ...rest]) => rest);
  return names.find((name) => !name.includes('localhost')) ?? 'localhost';
}
