/** Requirement 35: a deadline for each phase, a slow client for each. */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { hostileSuite } from './support/suite.ts';

const suite = hostileSuite({ timeouts: { header: 0.3, body: 0.3, firstByte: 0.3, idle: 0.6, connect: 0.3, tunnelIdle: 0.3 } });
const get = (path: string): string => `GET ${suite.upstream.url}${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

describe('requirement 35: deadlines', () => {
  test('header: half a head is not waited for', async () => {
    const client = await suite.client();
    await client.send('GET http://x').over();
    expect(client.received).toBe('');
    expect(suite.proxy.dropped('header_timeout')).toBe(1);
  });

  test('header: one byte now and then does not move it', async () => {
    const client = await suite.client();
    client.send('GET ');
    const drip = setInterval(() => client.send('x'), 50);
    await client.over();
    clearInterval(drip);
    expect(suite.proxy.dropped('header_timeout')).toBe(2);
  });

  test('idle: a client that says nothing, and one that says no more', async () => {
    const silent = await suite.client();
    await silent.over();
    const served = await suite.client();
    await served.send(get('/')).has('\r\n\r\nok');
    await served.over();
    expect(suite.proxy.dropped('idle_timeout')).toBe(2);
  });

  test('body: a client that stops inside a body', async () => {
    const client = await suite.client();
    await client.send(`POST ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc`).over();
    expect(suite.proxy.dropped('body_timeout')).toBe(1);
    const origin = suite.upstream.connections.findLast(({ received }) => received.includes('POST /'))!;
    await origin.over();
  });

  test('first byte: an origin that never answers', async () => {
    suite.upstream.automatic = false;
    const client = await suite.client();
    await client.send(get('/never')).has('\r\n\r\n');
    expect(statuses(client.received)).toEqual([504]);
    expect(client.received).toContain('error=http_response_timeout');
    expect(suite.proxy.upstreamErrors('first_byte_timeout')).toBe(1);
  });

  test('body: an origin that stops inside an answer', async () => {
    suite.upstream.answer = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc';
    const client = await suite.client();
    await client.send(get('/half')).over();
    expect(client.received).toMatch(/abc$/);
    expect(client.ending).toBe('reset');
    expect(suite.proxy.upstreamErrors('body_timeout')).toBe(1);
  });

  test('tunnel: nothing moves', async () => {
    suite.upstream.automatic = false;
    const client = await suite.client();
    await client.send(`CONNECT ${suite.upstream.authority} HTTP/1.1\r\nHost: x\r\n\r\n`).over();
    expect(statuses(client.received)).toEqual([200]);
    await suite.upstream.last.over();
  });
});
