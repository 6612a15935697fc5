/** Requirement 35: what is waited for elsewhere: names, connections, readers. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startBlackHole } from '../support/black-hole.ts';
import type { BlackHole } from '../support/black-hole.ts';
import { startDnsServer } from '../support/dns-server.ts';
import type { DnsServer } from '../support/dns-server.ts';
import { open, statuses, tell } from './support/connection.ts';
import { startProxy } from './support/proxy.ts';
import type { TestProxy } from './support/proxy.ts';
import { Upstream } from './support/upstream.ts';

const here: { dns?: DnsServer; proxy?: TestProxy; hole?: BlackHole } = {};
const upstream = new Upstream();
const BODY = Buffer.alloc(64 * 1024 * 1024, 'b');

beforeAll(async () => {
  await upstream.listen();
  here.dns = await startDnsServer();
  here.hole = await startBlackHole('127.0.0.1');
  here.proxy = await startProxy({ upstream: { dns: { servers: [here.dns.server], timeout: 0.3 } }, timeouts: { connect: 0.3, body: 0.8, firstByte: 10, idle: 10 } });
});
afterAll(async () => {
  await here.proxy!.close();
  await here.hole!.close();
  await here.dns!.close();
  await upstream.close();
});

const get = (authority: string): string => `GET http://${authority}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
const connect = (authority: string): string => `CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`;

describe('requirement 35: names and connections', () => {
  test('a name that nobody answers for: 504', async () => {
    here.dns!.set('slow.example', { A: 'drop', AAAA: 'drop' });
    for (const bytes of [get('slow.example'), connect('slow.example:443')]) {
      const { received } = await tell(here.proxy!.port, bytes);
      expect(statuses(received)).toEqual([504]);
      expect(received).toContain('error=dns_timeout');
    }
    expect(here.proxy!.upstreamErrors('dns_timeout')).toBe(2);
  });

  test.each(['NXDOMAIN', 'SERVFAIL', 'REFUSED'] as const)('a name that is %s: 502', async (code) => {
    here.dns!.set('none.example', { A: code, AAAA: code });
    const { received } = await tell(here.proxy!.port, get(`none.example`));
    expect(statuses(received)).toEqual([502]);
    expect(received).toContain('error=dns_error');
  });

  test('an origin that takes no connection: 504', async () => {
    for (const bytes of [get(`127.0.0.1:${here.hole!.port}`), connect(`127.0.0.1:${here.hole!.port}`)]) {
      const { received } = await tell(here.proxy!.port, bytes);
      expect(statuses(received)).toEqual([504]);
      expect(received).toContain('error=connection_timeout');
    }
    expect(here.proxy!.upstreamErrors('connect_timeout')).toBe(2);
  });
});

describe('requirement 35: readers', () => {
  test('a client that does not read its answer is reset, and the origin let go', async () => {
    upstream.answer = (connection) => void connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n`).send(BODY);
    const client = await open(here.proxy!.port);
    client.socket.pause();
    client.send(get(upstream.authority));
    await upstream.until(({ bytes }) => bytes !== '');
    await upstream.last.over();
    client.socket.resume();
    await client.over();
    expect(client.ending).toBe('reset');
    expect(here.proxy!.dropped('body_timeout')).toBe(1);
    expect(here.proxy!.upstreamErrors('body_timeout')).toBe(0);
    expect(here.proxy!.bytes('upstream_in')).toBeLessThan(32 * 1024 * 1024);
    upstream.reset();
  });

  test('an origin that does not read a body: 504, and the client is read no further', async () => {
    upstream.automatic = false;
    upstream.onHead = ({ socket }) => void socket.pause();
    const client = await open(here.proxy!.port);
    client.send(`POST ${upstream.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${BODY.length}\r\n\r\n`).send(BODY);
    await client.over();
    expect(statuses(client.received)).toEqual([504]);
    expect(here.proxy!.bytes('upstream_out')).toBeLessThan(32 * 1024 * 1024);
    client.destroy();
    upstream.last.destroy();
    upstream.reset();
  });

  test('bytes of an answer now and then keep it going, interim answers without end do not', async () => {
    upstream.answer = (connection) => {
      const drip = setInterval(() => connection.send('HTTP/1.1 103 Early Hints\r\n\r\n'), 20);
      connection.socket.once('close', () => clearInterval(drip));
    };
    const { received } = await tell(here.proxy!.port, get(upstream.authority));
    expect(statuses(received).at(-1)).toBe(502);
    expect(statuses(received)).toHaveLength(17);
    upstream.reset();
  });
});
