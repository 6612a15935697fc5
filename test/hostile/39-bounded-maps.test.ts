/** Requirement 39: what is kept by what clients send is bounded. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { tell } from './support/connection.ts';
import { startProxy } from './support/proxy.ts';
import type { TestProxy } from './support/proxy.ts';
import { Upstream } from './support/upstream.ts';

const upstream = new Upstream();
const here: { proxy?: TestProxy } = {};

beforeAll(async () => {
  await upstream.listen('0.0.0.0');
  here.proxy = await startProxy({ upstream: { pool: { perOrigin: 2, total: 5, idle: '10m' } } });
});
afterAll(async () => {
  await here.proxy!.close();
  await upstream.close();
});

const get = (host: string): string => `GET http://${host}:${upstream.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
const openUpstream = (): number => upstream.connections.filter(({ ending, closed }) => ending === null && !closed).length;

describe('requirement 39: idle upstream connections', () => {
  test('of one origin', async () => {
    upstream.automatic = false;
    const asked = Array.from({ length: 6 }, () => tell(here.proxy!.port, get('127.0.0.1')));
    await upstream.until(({ requests }) => requests.length === 6);
    for (const connection of upstream.connections) connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await Promise.all(asked);
    await eventually('the others are closed', openUpstream, (count) => count <= 2);
    expect(openUpstream()).toBe(2);
    upstream.reset();
  });

  test('of all origins: the oldest make room', async () => {
    for (let i = 2; i < 40; i++) await tell(here.proxy!.port, get(`127.0.0.${i}`));
    await eventually('the others are closed', openUpstream, (count) => count <= 5);
    expect(openUpstream()).toBe(5);
    const kept = upstream.connections.filter(({ ending, closed }) => ending === null && !closed).map(({ socket }) => socket.localAddress);
    expect(kept).toEqual(['127.0.0.35', '127.0.0.36', '127.0.0.37', '127.0.0.38', '127.0.0.39']);
  });
});
