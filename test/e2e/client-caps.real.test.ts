/** Caps per client in the real process, reloaded while connections are open. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { reloadWith } from '../support/reload-with.ts';
import { stopProcess } from '../support/stopped-process.ts';

describe('requirement 36: connections of one client', () => {
  test('by prefixes that a reload changes, ranges exempt or with a cap of their own, the cap of the worker for all', async () => {
    await using origin = await startOkOrigin();
    await using proxy = await startProxy({ config: { limits: { connections: 9, connectionsPerClient: 2 } } });
    await using stack = new AsyncDisposableStack();
    /** Asks from this address; whether it was answered. What was answered stays open until the test ends. */
    const ask = async (address: string): Promise<boolean> => {
      const client = stack.use(new RawClient(connect({ port: proxy.port, host: '127.0.0.1', localAddress: address })));
      client.request(`http://localhost:${origin.port}/`);
      return await client.response().then(
        ({ status }) => status === 200,
        () => false,
      );
    };
    const count = async (address: string, times: number): Promise<number> => {
      let answered = 0;
      for (let i = 0; i < times; i++) if (await ask(address)) answered += 1;
      return answered;
    };

    expect(await count('127.0.0.2', 3)).toBe(2);
    expect(await count('127.0.0.3', 1)).toBe(1);

    await reload(proxy, { connectionsPerClient: 4, clientPrefix: { ipv4: 24 } });
    expect(await count('127.0.0.4', 3)).toBe(1);
    expect(await count('127.0.1.2', 1)).toBe(1);

    await reload(proxy, {
      connectionsPerClient: 4,
      clientPrefix: { ipv4: 24 },
      sharedAddresses: [{ prefix: '127.0.0.0/29' }, { prefix: '127.0.2.0/24', connectionsPerClient: 1 }],
    });
    expect(await count('127.0.2.1', 2)).toBe(1);
    // Six are open; nine are all that a worker takes.
    expect(await count('127.0.0.2', 5)).toBe(3);

    const metrics = await proxy.metrics();
    expect(metrics.get('cleanfeed_connections_dropped_total{reason="client_limit"}')).toBe(4);
    expect(metrics.get('cleanfeed_connections_dropped_total{reason="connection_limit"}')).toBe(2);
  });
});

async function reload(proxy: ProxyProcess, limits: Readonly<Record<string, unknown>>): Promise<void> {
  await reloadWith(proxy, {
    listeners: [{ name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 0 }],
    admin: { address: '127.0.0.1', port: 0 },
    upstream: { allow: ['127.0.0.0/8', '::1/128'] },
    state: { directory: './state' },
    workers: 1,
    limits: { connections: 9, ...limits },
  });
}

// Was a fault: a connection that is reset before it is accepted has no address any more, and counted as a client that is not allowed.
test('requirement 36: connections reset before they are accepted are that, and no clients that were denied', async () => {
  const CONNECTIONS = 50;
  await using proxy = await startProxy();
  const dropped = async (reason: string): Promise<number> =>
    (await proxy.metrics()).get(`cleanfeed_connections_dropped_total{reason="${reason}"}`)!;
  // The kernel takes them meanwhile.
  await stopProcess(proxy.pid);
  for (let i = 0; i < CONNECTIONS; i++) {
    const socket = connect({ port: proxy.port, host: '127.0.0.1' });
    await once(socket, 'connect');
    socket.resetAndDestroy();
    await once(socket, 'close');
  }
  proxy.signal('SIGCONT');
  expect(
    await eventually(
      'all are counted',
      async () => await dropped('client_error'),
      (count) => count >= CONNECTIONS,
    ),
  ).toBe(CONNECTIONS);
  expect(await dropped('client_denied')).toBe(0);
});
