/**
 * Requirement 35 in every way in which traffic is intercepted, with the whole `serve` and real time: somebody slow for each deadline, how it ends for the
 * client, and that the counter says why. That a deadline is not met too early: test/hostile/intercepted/deadlines.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Connection } from '../hostile/support/connection.ts';
import { OK } from '../hostile/support/upstream.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { helloFor } from '../support/reference/made-hello.ts';
import { Resources } from '../support/resources.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, InlineNetwork } from './support/inline-network.ts';
import { startNameServer } from './support/name-server.ts';
import { describeNetwork } from './support/programs.ts';
import { connectFrom, listenOn } from './support/sockets.ts';

const ORIGIN = ADDRESSES.origin.ipv4;
const FILTER = ADDRESSES.filter.ipv4;
/** Whatever comes there is dropped, and nobody says so. */
const HOLE = 443;
const SOON = '1s';
const HALF = OK.slice(0, -1);

const dropped = (reason: string): string => `cleanfeed_connections_dropped_total{reason="${reason}"}`;
const failed = (reason: string): string => `cleanfeed_upstream_errors_total{reason="${reason}"}`;

interface Case {
  readonly name: string;
  readonly sends: string;
  /** What it has to receive before it waits. */
  readonly receives?: string;
  readonly ending: 'end' | 'reset';
  /** The counter that goes up by one. */
  readonly counts: string;
}

const request = (path: string, method = 'GET', more = ''): string =>
  `${method} ${path} HTTP/1.1\r\nHost: origin.example\r\n${more}\r\n`;

const CASES: readonly Case[] = [
  { name: 'half a head', sends: request('/').slice(0, -2), ending: 'end', counts: dropped('header_timeout') },
  {
    name: 'half a ClientHello',
    sends: helloFor('origin.example').subarray(0, 40).toString('latin1'),
    ending: 'end',
    counts: dropped('header_timeout'),
  },
  {
    name: 'half a body',
    sends: `${request('/none', 'POST', 'Content-Length: 4\r\n')}ab`,
    ending: 'reset',
    counts: dropped('body_timeout'),
  },
  { name: 'no answer', sends: request('/none'), ending: 'reset', counts: failed('first_byte_timeout') },
  {
    name: 'half an answer',
    sends: request('/half'),
    receives: HALF,
    ending: 'reset',
    counts: failed('body_timeout'),
  },
  {
    name: 'no next request',
    sends: request('/whole'),
    receives: OK,
    ending: 'end',
    counts: dropped('idle_timeout'),
  },
  { name: 'nothing at all', sends: '', ending: 'end', counts: dropped('idle_timeout') },
  {
    name: 'a tunnel in which nothing more is said',
    sends: helloFor('origin.example').toString('latin1'),
    ending: 'end',
    counts: dropped('idle_timeout'),
  },
];

describeNetwork()('deadlines', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let proxy: ProxyProcess;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    const server = await listenOn(network.machines.origin, { address: ORIGIN, port: 80 });
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        const text = bytes.toString('latin1');
        if (text.startsWith('GET /whole')) socket.write(OK);
        else if (text.startsWith('GET /half')) socket.write(HALF);
      });
    });
    resources.defer(async () => await Promise.resolve(void server.close()));
    await network.machines.origin.script(`nft add table ip hole
      nft 'add chain ip hole in { type filter hook input priority 0; }'
      nft add rule ip hole in tcp dport ${HOLE} drop`);
    const names = await startNameServer(network.machines.filter, { 'origin.example': [ORIGIN] });
    resources.use(names);
    await network.installRules();
    proxy = resources.use(
      await startFilter(network, {
        listeners: [
          { name: 'inline', mode: 'transparent', address: '127.0.0.1', port: 8080 },
          { name: 'steered', mode: 'steered', addresses: [FILTER], ports: [80, HOLE], resolver: [names.server] },
          { name: 'explicit', mode: 'explicit', address: FILTER, port: 3128 },
        ],
        upstream: { dns: { servers: [names.server] } },
        config: {
          clients: { allow: ['192.0.2.0/24'] },
          connect: { ports: [80] },
          timeouts: {
            header: SOON,
            body: SOON,
            connect: SOON,
            firstByte: SOON,
            clientHello: SOON,
            idle: SOON,
            tunnelFirstByte: SOON,
            tunnelIdle: SOON,
            silence: '100ms',
          },
        },
      }),
    );
    await network.steer();
  });
  afterAll(async () => await resources.end());

  async function client(address: string, port: number): Promise<Connection> {
    return new Connection(await connectFrom(network.machines.client, { address, port }));
  }

  const ways = {
    transparent: async (): Promise<Connection> => await client(ORIGIN, 80),
    steered: async (): Promise<Connection> => await client(FILTER, 80),
    'inside CONNECT': async (): Promise<Connection> => {
      const connection = await client(FILTER, 3128);
      await connection.send(`CONNECT ${ORIGIN}:80 HTTP/1.1\r\nHost: ${ORIGIN}:80\r\n\r\n`).has('\r\n\r\n');
      connection.received = '';
      return connection;
    },
  } as const;

  /** Counters of these that have gone up meanwhile, and by how much. */
  async function counted(act: () => Promise<void>): Promise<Record<string, number>> {
    const before = await proxy.metrics();
    await act();
    const after = await proxy.metrics();
    const changes = [...after].map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const);
    const ofEnds = /^cleanfeed_(?:connections_dropped|upstream_errors)_total/;
    return Object.fromEntries(changes.filter(([name, change]) => ofEnds.test(name) && change > 0));
  }

  describe.each(Object.entries(ways))('%s', (_, open) => {
    test('each of them ends it, as it should look, and is counted by its name', async () => {
      const ends: Record<string, unknown> = {};
      const counts = await counted(async () => {
        await Promise.all(
          CASES.map(async ({ name, sends, receives = '' }) => {
            const connection = await open();
            if (sends !== '') connection.send(sends);
            await connection.until(({ received }) => received === receives);
            await connection.over();
            ends[name] = [connection.received, connection.ending];
            connection.destroy();
          }),
        );
      });
      expect(ends).toEqual(
        Object.fromEntries(CASES.map(({ name, receives = '', ending }) => [name, [receives, ending]])),
      );
      const wanted: Record<string, number> = {};
      for (const { counts: counter } of CASES) wanted[counter] = (wanted[counter] ?? 0) + 1;
      expect(counts).toEqual(wanted);
    });
  });

  test.each([
    ['transparent', ORIGIN, 'GET / HTTP/1.1\r\nHost: origin.example\r\n\r\n'],
    ['steered', FILTER, 'GET / HTTP/1.1\r\nHost: origin.example\r\n\r\n'],
    ['steered, TLS', FILTER, helloFor('origin.example').toString('latin1')],
    ['transparent, TLS', ORIGIN, helloFor('origin.example').toString('latin1')],
  ])('an origin that does not answer at all, %s: the client is reset', async (_, address, sends) => {
    const counts = await counted(async () => {
      const connection = await client(address, HOLE);
      await connection.send(sends).over();
      expect([connection.received, connection.ending]).toEqual(['', 'reset']);
    });
    expect(counts).toEqual({ [failed('connect_timeout')]: 1 });
  });
});
