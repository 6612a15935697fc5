/**
 * Steered listeners as whole processes: names of listed hosts lead to addresses of the filter, which are more than one, and names of
 * others come here by an alias or by mistake. A real origin, IPv4 and IPv6, and whom it takes clients for.
 */
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LOCAL_HEADER, writeProxyHeader, type PeerEnd } from '../../src/wire/proxy-header.ts';
import { eventually } from '../support/eventually.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { Resources } from '../support/resources.ts';
import { EchoClient } from './support/echo-origin.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, FAMILIES, InlineNetwork, type Family } from './support/inline-network.ts';
import { startNameServer } from './support/name-server.ts';
import { describeNetwork } from './support/programs.ts';
import { connectFrom, listenOn } from './support/sockets.ts';
import { startWebOrigin, type WebOrigin } from './support/web-origin.ts';

const SOURCES = ['proxy', 'client'] as const;
/** Where steered clients are sent; not those of an interface. */
const STEERED = { ipv4: '198.51.100.65', ipv6: '2001:db8:2:80::65' } as const;
const PREFIXES = ['198.51.100.64/29', '2001:db8:2:80::/64'];
const BOTH = Object.values(ADDRESSES.origin);

describeNetwork(['nginx', 'curl', 'python3'])('a steered listener', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let web: WebOrigin;
  let resolver: string;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    const { edge, filter, origin } = network.machines;
    web = resources.use(await startWebOrigin(origin, BOTH));
    const kept = { 'one.example': Object.values(ADDRESSES.origin2), 'two.example': Object.values(ADDRESSES.origin2) };
    const names = {
      'listed.example': BOTH,
      'by-mistake.example': BOTH,
      'circle.example': Object.values(STEERED),
      ...kept,
    };
    const server = resources.use(await startNameServer(filter, names));
    resolver = server.server;
    const [four = '', six = ''] = PREFIXES;
    await filter.script(`ip -4 route add local ${four} dev lo; ip -6 route add local ${six} dev lo`);
    await edge.script(
      `ip -4 route add ${four} via ${ADDRESSES.filter.ipv4}; ip -6 route add ${six} via ${ADDRESSES.filter.ipv6}`,
    );
  });
  afterAll(async () => await resources.end());

  describe.each(SOURCES)('source: %s', (source) => {
    let filter: ProxyProcess;

    beforeAll(async () => {
      filter = await startFilter(network, {
        listeners: [
          { name: 'steered', mode: 'steered', addresses: PREFIXES, ports: [80], resolver: [resolver], source },
        ],
        config: {
          clients: { allow: ['192.0.2.0/24', '2001:db8:1::/48'] },
          workers: 2,
        },
        lists: { own: 'listed.example/page\ncircle.example/page\n' },
      });
      // What comes back to clients is for the filter.
      if (source === 'client') {
        await network.installRules();
        await network.steer({ returns: true });
      }
    });
    afterAll(async () => {
      await network.unsteer();
      await filter[Symbol.asyncDispose]();
    });

    async function dropped(reason: string): Promise<number> {
      return (await filter.metrics()).get(`cleanfeed_connections_dropped_total{reason="${reason}"}`) ?? 0;
    }

    describe.each(FAMILIES)('%s', (family) => {
      /** None that the system gives away: a connection of a test before waits there for a minute. */
      const clientPort = 21_000 + FAMILIES.indexOf(family) * 2 + SOURCES.indexOf(source);

      /** What curl printed, or its exit status, of a client to whom a name server that steers has spoken. */
      async function ask(host: string, path: string, ...words: readonly string[]): Promise<string> {
        const address = family === 'ipv4' ? STEERED.ipv4 : `[${STEERED.ipv6}]`;
        const curl = 'curl -q -s --noproxy \'*\' -m 60 "$@" || echo exit $?';
        const all = ['--resolve', `${host}:80:${address}`, ...words, `http://${host}${path}`];
        return (await network.machines.client.run('sh', '-c', curl, 'sh', ...all)).trimEnd();
      }

      test('goes to the host that is named, as the servers have it that do not steer', async () => {
        const seen = await ask('listed.example', '/', '--local-port', String(clientPort));
        if (source === 'client') expect(seen).toBe(`${ADDRESSES.client[family]} ${clientPort}`);
        else expect(Object.values(ADDRESSES.filter)).toContain(seen.split(' ')[0]);
        await eventually('the origin writes it down', () => web.log().at(-1) === `${seen} listed.example /`);
      });

      test('what is listed is refused; a host that no list knows is passed', async () => {
        const status = ['-o', '/dev/null', '-w', '%{http_code}'];
        expect(await ask('listed.example', '/page', ...status)).toBe('403');
        expect(await ask('by-mistake.example', '/page', ...status)).toBe('200');
        const passed = ' by-mistake.example /page';
        await eventually('the origin writes it down', () => web.log().at(-1)?.endsWith(passed));
      });

      // Was a bug with `source: client`: the connection to the host before held the port, and the client was reset.
      test('several hosts of one origin on one connection are each served, though the origin keeps what has ended', async () => {
        const server = await listenOn(network.machines.origin, { address: ADDRESSES.origin2[family], port: 80 });
        const sockets: Socket[] = [];
        const clients: (string | undefined)[] = [];
        server.on('connection', (socket) => {
          clients.push(socket.remoteAddress);
          sockets.push(socket.on('error', () => undefined));
          socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
        });
        const there = { address: STEERED[family], port: 80 };
        await using client = new RawClient(await connectFrom(network.machines.client, there));
        for (const host of ['one.example', 'two.example', 'two.example', 'one.example']) {
          client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
          expect((await client.response()).status).toBe(200);
        }
        const taken = source === 'client' ? [ADDRESSES.client[family]] : Object.values(ADDRESSES.filter);
        expect(clients.map((address) => taken.some((one) => one === address))).toEqual([true, true, true]);
        for (const socket of sockets) socket.destroy();
        server.close();
      });

      test('nobody is named: there is nowhere to go', async () => {
        const refused = async (): Promise<number | undefined> =>
          (await filter.metrics()).get('cleanfeed_requests_total{listener="steered",verdict="refuse"}');
        const [lines, before = 0] = [web.log().length, await refused()];
        const status = ['-o', '/dev/null', '-w', '%{http_code}'];
        expect(await ask('listed.example', '/', '-0', '-H', 'Host:', ...status)).toBe('400');
        expect(await refused()).toBe(before + 1);
        expect(web.log()).toHaveLength(lines);
      });

      test('a host that leads here again is a loop: dropped, and counted', async () => {
        const before = await dropped('loop');
        expect(await ask('circle.example', '/')).toMatch(/^exit (?:52|56)$/);
        expect(await dropped('loop')).toBe(before + 1);
      });

      test("another address of this machine is nobody's way: dropped, and counted", async () => {
        const before = await dropped('not_steered');
        const other = { address: ADDRESSES.filter[family], port: 80 };
        await expect(EchoClient.open(network.machines.edge, other)).rejects.toThrow('ECONNRESET');
        expect(await dropped('not_steered')).toBe(before + 1);
      });

      test('who is no client of ours is reset without a word', async () => {
        const before = await dropped('client_denied');
        const there = { address: STEERED[family], port: 80 };
        await expect(EchoClient.open(network.machines.edge, there)).rejects.toThrow('ECONNRESET');
        expect(await dropped('client_denied')).toBe(before + 1);
      });
    });
  });

  describe('behind a balancer, source: client', () => {
    let filter: ProxyProcess;

    beforeAll(async () => {
      const proxyProtocol = { from: ['198.51.100.1', '2001:db8:2::1'] };
      const steered = { name: 'steered', mode: 'steered', addresses: PREFIXES, ports: [80], source: 'client' };
      filter = await startFilter(network, {
        listeners: [{ ...steered, proxyProtocol }],
        config: {
          clients: { allow: ['192.0.2.0/24', '2001:db8:1::/48', ...proxyProtocol.from] },
          policies: [{ name: 'lines', clients: [ADDRESSES.client2.ipv4, ADDRESSES.client2.ipv6], lists: [] }],
        },
        lists: { own: '203.0.113.10/page\n[2001:db8:4::10]/page\n' },
      });
      await network.installRules();
      await network.steer({ returns: true });
    });
    afterAll(async () => {
      await network.unsteer();
      await filter[Symbol.asyncDispose]();
    });

    /** The status, and whom the origin takes it for. */
    async function ask(header: Buffer | PeerEnd, family: Family, path: string): Promise<string> {
      const there = { address: STEERED[family], port: 80 };
      await using client = new RawClient(await connectFrom(network.machines.edge, there));
      const address = ADDRESSES.origin[family];
      const named = Buffer.isBuffer(header) ? header : writeProxyHeader(2, { source: header, destination: there });
      client.send(named);
      client.send(`GET ${path} HTTP/1.1\r\nHost: ${family === 'ipv4' ? address : `[${address}]`}\r\n\r\n`);
      const { status, body } = await client.response();
      return `${status} ${status === 200 ? String(body).trimEnd() : ''}`;
    }

    test.each(FAMILIES)('%s: the origin sees whom the header names, and his policy holds', async (family) => {
      const port = 22_000 + FAMILIES.indexOf(family);
      const [one, other] = [ADDRESSES.client[family], ADDRESSES.client2[family]];
      expect(await ask({ address: one, port }, family, '/')).toBe(`200 ${one} ${port}`);
      expect(await ask({ address: one, port }, family, '/page')).toBe('403 ');
      expect(await ask({ address: other, port }, family, '/page')).toBe(`200 ${other} ${port}`);
    });

    // Was a bug: answers of origins went to the balancer's own address, and its checks found every filter dead.
    test.each(FAMILIES)('%s: what the balancer asks for itself comes from the filter', async (family) => {
      for (const header of [LOCAL_HEADER, Buffer.from('PROXY UNKNOWN\r\n')])
        expect(await ask(header, family, '/')).toContain(`200 ${ADDRESSES.filter[family]} `);
    });
  });
});
