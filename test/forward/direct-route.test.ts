import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ForwardFailure } from '../../src/forward/connector.ts';
import { DirectRoute } from '../../src/forward/direct-route.ts';
import { ReadBuffers } from '../../src/forward/read-buffers.ts';
import type { UpstreamConnection } from '../../src/forward/upstream-connection.ts';
import { UpstreamPool } from '../../src/forward/upstream-pool.ts';
import { UpstreamCapacity } from '../../src/forward/upstream-capacity.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { originAt, type Origin } from '../../src/match/host-facts.ts';
import { dataCounters } from '../../src/observe/data-counters.ts';
import { COUNTER_LAYOUT } from '../../src/workers/counter-slots.ts';
import { testConfig } from '../hostile/support/proxy.ts';

const ASKER = { client: { prefix: 'a', maxConnections: 10, address: '127.0.0.1' }, clientPort: 1024 };
const CONFIG = testConfig();

let server: Server;
let pool: UpstreamPool;
beforeEach(async () => {
  server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(server, 'listening');
  pool = new UpstreamPool(CONFIG.upstream.pool);
});
afterEach(() => {
  pool.closeAll();
  server.close();
});

function route(): DirectRoute {
  const counters = dataCounters(COUNTER_LAYOUT, new SharedArrayBuffer(COUNTER_LAYOUT.bytes(1)), 0);
  const capacity = new UpstreamCapacity(Infinity, { discardOldest: () => false });
  return new DirectRoute(CONFIG, pool, { buffers: new ReadBuffers(), counters, capacity }, { sockets: null });
}

function destination(): Origin {
  const { port } = server.address() as AddressInfo;
  return originAt(new Matcher({ cacheEntries: 1 }).lookup('127.0.0.1')!, port);
}

type Outcome = ForwardFailure | UpstreamConnection | null;

async function connected(by: DirectRoute): Promise<Outcome> {
  return await new Promise((resolve) => {
    by.connect(destination(), ASKER, (failure, connection) => resolve(failure ?? connection));
  });
}

test('an idle connection stays idle across a reload', async () => {
  const by = route();
  const connection = (await connected(by)) as UpstreamConnection;
  by.keep(connection, 0);
  by.configure(CONFIG);
  expect(by.take(destination())).toBe(connection);
  connection.destroy();
});

test('it serves no request of another route, though both share the bounds of the pool', async () => {
  const [one, other] = [route(), route()];
  const connection = (await connected(one)) as UpstreamConnection;
  one.keep(connection, 0);
  expect(pool.size).toBe(1);
  expect(other.take(destination())).toBeNull();
});

// Was a bug: until the listeners were announced again, a reload let requests through to the admin port.
test('what is ours is not connected to, before and after a reload', async () => {
  const by = route();
  by.setOwn([{ address: '127.0.0.1', port: destination().port }]);
  expect(await connected(by)).toMatchObject({ response: 'destination_denied' });
  by.configure(CONFIG);
  expect(await connected(by)).toMatchObject({ response: 'destination_denied' });
});
