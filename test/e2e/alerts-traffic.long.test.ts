/**
 * Alerts about traffic, each made to fire by the fault that it is for: a real `serve`, a real Prometheus with the shipped rules in short
 * time (test/support/scaled-rules.ts).
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket as TcpSocket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AlertWatch } from '../support/alert-watch.ts';
import { startStreamResolver, StreamClient } from '../support/dns-peers.ts';
import { queryBytes } from '../support/dns-queries.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { during } from '../support/paced.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { SHOWN_ALERTS, type Faults } from '../support/shown-alerts.ts';

/** Who is not this machine itself, by its address. */
const CUSTOMER = '127.0.0.7';
const LONG_HEAD = 12 * 1024 * 1024;
/** Longer than what the alert allows. */
const STOPPED_MS = 40;
/** Between two requests of a kind of which there must be some, and not many. */
const SELDOM_MS = 300;
const FLOOD = 400;
/** Datagrams, of which 64 KiB hold a tenth. */
const BURST = 1500;
const FEW_DESCRIPTORS = ['sh', '-c', 'ulimit -n 256 && exec "$@"', 'sh'];

describeWith(['prometheus'])('an alert about traffic', () => {
  const started = new AsyncDisposableStack();
  let watch: AlertWatch;
  let origin: Origin;
  let proxy: ProxyProcess;

  beforeAll(async () => {
    watch = started.use(await AlertWatch.start());
    origin = started.use(await startOkOrigin());
    const resolver = started.use(await startStreamResolver());
    const nobody = `127.0.0.1:${await freePort()}`;
    proxy = started.use(
      await startProxy({
        config: {
          listeners: [
            { name: 'explicit', address: '127.0.0.1', port: 0 },
            { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [nobody] },
            { name: 'dns-two', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [nobody, resolver.server] },
          ],
          upstream: { allow: ['127.0.0.0/8', '::1/128'], dns: { servers: [nobody], timeout: '500ms' } },
          connect: { ports: [origin.port] },
          resolver: { front: { receiveBuffer: '64KiB' } },
          limits: { headerBytes: '16MiB', headerCount: 10000, connections: 24, connectionsPerClient: 16 },
        },
        lists: { own: 'origin.localhost/listed\n' },
      }),
    );
    await watch.add('cleanfeed', proxy.adminPort);
    await during(traffic('/'), async () => {
      const history = 'cleanfeed:blocked:rate5m offset 30s and cleanfeed:requests_all:rate5m > 1';
      await eventually('Prometheus has a history', async () => (await watch.prometheus.query(history)).length > 0);
    });
  });
  afterAll(async () => await started.disposeAsync());

  const toOrigin = (path: string): string => `http://origin.localhost:${origin.port}${path}`;
  /** One request after the other; `path`, or a whole address. */
  const traffic = (where: string, fields = ''): (() => Promise<void>) => {
    const url = (): string => (where.startsWith('/') ? toOrigin(where) : where);
    return async () => await ask(proxy.port, url(), fields);
  };
  /** The alert is waited for while this goes on. */
  const until = (alert: string, step: () => Promise<void>) => async (): Promise<void> =>
    await during(step, async () => await watch.fires(alert));

  const FAULTS: Faults<'traffic'> = {
    CleanfeedLimitsLowered: async () => {
      const poor = started.use(await startProxy({ under: FEW_DESCRIPTORS }));
      await watch.add('cleanfeed', poor.adminPort);
    },
    CleanfeedBlockingSurge: until('CleanfeedBlockingSurge', traffic('/listed')),
    // It answers 400 to a line that is no request. To a host that has entries for paths no such line goes.
    CleanfeedNotHttpAnswered: until('CleanfeedNotHttpAnswered', async () => {
      await using client = new RawClient(connect({ port: proxy.port, host: '127.0.0.1', localAddress: CUSTOMER }));
      const authority = `other.localhost:${origin.port}`;
      client.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\nx y z\r\n\r\n`);
      await new Promise<void>((resolve) => {
        client.socket.on('error', () => undefined).once('close', () => resolve());
      });
    }),
    // Nobody listens there.
    CleanfeedUpstreamErrors: async () => {
      const url = `http://origin.localhost:${await freePort()}/`;
      await until('CleanfeedUpstreamErrors', traffic(url))();
    },
    // No name server answers.
    CleanfeedDnsFailing: until(
      'CleanfeedDnsFailing',
      async () => await ask(proxy.port, `http://n${Date.now()}.example/`),
    ),
    // Long heads, each on a connection of its own, while the process stands still half of the time. On a busy machine they alone are less
    // than one a second: there are short ones beside them.
    CleanfeedHighLatency: async () =>
      await halfStopped(proxy, async () => {
        await during(traffic('/'), until('CleanfeedHighLatency', traffic('/', longFields())), SELDOM_MS);
      }),
    // Idle connections are closed in the end: each step opens its own.
    CleanfeedClientsRejected: until('CleanfeedClientsRejected', async () => {
      await using _ = await idleClients(proxy.port, 20, '127.0.0.1');
      await reach(proxy.port, '127.0.0.1');
    }),
    CleanfeedNearLimit: async () => {
      await using _ = await idleClients(proxy.port, 22);
      await watch.fires('CleanfeedNearLimit');
    },
    CleanfeedConnectionLimit: until('CleanfeedConnectionLimit', async () => {
      await using _ = await idleClients(proxy.port, 24);
      await reach(proxy.port, '127.0.0.9');
    }),
    // Of two one takes no connection, and the other answers; the page stays quiet.
    CleanfeedResolverDown: async () => {
      await until('CleanfeedResolverDown', async () => {
        await using client = await StreamClient.of(proxy.portOf('dns-two'));
        client.send(queryBytes({ id: 1, name: 'name.example' }));
        await eventually('it is answered', () => client.came.length === 1);
      })();
      expect(await watch.isFiring('CleanfeedResolversFailing')).toBe(false);
    },
    CleanfeedResolversFailing: async () => {
      const socket = createSocket('udp4');
      let id = 0;
      await until('CleanfeedResolversFailing', async () => {
        // Another question each time: one that is sent again is the same failure.
        const query = queryBytes({ id: (id += 1), name: 'name.example' });
        await Promise.resolve(socket.send(query, proxy.portOf('dns'), '127.0.0.1'));
      })();
      socket.close();
    },
    // More than fits while the process stands still.
    CleanfeedQuestionsDropped: async () => {
      const socket = createSocket('udp4');
      const step = async (): Promise<void> => {
        const port = proxy.portOf('dns');
        const sent = Array.from({ length: BURST }, () => sendTo(socket, port));
        await Promise.all(sent);
      };
      await halfStopped(proxy, until('CleanfeedQuestionsDropped', step));
      socket.close();
    },
    CleanfeedOutOfDescriptors: async () => {
      const silent = createServer((socket) => void socket.on('error', () => {})).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      const poor = started.use(await startProxy({ under: FEW_DESCRIPTORS, config: { connect: { ports: [port] } } }));
      await watch.add('cleanfeed', poor.adminPort);
      await using clients = new AsyncDisposableStack();
      const tunnel = async (): Promise<AsyncDisposable> => {
        const socket = await arrived(connect({ port: poor.port, host: '127.0.0.1' }));
        socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
        return gone(socket);
      };
      for (let i = 0; i < FLOOD; i++) clients.use(await tunnel());
      await until('CleanfeedOutOfDescriptors', async () => {
        await using _ = await tunnel();
      })();
      silent.close();
    },
    // It has had traffic of customers, and gets none. The machine itself goes on asking, as its guard and self-tests do.
    CleanfeedNoTraffic: until('CleanfeedNoTraffic', async () => await ask(proxy.port, toOrigin('/'), '', '127.0.0.1')),
  };

  test.each(SHOWN_ALERTS.traffic)('%s', async (alert) => {
    expect(await watch.seen(alert, FAULTS[alert])).toBe('quiet, then firing');
  });
});

/** As on a machine that has no time for it: how long a head takes there is the same on a fast one. */
async function halfStopped(proxy: ProxyProcess, act: () => Promise<void>): Promise<void> {
  let isStopped = false;
  const turn = async (): Promise<void> => {
    isStopped = !isStopped;
    await Promise.resolve(proxy.signal(isStopped ? 'SIGSTOP' : 'SIGCONT'));
  };
  try {
    await during(turn, act, STOPPED_MS);
  } finally {
    proxy.signal('SIGCONT');
  }
}

/** What becomes of it is in the metrics. */
async function ask(port: number, url: string, fields = '', from = CUSTOMER): Promise<void> {
  try {
    await using client = new RawClient(connect({ port, host: '127.0.0.1', localAddress: from }));
    client.request(url, { fields: `${fields}Connection: close\r\n` });
    await client.response();
  } catch {
    // It was turned away.
  }
}

/** What it is does not matter. */
async function sendTo(socket: Socket, port: number): Promise<void> {
  await new Promise((resolve) => socket.send('?', port, '127.0.0.1', resolve));
}

/** It connects, and goes when it is turned away or nothing becomes of it. */
async function reach(port: number, from: string): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  socket.on('error', () => {}).setTimeout(500, () => socket.destroy());
  await new Promise((resolve) => socket.resume().on('close', resolve));
}

/** Connections that stay, of one client or, without an address, of several; those beyond a limit are turned away. */
async function idleClients(port: number, count: number, from?: string): Promise<AsyncDisposableStack> {
  const clients = new AsyncDisposableStack();
  for (let i = 0; i < count; i++) {
    const localAddress = from ?? `127.0.0.${2 + (i % 5)}`;
    clients.use(gone(await arrived(connect({ port, host: '127.0.0.1', localAddress }))));
  }
  return clients;
}

/** It stands, or was turned away: a reset may come before this process has heard that it stood. */
async function arrived(socket: TcpSocket): Promise<TcpSocket> {
  socket.on('error', () => {}).resume();
  await new Promise<void>((resolve) => socket.once('connect', resolve).once('close', () => resolve()));
  return socket;
}

function gone(socket: TcpSocket): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      if (socket.closed) return;
      const closed = once(socket, 'close');
      socket.destroy();
      await closed;
    },
  };
}

function longFields(): string {
  const field = `X-Long: ${'x'.repeat(4000)}\r\n`;
  return field.repeat(Math.floor(LONG_HEAD / field.length));
}
