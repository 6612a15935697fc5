/**
 * Clients that connect first and speak a while later, as a browser's preconnect does, while the origin is far away: the connection to it, from the
 * client's own port, is being made when they speak (requirement 87). The distance is made by dropping the first SYN, which is sent again. The filter
 * stands still meanwhile, and finds both at once: that the client has spoken, then that the connection is there. One that is given up then keeps its port.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Connection } from '../hostile/support/connection.ts';
import { eventually } from '../support/eventually.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { helloFor } from '../support/reference/made-hello.ts';
import { Resources } from '../support/resources.ts';
import { stopProcess } from '../support/stopped-process.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, FAMILIES, InlineNetwork, load } from './support/inline-network.ts';
import { describeNetwork } from './support/programs.ts';
import { connectFrom, listenOn } from './support/sockets.ts';

const PORT = 80;
const EACH = 10;
const HTTP = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const OTHER = '\0ok';
const SAYINGS = [
  ['GET / HTTP/1.1\r\nHost: a.example\r\n\r\n', HTTP],
  [helloFor('a.example').toString('latin1'), OTHER],
  ['x\r\n', OTHER],
] as const;

describeNetwork()('a client that speaks late', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let filter: ProxyProcess;
  /** Connections at the origin. */
  let accepted = 0;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    for (const family of FAMILIES) {
      const server = await listenOn(network.machines.origin, { address: ADDRESSES.origin[family], port: PORT });
      resources.defer(async () => {
        await new Promise((resolve) => server.close(resolve));
      });
      server.on('connection', (socket) => {
        accepted += 1;
        socket.on('error', () => undefined).on('data', (bytes) => socket.end(bytes.includes('Host:') ? HTTP : OTHER));
      });
    }
    await network.installRules();
    filter = resources.use(await startFilter(network, { source: 'client', config: { workers: 1 } }));
    await network.steer({ returns: true });
  });
  afterAll(async () => await resources.end());

  test.each(FAMILIES)('reaches its origin by the dial that is under way: %s', async (family) => {
    const { client, far } = network.machines;
    await load(
      far,
      `table inet late { chain way { type filter hook forward priority 0; tcp dport ${PORT} tcp flags syn / syn,ack counter drop; }\n}\n`,
    );
    const to = { address: ADDRESSES.origin[family], port: PORT };
    const speakers = await Promise.all(
      SAYINGS.flatMap((saying) => Array.from({ length: EACH }, () => saying)).map(async ([says, hears]) => {
        return { says, hears, connection: new Connection(await connectFrom(client, to)) };
      }),
    );
    resources.defer(async () => {
      for (const { connection } of speakers) connection.destroy();
    });
    await eventually('each dial is under way', async () => {
      const [, packets = '0'] = /packets (\d+)/.exec(await far.run('nft', 'list', 'table', 'inet', 'late')) ?? [];
      return Number(packets) >= speakers.length;
    });
    await stopProcess(filter.pid);
    const before = accepted;
    for (const { says, connection } of speakers) connection.send(Buffer.from(says, 'latin1'));
    await far.run('nft', 'delete', 'table', 'inet', 'late');
    await eventually('each has come to the origin', () => accepted >= before + speakers.length);
    filter.signal('SIGCONT');
    for (const { connection } of speakers) await connection.over();
    expect(speakers.map(({ connection: { received, ending } }) => [received, ending])).toEqual(
      speakers.map(({ hears }) => [hears, 'end']),
    );
  });
});
