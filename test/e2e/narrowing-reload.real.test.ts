/** A reload that takes something away takes it away at once: connections of clients that may use the proxy no more, idle connections made by other rules. */
import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import { startOrigin } from '../support/origin.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { reloadWith } from '../support/reload-with.ts';
import { Resources } from '../support/resources.ts';

let resources = new Resources();
afterEach(async () => {
  await resources.end();
  resources = new Resources();
});

const CONFIG = {
  listeners: [{ name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 0 }],
  admin: { address: '127.0.0.1', port: 0 },
  upstream: { allow: ['127.0.0.0/8', '::1/128'] },
  state: { directory: './state' },
  workers: 1,
  connect: { ports: ['1-65535'] },
};

async function reload(proxy: ProxyProcess, changed: object): Promise<void> {
  await reloadWith(proxy, { ...CONFIG, ...changed });
}

// Was a known limit: a tunnel of a client that was taken off the list went on for hours, and so did his requests.
test('who is taken off `clients.allow` has no connection any more, idle or tunnel; who stays keeps his', async () => {
  const origin = resources.use(await startOkOrigin());
  const proxy = resources.use(await startProxy({ config: { connect: CONFIG.connect } }));
  const url = `http://localhost:${origin.port}/`;
  const [idle, tunnel, other] = [
    resources.use(await rawClient(proxy.port, '127.0.0.1', '127.0.0.2')),
    resources.use(await rawClient(proxy.port, '127.0.0.1', '127.0.0.2')),
    resources.use(await rawClient(proxy.port, '127.0.0.1', '127.0.0.3')),
  ];
  for (const client of [idle, other]) {
    client.request(url);
    expect((await client.response()).status).toBe(200);
  }
  tunnel.send(`CONNECT localhost:${origin.port} HTTP/1.1\r\nHost: localhost:${origin.port}\r\n\r\n`);
  expect((await tunnel.response({ bodiless: true })).status).toBe(200);
  const ended = [idle, tunnel].map(async ({ socket }) => await once(socket.on('error', () => {}).resume(), 'end'));
  await reload(proxy, { clients: { allow: ['127.0.0.1/32', '127.0.0.3/32'] } });
  await Promise.all(ended);
  expect((await proxy.metrics()).get('cleanfeed_connections_dropped_total{reason="client_denied"}')).toBe(2);
  other.request(url);
  expect((await other.response()).status).toBe(200);
});

// Was a bug: it ended by FIN, as the whole of it would (requirement 15).
test('a response without length that is under way is cut off by a reset: half of it does not look complete', async () => {
  const origin = resources.use(
    await startOrigin(async (connection) => {
      await connection.head();
      connection.send('HTTP/1.1 200 OK\r\n\r\nhalf');
    }),
  );
  const proxy = resources.use(await startProxy({ config: { connect: CONFIG.connect } }));
  const client = resources.use(await rawClient(proxy.port, '127.0.0.1', '127.0.0.2'));
  const end = new Promise<string>((resolve) => {
    client.socket.once('end', () => resolve('FIN'));
    client.socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => resolve(code));
  });
  client.request(`http://localhost:${origin.port}/`);
  await client.reader.until('half');
  await reload(proxy, { clients: { allow: ['127.0.0.1/32'] } });
  expect(await end).toBe('ECONNRESET');
});

// Was a known limit: idle connections were used on for as long as something was asked of their origins.
test('idle connections to origins are closed where a reload changes how origins are reached, and only there', async () => {
  const origin = resources.use(await startOkOrigin());
  const proxy = resources.use(await startProxy({ config: { connect: CONFIG.connect } }));
  const client = resources.use(await rawClient(proxy.port));
  const ask = async (): Promise<void> => {
    client.request(`http://localhost:${origin.port}/`);
    expect((await client.response()).status).toBe(200);
  };
  const idle = async (): Promise<number | undefined> =>
    (await proxy.metrics()).get('cleanfeed_upstream_idle_connections');
  await ask();
  await ask();
  await reload(proxy, { timeouts: { connect: '9s' } });
  await ask();
  expect(origin.accepted).toBe(1);
  // A worker tells how many there are four times a second: until then it was none.
  await eventually('it is idle', idle, (count) => count === 1);
  await reload(proxy, { timeouts: { connect: '9s' }, upstream: { allow: ['127.0.0.0/8'] } });
  await eventually('it is closed', idle, (count) => count === 0);
  await ask();
  expect(origin.accepted).toBe(2);
});

// Was a bug: reloads behind the one that took the listener away did not reach its connections.
test('a connection whose listener a reload has taken away asks for new destinations by every later reload, too', async () => {
  const origin = resources.use(await startOkOrigin());
  const steered = { name: 'steered', mode: 'steered', addresses: ['127.0.0.9'], ports: [origin.port] };
  const proxy = resources.use(await startProxy({ config: { listeners: [...CONFIG.listeners, steered] } }));
  const client = resources.use(await rawClient(origin.port, '127.0.0.9'));
  const ask = async (host: string): Promise<number | string> => {
    client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    return await client.response().then(
      ({ status }) => status,
      () => 'reset',
    );
  };
  expect(await ask('a.localhost')).toBe(200);
  await reload(proxy, {});
  expect(await ask('b.localhost')).toBe(200);
  await reload(proxy, { upstream: { allow: [] } });
  expect(await ask('c.localhost')).toBe('reset');
  expect(origin.accepted).toBe(2);
});
