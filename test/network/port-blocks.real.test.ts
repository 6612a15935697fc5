/**
 * Whom origins take a subscriber for who shares an address with others and has a block of its ports (requirement 78): every request of a kept connection,
 * whatever its method, to one host or several, through a transparent and a steered listener with `source: client`. IPv4 and IPv6.
 */
import type { Server, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, FAMILIES, InlineNetwork, load } from './support/inline-network.ts';
import { startNameServer } from './support/name-server.ts';
import { describeNetwork } from './support/programs.ts';
import { connectFrom, listenOn } from './support/sockets.ts';

/** One public address for both, and a block of ports each; another one to where clients are steered: those of the other mode wait for a minute. */
const BLOCKS = {
  transparent: { client: [50_000, 50_019], client2: [50_020, 50_039] },
  steered: { client: [50_100, 50_119], client2: [50_120, 50_139] },
} as const;
/** The NAT leaves it as it is. */
const KEPT_PORT = 50_200;
const MODES = ['transparent', 'steered'] as const;
const SUBSCRIBERS = ['client', 'client2'] as const;
const STEERED = { ipv4: '198.51.100.65', ipv6: '2001:db8:2:80::65' } as const;
const PREFIXES = ['198.51.100.64/29', '2001:db8:2:80::/64'] as const;
const ORIGINS = [ADDRESSES.origin, ADDRESSES.origin2];
const HOSTS = ['one.example', 'two.example', 'one.example', 'same.example', 'two.example', 'paths.example'];
const BODY = 'a=b';

describeNetwork(['python3'])('behind a NAT with blocks of ports', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let filter: ProxyProcess;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    const { client, edge, filter: machine, origin } = network.machines;
    for (const address of ORIGINS.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6])) {
      resources.use(startTeller(await listenOn(origin, { address, port: 80 })));
    }
    const [one, other] = [Object.values(ADDRESSES.origin), Object.values(ADDRESSES.origin2)];
    const names = {
      'one.example': one,
      'same.example': one,
      'two.example': other,
      'paths.example': other,
      'six.example': [ADDRESSES.origin.ipv6],
      'four.example': [ADDRESSES.origin.ipv4],
    };
    const { server } = resources.use(await startNameServer(machine, names));
    const [four, six] = PREFIXES;
    await machine.script(`ip -4 route add local ${four} dev lo; ip -6 route add local ${six} dev lo`);
    await edge.script(
      `ip -4 route add ${four} via ${ADDRESSES.filter.ipv4}; ip -6 route add ${six} via ${ADDRESSES.filter.ipv6}`,
    );
    const rules = FAMILIES.flatMap((family) => {
      const [ip, target] =
        family === 'ipv4' ? ['ip', ADDRESSES.client.ipv4] : (['ip6', `[${ADDRESSES.client.ipv6}]`] as const);
      return MODES.flatMap((mode) =>
        SUBSCRIBERS.map((name) => {
          const to = mode === 'steered' ? `${ip} daddr ${PREFIXES[FAMILIES.indexOf(family)]}` : '';
          const from = `${ip} saddr ${ADDRESSES[name][family]} ${to}`;
          return `${from} meta l4proto tcp snat to ${target}:${BLOCKS[mode][name].join('-')};`;
        }),
      ).toReversed();
    });
    await load(
      client,
      `table inet nat { chain out { type nat hook postrouting priority srcnat; tcp sport ${KEPT_PORT} accept; ${rules.join(' ')} }\n}\n`,
    );
    await network.installRules();
    filter = await startFilter(network, {
      listeners: [
        ...['127.0.0.1', '::1'].map((address, i) => ({
          name: `inline${i}`,
          mode: 'transparent',
          address,
          port: 8080,
          source: 'client',
        })),
        { name: 'steered', mode: 'steered', addresses: PREFIXES, ports: [80], resolver: [server], source: 'client' },
      ],
      config: { clients: { allow: ['192.0.2.0/24', '2001:db8:1::/48'] }, workers: 2 },
      lists: { own: 'paths.example/listed\n' },
    });
    resources.defer(async () => await filter.stop());
    await network.steer({ returns: true });
  });
  afterAll(async () => await resources.end());

  async function open(name: (typeof SUBSCRIBERS)[number], family: 'ipv4' | 'ipv6', to: string): Promise<RawClient> {
    const from = { address: ADDRESSES[name][family], port: 0 };
    return new RawClient(await connectFrom(network.machines.client, { address: to, port: 80 }, { from }));
  }

  describe.each(FAMILIES)('%s', (family) => {
    test.each(MODES)('%s: each request comes from the one port of the connection, of the subscriber', async (mode) => {
      const to = (mode === 'steered' ? STEERED : ADDRESSES.origin)[family];
      const asked = SUBSCRIBERS.flatMap((name) => Array.from({ length: 4 }, () => name)).map(async (name) => {
        await using client = await open(name, family, to);
        const seen = new Set<string>();
        for (const [i, host] of HOSTS.entries()) {
          const method = i % 2 === 0 ? 'POST' : 'GET';
          client.send(`${method} /x HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`);
          const { status, body } = await client.response();
          expect(status).toBe(200);
          seen.add(String(body));
        }
        return { name, seen: [...seen] };
      });
      const all = await Promise.all(asked);
      for (const { name, seen } of all) {
        const [first, last] = BLOCKS[mode][name];
        expect(seen).toHaveLength(1);
        const [address, port] = seen.join().split(' ');
        expect(address).toBe(ADDRESSES.client[family]);
        expect(Number(port) >= first && Number(port) <= last).toBe(true);
      }
      expect(new Set(all.flatMap(({ seen }) => seen)).size).toBe(all.length);
    });

    // Another port would be another subscriber's.
    test('the same port to two addresses of the filter, and on to one origin: the second is reset', async () => {
      const ask = async (to: string): Promise<readonly [RawClient, Promise<string>]> => {
        const from = { address: ADDRESSES.client[family], port: KEPT_PORT };
        const client = new RawClient(await connectFrom(network.machines.client, { address: to, port: 80 }, { from }));
        client.send('GET / HTTP/1.1\r\nHost: one.example\r\n\r\n');
        return [
          client,
          client.response().then(
            ({ body }) => String(body),
            () => 'reset',
          ),
        ];
      };
      const [one, answer] = await ask(STEERED[family]);
      expect(await answer).toBe(`${ADDRESSES.client[family]} ${KEPT_PORT}`);
      const [other, second] = await ask(STEERED[family].replace(/65$/, '66'));
      expect(await second).toBe('reset');
      await one[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    });

    test('steered to a host that has no address of the family: nobody is asked in the name of another', async () => {
      const host = family === 'ipv4' ? 'six.example' : 'four.example';
      await using client = await open('client', family, STEERED[family]);
      client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await expect(client.response()).rejects.toThrow('ECONNRESET');
    });
  });
});

/** Says whom it takes the client for. It never ends a connection itself. */
function startTeller(server: Server): Disposable {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.on('close', () => sockets.delete(socket));
    const told = `${socket.remoteAddress} ${socket.remotePort}`;
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      for (let end = endOf(text); end !== -1; end = endOf(text)) {
        text = text.slice(end);
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${told.length}\r\n\r\n${told}`);
      }
    });
  });
  return {
    [Symbol.dispose]: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Of the first request; -1: it is not whole. */
function endOf(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head === -1) return -1;
  const length = Number(/^content-length: (\d+)/im.exec(text.slice(0, head))?.[1] ?? 0);
  return text.length < head + 4 + length ? -1 : head + 4 + length;
}
