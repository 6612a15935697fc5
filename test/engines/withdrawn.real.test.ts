/**
 * Requirement 71 at every outlet: from `publish withdraw` of a wrongly listed host and a wrongly listed page to the last verdict: HTTP, CONNECT,
 * the DNS front, the policy zone in four real resolvers behind a hidden primary, and the route feed; and once more when the file system of the state
 * directory has no byte left. How long each took is printed and not judged, but for the bound of the requirement.
 *
 *   publish ─▶ nginx ─▶ serve ─┬─ HTTP, CONNECT, DNS front
 *                              ├─ zone file ─▶ knotc ─▶ Knot ─▶ BIND, PowerDNS, Unbound      Knot Resolver reads the file
 *                              └─ BIRD's include file
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { ClearingHouse } from '../support/clearing-house.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { programPath } from '../support/program-path.ts';
import { nodeSetup } from '../support/protected-node.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { RepositoryServer } from '../support/repository-server.ts';
import { Resources } from '../support/resources.ts';
import { SmallDisk, describeWithSmallDisk } from '../support/small-disk.ts';
import { ask } from './support/dig.ts';
import { Distribution, RESOLVERS } from './support/distribution.ts';
import { blocked, ZONE, zoneText } from './support/policy-zone.ts';
import { ENGINES, PROBE } from './support/resolvers.ts';

const ISP = 'isp-a';
const INTERVAL = '10s';
/** Of requirement 71. */
const MAX_MS = 5 * 60_000;
/** A host and a page, and where the page's name leads. */
interface Wrong {
  readonly host: string;
  readonly page: string;
  readonly address: string;
}
const FIRST: Wrong = { host: 'wrong.example', page: 'page.example', address: '198.51.100.9' };
const SECOND: Wrong = { host: 'mistaken.example', page: 'leaf.example', address: '198.51.100.10' };
const DISK_BYTES = 4 * 1024 * 1024;
const RIGHT = [`*.${PROBE.blocked} dns`, '*.right.example dns', 'http://right.example/listed steer'];
const UPSTREAM = [
  'passed.probe A 198.51.100.1',
  'blocked.probe A 198.51.100.2',
  ...[FIRST, SECOND].flatMap(({ host, page, address }) => [
    `${labelOf(host)} A 127.0.0.1`,
    `below.${labelOf(host)} A 127.0.0.1`,
    `${labelOf(page)} A ${address}`,
  ]),
  'right A 198.51.100.8',
];

function labelOf(host: string): string {
  return host.replace(/\.example$/, '');
}

/** As it is listed. */
function addressesOf({ host, page }: Wrong): readonly [string, string] {
  return [`*.${host}`, `http://${page}/listed`];
}

function linesOf(wrong: Wrong): readonly string[] {
  const [host, page] = addressesOf(wrong);
  return [`${host} dns`, `${page} steer`];
}

describeWithSmallDisk(['nginx', ...ENGINES])('an address that is withdrawn', () => {
  const resources = new Resources();
  let house: ClearingHouse;
  let at: Distribution;
  let origin: Origin;
  let node: ProxyProcess;
  let front: number;
  let disk: SmallDisk;

  beforeAll(async () => {
    origin = resources.use(await startOkOrigin());
    house = new ClearingHouse(0);
    resources.use(house);
    await house.publish('init');
    const [identity, names] = [await generateX25519Identity(), await generateX25519Identity()];
    writeFileSync(house.identity(ISP), identity, { mode: 0o600 });
    writeFileSync(house.file('names.age'), names, { mode: 0o600 });
    const recipients = [await identityToRecipient(identity), '--names', await identityToRecipient(names)];
    await house.publish('recipient', 'add', ISP, ...recipients);
    writeFileSync(house.file('list.txt'), [...linesOf(FIRST), ...linesOf(SECOND), ...RIGHT, ''].join('\n'));
    await house.publish('build', house.file('list.txt'), '--commit');
    house.deploy(ISP);
    const server = resources.use(await RepositoryServer.start(house));
    at = resources.use(
      await Distribution.start({ zone: zoneText(blocked(PROBE.blocked)), upstream: { example: UPSTREAM } }),
    );
    front = await freePort();
    mkdirSync(house.file('state'));
    disk = resources.use(await SmallDisk.mount(house.file('state'), DISK_BYTES));
    const upstream = `127.0.0.1:${at.engine('upstream').port}`;
    const terms = { interval: INTERVAL, namesIdentity: house.file('names.age') };
    const { config } = nodeSetup({ house, name: ISP, port: server.port, authority: server.authority }, terms);
    const knotc = [
      programPath('knotc') ?? 'knotc',
      '-s',
      join(at.site.folder, 'knot', 'knot.sock'),
      '-b',
      'zone-reload',
      ZONE,
    ];
    node = resources.use(
      await startProxy({
        under: disk.under,
        config: {
          ...config,
          state: { directory: disk.folder },
          listeners: [
            { name: 'explicit', address: '127.0.0.1', port: 0 },
            { name: 'dns', mode: 'dns', address: '127.0.0.1', port: front, upstream: [upstream] },
          ],
          upstream: { allow: ['127.0.0.0/8', '198.51.100.0/24'], dns: { servers: [upstream] } },
          resolver: {
            answers: { steer: { a: ['192.0.2.80/29'], aaaa: [] } },
            zones: [{ name: ZONE, file: join(at.site.zones, `${ZONE}.zone`), lists: ['national'], notify: knotc }],
            routes: {
              file: './steer.conf',
              lists: ['national'],
              resolvers: [upstream],
              interval: '10s',
              hold: '1h',
              rate: null,
              notify: [],
            },
          },
        },
      }),
    );
  });
  afterAll(async () => await resources.end());

  /** The file of the route feed; empty before it is written. */
  function routes(): string {
    try {
      return readFileSync(node.file('steer.conf'), 'utf8');
    } catch {
      return '';
    }
  }

  async function connectStatus(host: string): Promise<number> {
    await using client = await rawClient(node.port);
    client.send(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
    return (await client.response()).status;
  }

  /** What says that the wrong entries are in force, by outlet. */
  function outletsOf({ host, page, address }: Wrong): Readonly<Record<string, () => Promise<boolean>>> {
    const below = `below.${host}`;
    return {
      'HTTP, the host': async () => (await statusOf(node.port, `http://${host}:${origin.port}/`)) === 403,
      'HTTP, the page': async () => (await statusOf(node.port, `http://${page}/listed`)) === 403,
      CONNECT: async () => (await connectStatus(host)) === 403,
      'DNS front': async () => (await ask(front, { name: below })).status === 'NXDOMAIN',
      'DNS front, steering': async () => (await ask(front, { name: page })).records.join().startsWith('A 192.0.2.8'),
      'zone file': async () =>
        await Promise.resolve(readFileSync(join(at.site.zones, `${ZONE}.zone`), 'utf8').includes(host)),
      'route feed': async () => await Promise.resolve(routes().includes(`${address}/`)),
      ...Object.fromEntries(
        RESOLVERS.map((name) => [name, async () => (await at.ask(name, { name: below })).status === 'NXDOMAIN']),
      ),
    };
  }

  /** @returns the outlets at which it took longer than it may. */
  async function withdrawn(what: string, wrong: Wrong): Promise<readonly string[]> {
    const outlets = Object.entries(outletsOf(wrong));
    for (const [name, isListed] of outlets) await eventually(`listed: ${name}`, isListed);
    const began = performance.now();
    await house.publish('withdraw', ...addressesOf(wrong));
    house.deploy(ISP);
    const took = await Promise.all(
      outlets.map(async ([name, isListed]) => {
        await eventually(`free: ${name}`, async () => !(await isListed()));
        return [name, Math.round(performance.now() - began)] as const;
      }),
    );
    process.stderr.write(
      `drill, ${what}: milliseconds from 'publish withdraw' to free: ${JSON.stringify(Object.fromEntries(took))}\n`,
    );
    await isFree(wrong);
    return took.filter(([, ms]) => ms >= MAX_MS).map(([name]) => name);
  }

  async function isFree({ host, page, address }: Wrong): Promise<void> {
    const below = `below.${host}`;
    expect(await statusOf(node.port, `http://${host}:${origin.port}/`)).toBe(200);
    expect((await ask(front, { name: below })).records).toEqual(['A 127.0.0.1']);
    expect((await ask(front, { name: page })).records).toEqual([`A ${address}`]);
    for (const name of RESOLVERS) {
      expect([name, (await at.ask(name, { name: below })).records]).toEqual([name, ['A 127.0.0.1']]);
      expect([name, (await at.ask(name, { name: 'right.example' })).status]).toEqual([name, 'NXDOMAIN']);
    }
    expect((await ask(front, { name: 'right.example' })).status).toBe('NXDOMAIN');
    expect(routes()).toContain('198.51.100.8/32');
  }

  test('is free at each of them, and what is listed beside it is not', async () => {
    expect(await withdrawn('a sound disk', FIRST)).toEqual([]);
  });

  // Was a fault: none of them heard of it.
  test('is free at each of them though the state directory takes nothing', async () => {
    disk.fill();
    expect(await withdrawn('a full disk', SECOND)).toEqual([]);
    const failed = await node.told('list.failed');
    expect(failed.at(-1)).toMatchObject({ code: 'state', reason: expect.stringContaining('ENOSPC') });
    disk.empty();
    await eventually('the fault is over', async () => (await node.status()).lists[0]?.lastError === null);
  });
});
