/**
 * The kernel's part of transparent mode, with the rules, routes and settings that are shipped and the least of a filter: what is
 * steered, what is left alone, and that neither leaving nor coming back cuts a flow (requirement 77).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { aRest } from '../support/paced.ts';
import { Resources } from '../support/resources.ts';
import { EchoClient, EchoOrigin } from './support/echo-origin.ts';
import { ADDRESSES, FAMILIES, InlineNetwork } from './support/inline-network.ts';
import type { Family } from './support/inline-network.ts';
import { describeNetwork } from './support/programs.ts';
import { TransparentRelay } from './support/transparent-relay.ts';

const PORTS = [80, 443, 8080, 8081];
const CHUNK = 100_000;
const SOURCES = ['proxy', 'client'] as const;
const ROUTES_GONE = 'ip -4 route flush table 207; ip -6 route flush table 207';

describeNetwork(['python3'])('the shipped rules', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let relay: TransparentRelay;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    const { origin } = network.machines;
    const addresses = [ADDRESSES.origin, ADDRESSES.management].flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]);
    const echo = await new EchoOrigin().listen(
      origin,
      addresses.flatMap((address) => PORTS.map((port) => ({ address, port }))),
    );
    resources.use(echo);
  });
  beforeEach(async () => await network.installRules());
  afterEach(async () => {
    relay[Symbol.dispose]();
    await network.unsteer();
  });
  afterAll(async () => await resources.end());

  /** The filter's part, and the edge's. */
  async function inPath(source: 'proxy' | 'client' = 'proxy'): Promise<void> {
    relay = await new TransparentRelay(network.machines.filter, source).listen();
    await network.steer({ returns: source === 'client' });
  }

  async function open(family: Family, port = 80): Promise<EchoClient> {
    return await EchoClient.open(network.machines.client, { address: ADDRESSES.origin[family], port });
  }

  describe.each(FAMILIES)('%s', (family) => {
    test.each([80, 443])(
      'a connection to port %d is steered, and the listener knows where it was going',
      async (port) => {
        await inPath();
        await using client = await open(family, port);
        await client.exchange(CHUNK);
        const [address, wanted] = [ADDRESSES.client[family], ADDRESSES.origin[family]];
        const destination = family === 'ipv4' ? `${wanted}:${port}` : `[${wanted}]:${port}`;
        expect(relay.seen).toEqual([{ client: address, destination }]);
        expect(client.seenAs.address).toBe(ADDRESSES.filter[family]);
      },
    );

    test('with the address and port of the client towards the origin', async () => {
      await inPath('client');
      await using client = await open(family);
      await client.exchange(CHUNK);
      expect(relay.seen).toHaveLength(1);
      expect(client.seenAs).toEqual({ address: ADDRESSES.client[family], port: client.socket.localPort });
    });

    test.each([
      { name: 'another port', address: ADDRESSES.origin[family], port: 8081 },
      { name: 'the management network', address: ADDRESSES.management[family], port: 80 },
    ])('not steered: $name', async ({ address, port }) => {
      await inPath();
      await network.steerAll();
      await using client = await EchoClient.open(network.machines.client, { address, port });
      await client.exchange(CHUNK);
      expect([relay.seen, client.seenAs.address]).toEqual([[], ADDRESSES.client[family]]);
    });

    test('not steered: what others than customers send, and what is sent to the filter itself', async () => {
      await inPath();
      const { client, filter, origin } = network.machines;
      using echo = await new EchoOrigin().listen(filter, [{ address: ADDRESSES.filter[family], port: 80 }]);
      using atHome = await new EchoOrigin().listen(client, [{ address: ADDRESSES.client[family], port: 80 }]);
      expect([echo, atHome]).toHaveLength(2);
      for (const [from, to] of [
        [client, ADDRESSES.filter],
        [origin, ADDRESSES.client],
        [origin, ADDRESSES.filter],
      ] as const)
        await (await EchoClient.open(from, { address: to[family], port: 80 }))[Symbol.asyncDispose]();
      expect(relay.seen).toEqual([]);
    });

    test('not steered: what the filter itself asks for', async () => {
      await inPath();
      await using own = await EchoClient.open(network.machines.filter, { address: ADDRESSES.origin[family], port: 80 });
      expect([relay.seen, own.seenAs.address]).toEqual([[], ADDRESSES.filter[family]]);
    });

    // Was so in a first version of the rules: every packet to port 8080 of anybody found the listener.
    test("not steered: a port of somebody else that is the listener's, with a listener on all addresses", async () => {
      relay = await new TransparentRelay(network.machines.filter).listen('0.0.0.0', '::');
      await network.steerAll();
      await using other = await open(family, 8080);
      await other.exchange(CHUNK);
      expect(relay.seen).toEqual([]);
      await using web = await open(family, 80);
      await web.exchange(CHUNK);
      expect(relay.seen).toHaveLength(1);
    });

    describe.each(SOURCES)('source: %s', (source) => {
      test('a flow lives on whatever becomes of the filter: begun without it, and begun in it', async () => {
        await inPath(source);
        await network.setPorts('delete');
        await using before = await open(family);
        await before.exchange(CHUNK);
        await network.setPorts('add');
        await using within = await open(family);
        relay.close();
        await using after = await open(family);
        const all = [before, within, after];
        const direct = ADDRESSES.client[family];
        expect(all.map(({ seenAs }) => seenAs.address)).toEqual([
          direct,
          source === 'proxy' ? ADDRESSES.filter[family] : direct,
          direct,
        ]);
        expect(relay.seen).toHaveLength(1);
        const carryOn = async (): Promise<void> => {
          for (const client of all) await client.exchange(CHUNK);
        };
        await carryOn();
        await relay.listen();
        await carryOn();
        await network.setPorts('delete');
        await carryOn();
        await network.setPorts('add');
        await network.setPorts('add', 'refused_ports');
        await carryOn();
        await network.installRules({ unattended: 'closed' });
        await carryOn();
      });

      test('a long transfer goes on while the filter comes and goes', async () => {
        await inPath(source);
        await network.setPorts('delete');
        await using long = await open(family);
        const run = { isOver: false, chunks: 0 };
        const transfer = (async () => {
          for (; !run.isOver; run.chunks += 1) {
            await long.exchange(CHUNK);
            await aRest();
          }
        })();
        for (let turn = 0; turn < 5; turn += 1) {
          const reached = run.chunks + 3;
          await network.setPorts('add');
          relay.close();
          await eventually('it goes on', () => run.chunks > reached);
          await relay.listen();
          await network.setPorts('delete');
          await eventually('it goes on', () => run.chunks > reached + 3);
        }
        run.isOver = true;
        await transfer;
        expect(relay.seen).toEqual([]);
      });

      test.each(['edge and core', 'core and far'] as const)('a path with a smaller MTU between %s', async (between) => {
        await inPath(source);
        await network.setMtu(1280, between);
        await using client = await open(family);
        await client.exchange(20 * CHUNK);
        await network.setPorts('delete');
        await using direct = await open(family);
        await direct.exchange(20 * CHUNK);
        await network.setMtu(1500, between);
        expect(relay.seen).toHaveLength(1);
      });

      test('errors about the path reach the machine whose segments are too long', async () => {
        await inPath(source);
        // The other way to find out, which needs no errors.
        await network.machines.filter.run('sysctl', '-q', '-w', 'net.ipv4.tcp_mtu_probing=0');
        await network.setMtu(1280);
        await using client = await open(family);
        await client.exchange(20 * CHUNK);
        await network.setMtu(1500);
        expect(relay.seen).toHaveLength(1);
      });
    });

    test('closed: nobody listens, and a new connection is reset; so it is where a guard closes the path', async () => {
      await inPath();
      await network.installRules({ unattended: 'closed' });
      await (await open(family))[Symbol.asyncDispose]();
      relay.close();
      await expect(open(family)).rejects.toThrow('ECONNREFUSED');
      await relay.listen();
      await network.setPorts('add', 'refused_ports');
      await expect(open(family)).rejects.toThrow('ECONNREFUSED');
      await network.setPorts('delete', 'refused_ports');
      await (await open(family))[Symbol.asyncDispose]();
      expect(relay.seen).toHaveLength(2);
    });

    // Was so: systemd-networkd takes away rules that are not its own, and the kernel dropped all that tproxy had taken.
    test.each(['ip -4 rule del fwmark 0xcf lookup 207; ip -6 rule del fwmark 0xcf lookup 207', ROUTES_GONE])(
      'as if nobody listened, after %s',
      async (gone) => {
        await inPath();
        const { filter } = network.machines;
        await filter.script(gone);
        await using direct = await open(family);
        await direct.exchange(CHUNK);
        expect(direct.seenAs.address).toBe(ADDRESSES.client[family]);
        await network.installRules({ unattended: 'closed' });
        await filter.script(gone);
        await expect(open(family)).rejects.toThrow('ECONNREFUSED');
        expect(relay.seen).toEqual([]);
      },
    );

    test('UDP to port 443 is refused towards the destinations that are named, while the filter is in the path', async () => {
      await inPath();
      const { client, filter, origin } = network.machines;
      const kind = family === 'ipv4' ? 4 : 6;
      await network.steerAll();
      const both = [ADDRESSES.origin[family], ADDRESSES.origin2[family]] as const;
      const server = origin.spawn('python3', '-uc', UDP_ECHO, ...both);
      await once(server.stdout, 'data');
      const ask = async (address: string): Promise<string> => await client.run('python3', '-c', UDP_ASK, address);
      expect(await Promise.all(both.map(ask))).toEqual(['x', 'x']);
      await filter.run('nft', 'add', 'element', 'inet', 'cleanfeed', `quic_refused${kind}`, `{ ${both[0]} }`);
      expect(await Promise.all(both.map(ask))).toEqual(['refused', 'x']);
      await network.setPorts('delete');
      expect(await Promise.all(both.map(ask))).toEqual(['x', 'x']);
      server.kill();
      await once(server, 'exit');
    });

    // Was so: a customer who held connections to the guard's page kept its probes from it, and so took the filter out of the path.
    test("nobody else reaches the addresses of the guard's probe", async () => {
      await inPath();
      const { client, filter } = network.machines;
      const to = [ADDRESSES.probeFrom[family], ADDRESSES.probeTo[family]];
      const ports = [80, 8081];
      const places = to.flatMap((address) => ports.map((port) => ({ address, port })));
      using page = await new EchoOrigin().listen(filter, places);
      await network.steerAll();
      for (const place of places) await expect(EchoClient.open(client, place)).rejects.toThrow('ECONNREFUSED');
      expect([page, relay.seen]).toEqual([page, []]);
    });

    describe.each(SOURCES)("the guard's probe, source: %s", (source) => {
      test('goes through the listener whether customers do or not; its origin can tell', async () => {
        await inPath(source);
        const { filter } = network.machines;
        const [from, to] = [ADDRESSES.probeFrom[family], ADDRESSES.probeTo[family]];
        using origin = await new EchoOrigin().listen(filter, [{ address: to, port: 80 }]);
        const probe = async (): Promise<boolean> => {
          await using client = await EchoClient.open(
            filter,
            { address: to, port: 80 },
            { from: { address: from, port: 0 } },
          );
          await client.exchange(CHUNK);
          return client.seenAs.address !== from || client.seenAs.port !== client.socket.localPort;
        };
        expect([origin, await probe()]).toEqual([origin, true]);
        await network.setPorts('delete');
        await network.setPorts('add', 'refused_ports');
        expect(await probe()).toBe(true);
        expect(relay.seen).toHaveLength(2);
        relay.close();
        expect(await probe()).toBe(false);
        expect(relay.seen).toHaveLength(2);
      });
    });
  });

  test('what the origin sends in fragments reaches the filter whole', async () => {
    await inPath('client');
    const { client: customer, far, origin } = network.machines;
    await origin.run('sysctl', '-q', '-w', 'net.ipv4.ip_no_pmtu_disc=1');
    const to = { address: ADDRESSES.origin2.ipv4, port: 80 };
    // One that is opened by now: a socket keeps what was so when it was made.
    using echo = await new EchoOrigin().listen(origin, [to]);
    expect(echo).toBeDefined();
    await network.setMtu(1280);
    await using client = await EchoClient.open(customer, to);
    await client.exchange(20 * CHUNK);
    expect(relay.seen).toHaveLength(1);
    await network.setMtu(1500);
    // Kernels add columns behind.
    const [names = [], values = []] = (await far.run('sh', '-c', 'grep ^Ip: /proc/net/snmp'))
      .split('\n')
      .map((line) => line.split(' '));
    expect(Number(values[names.indexOf('FragOKs')])).toBeGreaterThan(0);
  });
});

/** One socket for each address that it is given: the answer comes from where it was asked. */
const UDP_ECHO = `
import select, socket, sys
def bound(address):
    s = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, 443))
    return s
all = [bound(address) for address in sys.argv[1:]]
print('ready')
while True:
    for s in select.select(all, [], [])[0]:
        s.sendto(*s.recvfrom(1000))
`;
const UDP_ASK = `
import socket, sys
s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], 443))
try:
    s.send(b'x')
    print(s.recv(10).decode(), end='')
except ConnectionRefusedError:
    print('refused', end='')
`;

describeNetwork()('a network of a test', () => {
  test('is gone when the test run is killed', async () => {
    const make = `
      import { InlineNetwork } from '${join(import.meta.dirname, 'support', 'inline-network.ts')}';
      const network = await InlineNetwork.create();
      console.log(Object.values(network.machines).map((machine) => machine.pid).join(' '));
      setInterval(() => {}, 1000);`;
    const run = spawn(process.execPath, ['--input-type=module', '-e', make], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed]: Buffer[] = (await once(run.stdout, 'data')) as Buffer[];
    const pids = String(printed).trim().split(' ');
    expect(pids.map((pid) => existsSync(`/proc/${pid}/ns/net`))).toEqual(pids.map(() => true));
    run.kill('SIGKILL');
    await eventually('its namespaces have gone', () => pids.every((pid) => !existsSync(`/proc/${pid}/ns/net`)));
  });
});
