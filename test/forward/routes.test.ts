/** What a reload makes of the ways to origins: which connections carry a further request. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Config } from '../../src/config/types.ts';
import { ReadBuffers } from '../../src/forward/read-buffers.ts';
import { Routes } from '../../src/forward/routes.ts';
import { UpstreamCapacity } from '../../src/forward/upstream-capacity.ts';
import type { UpstreamConnection } from '../../src/forward/upstream-connection.ts';
import { UpstreamPool } from '../../src/forward/upstream-pool.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { originAt, type Origin } from '../../src/match/host-facts.ts';
import { dataCounters } from '../../src/observe/data-counters.ts';
import { COUNTER_LAYOUT } from '../../src/workers/counter-slots.ts';
import { testConfig } from '../hostile/support/proxy.ts';
import { startDnsServer, type DnsServer } from '../support/dns-server.ts';

const ASKER = { client: { prefix: 'a', maxConnections: 10, address: '127.0.0.1' }, clientPort: 1024 };
const NAME = 'slow.example';

let server: Server;
let dns: DnsServer;
let pool: UpstreamPool;
beforeEach(async () => {
  server = createServer((socket) => socket.on('error', () => {}));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  dns = await startDnsServer();
  dns.set(NAME, { A: { held: [{ address: '127.0.0.1', ttl: 60 }] }, AAAA: [] });
});
afterEach(async () => {
  pool.closeAll();
  server.close();
  await dns.close();
});

function config(allow: readonly string[]): Config {
  return testConfig({ upstream: { allow, dns: { servers: [dns.server] } } });
}

/** Each key of `upstream` that makes a connection to an origin another one. */
const WAYS: readonly Record<string, unknown>[] = [
  { allow: ['127.0.0.0/9'] },
  { nat64: ['2001:db8:64::/96'] },
  { sourceAddresses: ['127.0.0.2'] },
  { mark: 7 },
  { proxyProtocol: { to: ['198.51.100.0/28'] } },
];

function routesBy(by: Config): Routes {
  pool = new UpstreamPool(by.upstream.pool);
  const counters = dataCounters(COUNTER_LAYOUT, new SharedArrayBuffer(COUNTER_LAYOUT.bytes(1)), 0);
  const capacity = new UpstreamCapacity(Infinity, { discardOldest: () => false });
  return new Routes(by, pool, { buffers: new ReadBuffers(), counters, capacity }, { sockets: null });
}

function destination(): Origin {
  return originAt(new Matcher({ cacheEntries: 1 }).lookup(NAME)!, (server.address() as AddressInfo).port);
}

/** Connects, and reloads by `next` while the name is being looked up. */
async function reloadedMeanwhile(routes: Routes, next: Config): Promise<UpstreamConnection> {
  const connected = new Promise<UpstreamConnection>((resolve, reject) => {
    routes.explicit.connect(destination(), ASKER, (failure, connection) => {
      if (connection === null) reject(new Error(failure?.response));
      else resolve(connection);
    });
  });
  await dns.heldBack(NAME, 'A');
  routes.configure(next);
  dns.release(NAME, 'A');
  return await connected;
}

// Was a bug: the connection was made by what was allowed before, and counted as made by what is allowed now.
test('a connection whose name was being looked up while the reload came carries no further request', async () => {
  const routes = routesBy(config(['127.0.0.0/8']));
  const connection = await reloadedMeanwhile(routes, config([]));
  expect(connection.usable).toBe(true);
  routes.explicit.keep(connection, 0);
  expect(routes.explicit.take(destination())).toBeNull();
});

test('it carries further ones where the reload has left the way as it was', async () => {
  const by = config(['127.0.0.0/8']);
  const routes = routesBy(by);
  const connection = await reloadedMeanwhile(routes, config(['127.0.0.0/8']));
  routes.explicit.keep(connection, 0);
  expect(routes.explicit.take(destination())).toBe(connection);
  connection.destroy();
});

test.each(WAYS)('it carries no further one where a reload changes the way: %j', async (changed) => {
  const by = { allow: ['127.0.0.0/8'], dns: { servers: [dns.server] } };
  const routes = routesBy(testConfig({ upstream: by }));
  const connection = await reloadedMeanwhile(routes, testConfig({ upstream: by }));
  routes.explicit.keep(connection, 0);
  routes.configure(testConfig({ upstream: { ...by, ...changed } }));
  expect(routes.explicit.take(destination())).toBeNull();
});
