/**
 * `kill -9` at fifty random moments of an update of a protected list: the instance always starts again with its server away, serves a
 * version whole, and never an older one than before.
 *
 *   publish ─▶ poll begins ─▶ so many bytes have come, or so many milliseconds after the first ─▶ kill -9 ─▶ start, server away ─▶ look
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { seededInteger, seededRandom } from '../../bench/data/seeded-random.ts';
import type { ClearingHouse } from '../support/clearing-house.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { describeWith } from '../support/programs.ts';
import { nodeSetup, pollNow, refusedOf, versionOf } from '../support/protected-node.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { servedHouse } from '../support/repository-server.ts';
import type { RepositoryServer } from '../support/repository-server.ts';
import { Resources } from '../support/resources.ts';
import { TcpShim } from '../support/tcp-shim.ts';

const ISP = 'isp-a';
const SEEDS = [1, 2, 3, 4, 5] as const;
const KILLS = 10;
/** What an update brings at most, and how long it takes to be stored and served on a busy machine. */
const MOST_BYTES = 400_000;
const MOST_MS = 400;

describeWith(['nginx', 'openssl'])('kill -9 in an update', () => {
  const resources = new Resources();
  let origin: Origin;
  let house: ClearingHouse;
  let server: RepositoryServer;
  let shim: TcpShim;
  let proxy: ProxyProcess;
  let version = 0;
  /** Withdrawn, in this order. */
  const withdrawn: string[] = [];
  /** By version and number of withdrawn entries: digest of what is served. */
  const contents = new Map<string, string>();

  beforeAll(async () => {
    origin = resources.use(await startOkOrigin());
    ({ house, server } = await servedHouse(resources, [ISP], { filler: 6000 }));
    shim = resources.use(await TcpShim.start(server.port));
    await publish();
    proxy = await startProxy(nodeSetup({ house, name: ISP, port: shim.port, authority: server.authority }));
    resources.defer(async () => await proxy.stop());
  });
  afterAll(async () => await resources.end());

  /** Each version lists a host of its own and `always`; of every third an entry of all versions is withdrawn. */
  async function publish(): Promise<void> {
    version += 1;
    await house.list('always', `v${version}`, ...removable());
    if (version % 3 === 0) {
      withdrawn.push(`w${withdrawn.length}`);
      await house.withdraw(withdrawn.at(-1) ?? '');
    }
    house.deploy(ISP);
  }

  /** Hosts that are on the list until they are withdrawn. */
  function removable(): readonly string[] {
    return Array.from({ length: 30 }, (_, i) => `w${i}`).slice(withdrawn.length);
  }

  interface Served {
    readonly version: number;
    readonly withdrawn: number;
  }

  /** What the instance says that it serves. */
  async function said(): Promise<string> {
    const [list] = (await proxy.status()).lists;
    return `${list?.versions.inForce} ${list?.content}`;
  }

  /**
   * Told by what is refused; checked against what the instance says of itself, and against what other lives of it served. What was fetched
   * whole before the kill comes into force a moment after the start: then it is looked at once more.
   */
  async function served(): Promise<Served> {
    const hosts = ['always', ...hostsOf(version), ...Array.from({ length: withdrawn.length + 2 }, (_, i) => `w${i}`)];
    const look = async (): Promise<readonly string[]> => [
      await said(),
      await refusedOf(proxy, origin, hosts),
      await said(),
    ];
    const [before = '', refused] = await eventually('it stands still', look, ([first, , last]) => first === last);
    const [label = '', content = ''] = before.split(' ');
    const free = Array.from({ length: withdrawn.length + 1 }, (_, i) => i).find(
      (count) =>
        refused ===
        `alwaysv${label}${hosts
          .filter((host) => host.startsWith('w'))
          .slice(count)
          .join('')}`,
    );
    expect([refused, free]).toEqual([refused, expect.any(Number)]);
    const key = `${label} ${free}`;
    expect([key, content]).toEqual([key, contents.get(key) ?? content]);
    contents.set(key, content);
    return { version: Number(label), withdrawn: free ?? 0 };
  }

  test.each(SEEDS)('at ten random moments (%d)', async (seed) => {
    const random = seededRandom(seed);
    for (let i = 0; i < KILLS; i++) {
      const before = await served();
      await publish();
      const polled = pollNow(proxy).catch(() => {});
      const first = shim.after(1, 'pass');
      await Promise.race([first, polled]);
      if (i % 2 === 0) await Promise.race([shim.after(seededInteger(random, MOST_BYTES), 'stall'), polled]);
      else await new Promise((resolve) => setTimeout(resolve, seededInteger(random, MOST_MS)));
      shim.isAway = true;
      proxy = await proxy.killAndRestart();
      shim.cutAll();
      await polled;
      await proxy.ready();
      const after = await served();
      expect(after.version).toBeGreaterThanOrEqual(before.version);
      expect(after.withdrawn).toBeGreaterThanOrEqual(before.withdrawn);
      shim.heal();
      await eventually('it has the newest version', async () => {
        await pollNow(proxy);
        return (await versionOf(proxy)) === `${version}`;
      });
      expect(await served()).toEqual({ version, withdrawn: withdrawn.length });
    }
  });
});

function hostsOf(version: number): readonly string[] {
  return Array.from({ length: version }, (_, i) => `v${i + 1}`);
}
