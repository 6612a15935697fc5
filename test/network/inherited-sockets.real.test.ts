/**
 * Transparent sockets that a service manager has opened: the process has no capability, and neither a worker that ends nor one that
 * comes takes the sockets away.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { spawnProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { EchoClient, EchoOrigin } from './support/echo-origin.ts';
import { ADDRESSES, FAMILIES, InlineNetwork } from './support/inline-network.ts';
import { describeNetwork } from './support/programs.ts';
import { connectFrom } from './support/sockets.ts';

/** As systemd does it for `Transparent=yes` and `ReusePort=yes`; the channel to the test run, which is 3, makes way for them. */
const MANAGER = `
import fcntl, os, socket, sys
channel = int(os.environ['NODE_CHANNEL_FD'])
os.environ['NODE_CHANNEL_FD'] = str(fcntl.fcntl(channel, fcntl.F_DUPFD, 100))
os.set_inheritable(int(os.environ['NODE_CHANNEL_FD']), True)
kept = []
for worker in range(2):
    for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
        s = socket.socket(family, socket.SOCK_STREAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        s.setsockopt(*((0, 19, 1) if family == socket.AF_INET else (41, 75, 1)))
        s.bind((address, 8080))
        s.listen(4096)
        kept.append(fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 200))
# Each worker has every second one.
kept = [kept[0], kept[2], kept[1], kept[3]]
for at, descriptor in enumerate(kept):
    os.dup2(descriptor, 3 + at, inheritable=True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='4', LISTEN_FDNAMES=':'.join(['inline'] * 4))
os.execvp(sys.argv[1], sys.argv[1:])
`;
const WITHOUT_CAPABILITIES = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', '--'];

/** The first data thread ends when SIGUSR2 comes. */
const MORTAL = `
import threads from 'node:worker_threads';
import { syncBuiltinESMExports } from 'node:module';
if (threads.isMainThread) {
  const all = [];
  threads.Worker = class extends threads.Worker {
    constructor(...given) {
      super(...given);
      if (given[1]?.workerData?.worker === 0) all.push(this);
    }
  };
  syncBuiltinESMExports();
  process.on('SIGUSR2', () => void all.at(-1)?.terminate());
}`;

describeNetwork(['python3', 'setpriv'])('inherited transparent sockets', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let filter: ProxyProcess;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    const { origin, filter: machine } = network.machines;
    const echo = await new EchoOrigin().listen(
      origin,
      FAMILIES.map((family) => ({ address: ADDRESSES.origin[family], port: 443 })),
    );
    resources.use(echo);
    filter = await spawnProxy({
      under: [...machine.under, 'python3', '-c', MANAGER, ...WITHOUT_CAPABILITIES],
      reach: async (port) => await connectFrom(machine, { address: '127.0.0.1', port }),
      environment: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(MORTAL)}` },
      config: {
        listeners: [{ name: 'inline', mode: 'transparent' }],
        upstream: { allow: ['203.0.113.0/24', '2001:db8:4::/64'] },
        workers: 2,
      },
    });
    resources.defer(async () => {
      filter.signal('SIGTERM');
      expect(await filter.exited).toEqual({ code: 0, signal: null });
      filter.forget();
    });
    await filter.ready();
    await network.installRules();
    await network.steer();
  });
  afterAll(async () => await resources.end());

  async function opens(family: (typeof FAMILIES)[number]): Promise<EchoClient> {
    const client = await EchoClient.open(network.machines.client, { address: ADDRESSES.origin[family], port: 443 });
    expect(client.seenAs.address).toBe(ADDRESSES.filter[family]);
    return client;
  }

  test('both families are served on them, without a capability', async () => {
    for (const family of FAMILIES) {
      await using client = await opens(family);
      await client.exchange(100_000, 0);
    }
    expect(filter.logged('worker.listen_failed')).toEqual([]);
  });

  test('a worker that ends takes none with it: connections of the other go on, and whoever comes is served', async () => {
    for (let times = 1; times <= 3; times += 1) {
      filter.signal('SIGUSR2');
      await eventually('it was replaced', () => filter.logged('worker.exited').length === times);
      // Some wait for the worker that is coming.
      const clients = await Promise.all(Array.from({ length: 20 }, async () => await opens('ipv4')));
      for (const client of clients) {
        await client.exchange(1000, 0);
        await client[Symbol.asyncDispose]();
      }
    }
    await eventually('both listen', async () =>
      (await filter.status()).workers.every(({ state }) => state === 'listening'),
    );
    expect(filter.logged('worker.listen_failed')).toEqual([]);
  });
});
