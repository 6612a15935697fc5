/**
 * Requirement 71 at every outlet: from `publish withdraw` of a wrongly listed host and a wrongly listed page to the last verdict: HTTP, CONNECT,
 * the DNS front, the policy zone in four real resolvers behind a hidden primary, and the route feed. How long each took is printed and not
 * judged, but for the bound of the requirement.
 *
 *   publish ─▶ nginx ─▶ serve ─┬─ HTTP, CONNECT, DNS front
 *                              ├─ zone file ─▶ knotc ─▶ Knot ─▶ BIND, PowerDNS, Unbound      Knot Resolver reads the file
 *                              └─ BIRD's include file
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { ClearingHouse } from '../support/clearing-house.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { nodeSetup } from '../support/protected-node.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';
import { RepositoryServer } from '../support/repository-server.ts';
import { Resources } from '../support/resources.ts';
import { ask } from './support/dig.ts';
import { Distribution, RESOLVERS } from './support/distribution.ts';
import { blocked, ZONE, zoneText } from './support/policy-zone.ts';
import { ENGINES, PROBE } from './support/resolvers.ts';

const ISP = 'isp-a';
const INTERVAL = '10s';
/** Of requirement 71. */
const MAX_MS = 5 * 60_000;
const WRONG_HOST = '*.wrong.example dns';
const WRONG_PAGE = 'http://page.example/listed steer';
const RIGHT = [`*.${PROBE.blocked} dns`, '*.right.example dns', 'http://right.example/listed steer'];
const PAGE_ADDRESS = '198.51.100.9';
const UPSTREAM = [
  'passed.probe A 198.51.100.1',
  'blocked.probe A 198.51.100.2',
  'wrong A 127.0.0.1',
  'below.wrong A 127.0.0.1',
  'right A 198.51.100.8',
  `page A ${PAGE_ADDRESS}`,
];

describeWith(['nginx', ...ENGINES])('an address that is withdrawn', () => {
  const resources = new Resources();
  let house: ClearingHouse;
  let at: Distribution;
  let origin: Origin;
  let node: ProxyProcess;
  let front: number;

  beforeAll(async () => {
    origin = resources.use(await startOkOrigin());
    house = new ClearingHouse(0);
    resources.defer(async () => await Promise.resolve(house[Symbol.dispose]()));
    await house.publish('init');
    const [identity, names] = [await generateX25519Identity(), await generateX25519Identity()];
    writeFileSync(house.identity(ISP), identity, { mode: 0o600 });
    writeFileSync(house.file('names.age'), names, { mode: 0o600 });
    const recipients = [await identityToRecipient(identity), '--names', await identityToRecipient(names)];
    await house.publish('recipient', 'add', ISP, ...recipients);
    writeFileSync(house.file('list.txt'), [WRONG_HOST, WRONG_PAGE, ...RIGHT, ''].join('\n'));
    await house.publish('build', house.file('list.txt'), '--commit');
    house.deploy(ISP);
    const server = resources.use(await RepositoryServer.start(house));
    at = resources.use(
      await Distribution.start({ zone: zoneText(blocked(PROBE.blocked)), upstream: { example: UPSTREAM } }),
    );
    front = await freePort();
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
        config: {
          ...config,
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
  const outlets: Readonly<Record<string, () => Promise<boolean>>> = {
    'HTTP, the host': async () => (await statusOf(node.port, `http://wrong.example:${origin.port}/`)) === 403,
    'HTTP, the page': async () => (await statusOf(node.port, 'http://page.example/listed')) === 403,
    CONNECT: async () => (await connectStatus('wrong.example')) === 403,
    'DNS front': async () => (await ask(front, { name: 'below.wrong.example' })).status === 'NXDOMAIN',
    'DNS front, steering': async () =>
      (await ask(front, { name: 'page.example' })).records.join().startsWith('A 192.0.2.8'),
    'zone file': async () =>
      await Promise.resolve(readFileSync(join(at.site.zones, `${ZONE}.zone`), 'utf8').includes('wrong.example')),
    'route feed': async () => await Promise.resolve(routes().includes(PAGE_ADDRESS)),
    ...Object.fromEntries(
      RESOLVERS.map((name) => [
        name,
        async () => (await at.ask(name, { name: 'below.wrong.example' })).status === 'NXDOMAIN',
      ]),
    ),
  };

  test('is free at each of them, and what is listed beside it is not', async () => {
    for (const [name, isListed] of Object.entries(outlets)) await eventually(`listed: ${name}`, isListed);
    const began = performance.now();
    await house.publish('withdraw', ...[WRONG_HOST, WRONG_PAGE].map((line) => line.split(' ')[0]!));
    house.deploy(ISP);
    const took = await Promise.all(
      Object.entries(outlets).map(async ([name, isListed]) => {
        await eventually(`free: ${name}`, async () => !(await isListed()));
        return [name, Math.round(performance.now() - began)] as const;
      }),
    );
    process.stderr.write(
      `drill: milliseconds from 'publish withdraw' to free: ${JSON.stringify(Object.fromEntries(took))}\n`,
    );
    for (const [name, ms] of took) expect([name, ms < MAX_MS]).toEqual([name, true]);
    expect(await statusOf(node.port, `http://wrong.example:${origin.port}/`)).toBe(200);
    expect((await ask(front, { name: 'below.wrong.example' })).records).toEqual(['A 127.0.0.1']);
    expect((await ask(front, { name: 'page.example' })).records).toEqual([`A ${PAGE_ADDRESS}`]);
    for (const name of RESOLVERS) {
      expect([name, (await at.ask(name, { name: 'below.wrong.example' })).records]).toEqual([name, ['A 127.0.0.1']]);
      expect([name, (await at.ask(name, { name: 'right.example' })).status]).toEqual([name, 'NXDOMAIN']);
    }
    expect((await ask(front, { name: 'right.example' })).status).toBe('NXDOMAIN');
    expect(routes()).toContain('198.51.100.8/32');
  });
});
