/** The way of intercepted traffic: never shared, never in a circle, by servers of its own. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/types.ts';
import type { ForwardFailure } from '../../src/forward/connector.ts';
import { ReadBuffers } from '../../src/forward/read-buffers.ts';
import { Routes } from '../../src/forward/routes.ts';
import { UpstreamCapacity } from '../../src/forward/upstream-capacity.ts';
import type { UpstreamConnection } from '../../src/forward/upstream-connection.ts';
import { UpstreamPool } from '../../src/forward/upstream-pool.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { originAt, type Origin } from '../../src/match/host-facts.ts';
import { DROPPED } from '../../src/observe/counters.ts';
import { CounterTotals } from '../../src/observe/counter-totals.ts';
import { dataCounters } from '../../src/observe/data-counters.ts';
import { COUNTER_LAYOUT } from '../../src/workers/counter-slots.ts';
import { startDnsServer, type DnsServer } from '../support/dns-server.ts';

const ASKER = { client: { prefix: 'a', maxConnections: 10, address: '127.0.0.1' }, clientPort: 1024 };

let server: Server;
let dns: DnsServer;
let counters: SharedArrayBuffer;
let pool: UpstreamPool;
beforeEach(async () => {
  server = createServer((socket) => socket.on('error', () => {}));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  dns = await startDnsServer();
  counters = new SharedArrayBuffer(COUNTER_LAYOUT.bytes(1));
});
afterEach(async () => {
  server.close();
  await dns.close();
});

/** A transparent listener and a steered one, whose servers are the test's. */
function config(keys: object = {}, allow = ['127.0.0.0/8']): Config {
  const steered = {
    name: 'steered',
    mode: 'steered',
    addresses: ['127.0.7.0/24'],
    ports: [80, 443],
    resolver: [dns.server],
    ...keys,
  };
  const file = { listeners: [{ name: 'inline', mode: 'transparent' }, steered], upstream: { allow } };
  const loaded = parseConfig(JSON.stringify(file), '/c.yaml', {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

function routes(by: Config): Routes {
  pool = new UpstreamPool(by.upstream.pool);
  const parts = {
    buffers: new ReadBuffers(),
    counters: dataCounters(COUNTER_LAYOUT, counters, 0),
    capacity: new UpstreamCapacity(Infinity, { discardOldest: () => false }),
  };
  return new Routes(by, pool, parts, { sockets: null });
}

function destination(host: string, port = (server.address() as AddressInfo).port): Origin {
  return originAt(new Matcher({ cacheEntries: 1 }).lookup(host)!, port);
}

async function connected(
  by: Pick<Routes['explicit'], 'connect'>,
  to: Origin,
): Promise<ForwardFailure | UpstreamConnection> {
  return await new Promise((resolve) => {
    by.connect(to, ASKER, (failure, connection) => resolve(failure ?? connection!));
  });
}

function loops(): number {
  return new CounterTotals(COUNTER_LAYOUT, counters, 1).total('dropped', DROPPED.loop);
}

test('a connection is for one client: none is kept', async () => {
  const by = config();
  const route = routes(by).intercepted(by.listeners[0]!);
  const connection = (await connected(route, destination('127.0.0.1'))) as UpstreamConnection;
  route.keep(connection);
  expect([connection.socket.destroyed, route.take(), pool.size]).toEqual([true, null, 0]);
});

test('each listener has its way, and keeps it across a reload', () => {
  const by = config();
  const all = routes(by);
  const [inline, steered] = by.listeners.map((listener) => all.intercepted(listener));
  expect(inline).not.toBe(steered);
  all.configure(config({ others: 'refuse', addresses: ['127.0.8.0/24'] }));
  expect(all.intercepted(by.listeners[1]!)).toBe(steered);
  expect(steered!.listener.steered?.others).toBe('refuse');
  expect(['127.0.7.1', '127.0.8.1'].map((address) => steered!.isSteeredHere(address))).toEqual([false, true]);
});

test("names are asked of the listener's own servers", async () => {
  dns.set('origin.example', { A: [{ address: '127.0.0.1', ttl: 60 }] });
  const by = config();
  const connection = await connected(routes(by).intercepted(by.listeners[1]!), destination('origin.example'));
  expect(connection).toMatchObject({ key: destination('origin.example').key });
  (connection as UpstreamConnection).destroy();
  expect(dns.count('origin.example', 'A')).toBe(1);
});

test.each([
  { name: 'an address that is steered here', host: 'steered.example', address: '127.0.7.9', loops: 1 },
  { name: 'an address that is steered here, from a transparent listener', host: '127.0.7.9', address: null, loops: 1 },
  { name: 'an address that is not allowed', host: '10.0.0.1', address: null, loops: 0 },
])('$name is not connected to', async ({ host, address, loops: counted }) => {
  if (address !== null) dns.set(host, { A: [{ address, ttl: 60 }] });
  const by = config();
  const route = routes(by).intercepted(by.listeners[address === null ? 0 : 1]!);
  expect(await connected(route, destination(host))).toMatchObject({ response: 'destination_denied' });
  expect(loops()).toBe(counted);
});

test('our own listeners are not connected to, before and after a reload', async () => {
  const by = config();
  const all = routes(by);
  all.setOwn([{ address: '127.0.0.1', port: destination('127.0.0.1').port }]);
  const route = all.intercepted(by.listeners[0]!);
  expect(await connected(route, destination('127.0.0.1'))).toMatchObject({ response: 'destination_denied' });
  all.configure(config());
  expect(await connected(route, destination('127.0.0.1'))).toMatchObject({ response: 'destination_denied' });
  expect(loops()).toBe(2);
});

test('what ends at this machine', () => {
  const by = config();
  const route = routes(by).intercepted(by.listeners[0]!);
  expect(['127.0.0.1', '::1', '127.0.7.9', '203.0.113.1'].map((address) => route.endsHere(address))).toEqual([
    true,
    true,
    true,
    false,
  ]);
});
