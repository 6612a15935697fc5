/**
 * Faults of the far side that no other file here has: names that do not resolve or change, origins that are not there,
 * drip, half-close, answer before the request has ended, or go on with interim answers. For each: the status the client
 * gets, the metric, and that nothing is left of it.
 */
import { afterEach, beforeAll, afterAll, describe, expect, test } from '@jest/globals';
import { startBlackHole } from '../support/black-hole.ts';
import { startDnsServer } from '../support/dns-server.ts';
import type { DnsServer } from '../support/dns-server.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { statuses } from './support/connection.ts';
import { hostileSuite } from './support/suite.ts';
import { Upstream } from './support/upstream.ts';

const dns: { server?: DnsServer } = {};
const get = (url: string, path = '/'): string => `GET ${url}${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

beforeAll(async () => {
  dns.server = await startDnsServer();
});
afterAll(async () => await dns.server!.close());

describe('requirements 31 and 54: names', () => {
  const suite = hostileSuite(() => ({ upstream: { allow: ['127.0.0.1/32'], dns: { servers: [dns.server!.server], timeout: 0.5, minTtl: 0 } } }));
  const url = (name: string): string => `http://${name}:${suite.upstream.port}`;

  const failing = [
    { name: 'nxdomain.example', replies: { A: 'NXDOMAIN', AAAA: 'NXDOMAIN' }, status: 502, error: 'dns_error', metric: 'dns' },
    { name: 'nodata.example', replies: { A: [], AAAA: [] }, status: 502, error: 'dns_error', metric: 'dns' },
    { name: 'servfail.example', replies: { A: 'SERVFAIL', AAAA: 'SERVFAIL' }, status: 502, error: 'dns_error', metric: 'dns' },
    { name: 'silent.example', replies: { A: 'drop', AAAA: 'drop' }, status: 504, error: 'dns_timeout', metric: 'dns_timeout' },
    { name: 'private.example', replies: { A: [{ address: '10.0.0.1', ttl: 60 }] }, status: 403, error: 'destination_ip_prohibited', metric: 'refused_address' },
    { name: 'metadata.example', replies: { A: [{ address: '169.254.169.254', ttl: 60 }] }, status: 403, error: 'destination_ip_prohibited', metric: 'refused_address' },
    { name: 'mapped.example', replies: { AAAA: [{ address: '0:0:0:0:0:ffff:a00:1', ttl: 60 }] }, status: 403, error: 'destination_ip_prohibited', metric: 'refused_address' },
  ] as const;
  test.each(failing)('$name: $status, and the connection is kept', async ({ name, replies, status, error, metric }) => {
    dns.server!.set(name, replies);
    const before = suite.proxy.upstreamErrors(metric);
    const client = await suite.client();
    await client.send(get(url(name))).has('\r\n\r\n');
    expect(statuses(client.received)).toEqual([status]);
    expect(client.received).toContain(`; error=${error}`);
    expect(suite.proxy.upstreamErrors(metric)).toBe(before + 1);
    await client.send(get(suite.upstream.url)).has('\r\n\r\nok');
    const tunnel = await suite.client();
    await tunnel.send(`CONNECT ${name}:${suite.upstream.port} HTTP/1.1\r\nHost: x\r\n\r\n`).has('\r\n\r\n');
    expect(statuses(tunnel.received)).toEqual([status]);
  });

  test('of several addresses those that are not allowed are never tried', async () => {
    dns.server!.set('mixed.example', { A: [{ address: '127.0.0.2', ttl: 60 }, { address: '127.0.0.1', ttl: 60 }, { address: '10.0.0.1', ttl: 60 }] });
    const inside = await new Upstream().listen('127.0.0.2', suite.upstream.port);
    const client = await suite.client();
    await client.send(get(url('mixed.example'))).has('\r\n\r\nok');
    expect(inside.connections).toHaveLength(0);
    expect(suite.upstream.last.received).toContain('\r\nHost: mixed.example:');
    await inside.close();
  });

  test('a slow answer: the request waits for it; a client that leaves meanwhile leaves nothing', async () => {
    dns.server!.set('slow.example', { A: { held: [{ address: '127.0.0.1', ttl: 60 }] }, AAAA: [] });
    const client = await suite.client();
    const leaving = await suite.client();
    client.send(get(url('slow.example')));
    leaving.send(get(url('slow.example'), '/left'));
    await dns.server!.heldBack('slow.example', 'A');
    leaving.reset();
    await eventually('the other is gone', () => suite.proxy.connections(), (open) => open === 1);
    dns.server!.release('slow.example', 'A');
    await client.has('\r\n\r\nok');
    expect(suite.upstream.take()).not.toContain('/left');
  });

  test('a name that turns private between two look-ups: what was resolved is what is checked and connected to', async () => {
    dns.server!.set('rebind.example', { A: [{ address: '127.0.0.1', ttl: 0 }] });
    const client = await suite.client();
    await client.send(get(url('rebind.example'), '/public')).has('\r\n\r\nok');
    for (const { socket } of suite.upstream.connections) socket.destroy();
    dns.server!.set('rebind.example', { A: [{ address: '127.0.0.2', ttl: 0 }] });
    const inside = await new Upstream().listen('127.0.0.2', suite.upstream.port);
    const answer = await eventually('the new address is known', async () => {
      const again = await suite.client();
      await again.send(get(url('rebind.example'), '/private')).has('\r\n\r\n');
      return statuses(again.received)[0];
    }, (status) => status !== 200);
    expect(answer).toBe(403);
    expect(inside.connections).toHaveLength(0);
    await inside.close();
  });

  expectNothingLeft(() => suite.proxy);
});

describe('requirements 15 and 35: origins', () => {
  const suite = hostileSuite({ timeouts: { connect: 0.5, firstByte: 0.5, body: 0.5 } });
  /** The origin's side of the request just sent; it answers nothing by itself. */
  const asked = async (path: string): Promise<Upstream['last']> => {
    await suite.upstream.until(({ bytes }) => bytes.includes(` ${path} `));
    return suite.upstream.connections.findLast(({ received }) => received.includes(` ${path} `))!;
  };

  test('not there: 502', async () => {
    const before = suite.proxy.upstreamErrors('connect');
    const answer = await suite.ask(get(`http://127.0.0.1:${await freePort()}`), '\r\n\r\n');
    expect(statuses(answer)).toEqual([502]);
    expect(answer).toContain('; error=connection_refused');
    expect(suite.proxy.upstreamErrors('connect')).toBe(before + 1);
  });

  test('a black hole: 504, and a client that leaves meanwhile ends the attempt', async () => {
    const hole = await startBlackHole('127.0.0.9');
    const leaving = await suite.client();
    leaving.send(get(`http://127.0.0.9:${hole.port}`));
    const answer = await suite.ask(get(`http://127.0.0.9:${hole.port}`), '\r\n\r\n');
    leaving.reset();
    await hole.close();
    expect(statuses(answer)).toEqual([504]);
    expect(suite.proxy.upstreamErrors('connect_timeout')).toBeGreaterThan(0);
  });

  test('drips its answer, head and body: it arrives whole, however long it takes', async () => {
    suite.upstream.automatic = false;
    const client = await suite.client();
    client.send(get(suite.upstream.url, '/drip'));
    const origin = await asked('/drip');
    const text = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';
    let sent = 0;
    // Each byte comes well before the deadline for the next; all of them together after it.
    await new Promise<void>((resolve) => {
      const drip = setInterval(() => {
        origin.send(text[sent++]!);
        if (sent < text.length) return;
        clearInterval(drip);
        resolve();
      }, 12);
    });
    await client.has('0\r\n\r\n');
    expect(client.received).toMatch(/\r\nTransfer-Encoding: chunked\r\n[^]*\r\n\r\n(?:[^]*)hello\r\n0\r\n\r\n$/);
  });

  test('half-closes behind a whole answer: that answer is good, its connection is not used again', async () => {
    suite.upstream.automatic = false;
    const client = await suite.client();
    client.send(get(suite.upstream.url, '/half'));
    const origin = await asked('/half');
    origin.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await client.has('\r\n\r\nok');
    client.send(get(suite.upstream.url, '/after-half'));
    const next = await asked('/after-half');
    expect(next).not.toBe(origin);
    next.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await client.has('\r\n\r\nok', 2);
    await origin.over();
  });

  test('half-closes without an answer: 502', async () => {
    suite.upstream.automatic = false;
    const before = suite.proxy.upstreamErrors('early_close');
    const client = await suite.client();
    client.send(`POST ${suite.upstream.url}/mute HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab`);
    (await asked('/mute')).end();
    await client.has('\r\n\r\n');
    expect(statuses(client.received)).toEqual([502]);
    expect(suite.proxy.upstreamErrors('early_close')).toBe(before + 1);
  });

  test.each([
    ['before the request has ended, by length', 'Content-Length: 100000\r\n', 'x'.repeat(10)],
    ['before the request has ended, chunked', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n'],
  ])('answers %s, and closes: the client has the answer', async (_name, field, part) => {
    suite.upstream.automatic = false;
    const client = await suite.client();
    const path = `/early-${field.length}`;
    client.send(`POST ${suite.upstream.url}${path} HTTP/1.1\r\nHost: x\r\n${field}\r\n${part}`);
    const origin = await asked(path);
    origin.end('HTTP/1.1 403 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno');
    await client.over();
    expect(client.received).toMatch(/^HTTP\/1\.1 403 [^]*\r\nConnection: close\r\n[^]*\r\n\r\nno$/);
    await origin.over();
  });

  test('interim answers without end, slowly: the deadline of the answer holds, or their number', async () => {
    suite.upstream.automatic = false;
    const before = suite.proxy.upstreamErrors('bad_response') + suite.proxy.upstreamErrors('first_byte_timeout');
    const client = await suite.client();
    client.send(get(suite.upstream.url, '/interim'));
    const origin = await asked('/interim');
    const drip = setInterval(() => origin.send('HTTP/1.1 103 Early Hints\r\n\r\n'), 20);
    await client.until(({ received }) => statuses(received).some((status) => status >= 500));
    clearInterval(drip);
    expect(statuses(client.received).filter((status) => status === 103).length).toBeLessThanOrEqual(16);
    expect(suite.proxy.upstreamErrors('bad_response') + suite.proxy.upstreamErrors('first_byte_timeout')).toBe(before + 1);
    await origin.over();
  });

  expectNothingLeft(() => suite.proxy);
});

/** After each test: the clients are destroyed by the suite, the gauge comes back to zero. */
function expectNothingLeft(proxy: () => { connections(): number }): void {
  afterEach(async () => {
    expect(await eventually('no connection is left', () => proxy().connections(), (open) => open === 0)).toBe(0);
  });
}
