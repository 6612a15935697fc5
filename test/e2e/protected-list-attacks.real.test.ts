/**
 * What a broken or hostile server may do to nodes that follow a real clearing house: `cleanfeed publish`, nginx with TLS and client
 * certificates, `serve`. Each leaves the last good list in force, says why in a metric and in the log, and is over by itself as soon as
 * the server is sound again. The same on the source alone, role by role: test/list/source/tuf/attacks.test.ts.
 */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ClearingHouse } from '../support/clearing-house.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { describeWith } from '../support/programs.ts';
import { countOf, lastFailure, nodeSetup, pollNow, refusedOf, versionOf } from '../support/protected-node.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess, ProxySetup } from '../support/proxy-process.ts';
import { RepositoryServer } from '../support/repository-server.ts';
import type { ServerFault } from '../support/repository-server.ts';
import { Resources } from '../support/resources.ts';

const ISP = 'isp-a';
const OTHER = 'isp-b';
const DAY_MS = 86_400_000;

describeWith(['nginx', 'openssl'])('a server that', () => {
  const resources = new Resources();
  let origin: Origin;
  let house: ClearingHouse;
  let server: RepositoryServer;
  let proxy: ProxyProcess;
  /** Of the list as it was published last. */
  let version = 0;

  beforeAll(async () => {
    origin = resources.use(await startOkOrigin());
    house = await ClearingHouse.begin([OTHER], { filler: 6000 });
    // It has been one for longer: its metadata has higher versions.
    for (let i = 0; i < 3; i++) await house.publish('refresh');
    await house.addRecipient(ISP);
    resources.use(house);
    server = resources.use(await RepositoryServer.start(house));
    await publish();
    house.deploy(ISP);
    proxy = resources.use(await startProxy(place()));
  });
  afterAll(async () => await resources.end());

  function place(): ProxySetup {
    return nodeSetup({ house, name: ISP, port: server.port, authority: server.authority });
  }

  /** The next version, in which one more host is listed: `always`, `v2`, `v3` … */
  async function publish(): Promise<void> {
    version += 1;
    await house.list('always', `v${version}`);
  }

  /** The version that decides requests, told by what is refused; checked against what the instance says of itself. */
  async function inForce(): Promise<number> {
    const hosts = Array.from({ length: version }, (_, i) => `v${i + 1}`);
    const refused = await refusedOf(proxy, origin, ['always', ...hosts]);
    expect(refused).toBe(`alwaysv${await versionOf(proxy)}`);
    return Number(refused.slice('alwaysv'.length));
  }

  interface Fault {
    readonly name: string;
    readonly reason: string;
    /** The next version has been published, and is not on the server yet. */
    readonly spoil: () => void | Promise<void>;
    /** What the publisher has to do besides. */
    readonly heal?: () => Promise<unknown>;
  }

  const says = (name: string, reason: string, fault: ServerFault): Fault => ({
    name,
    reason,
    spoil: () => {
      house.deploy(ISP);
      server.say(fault);
    },
  });

  /** What is there has been copied, but for this. */
  const spoilt = (name: string, reason: string, spoil: () => void): Fault => ({
    name,
    reason,
    spoil: () => {
      house.deploy(ISP);
      spoil();
    },
  });

  const newest = (end: string): string => house.files(ISP, end)[0] ?? '';
  const newestPayloads = (): readonly string[] =>
    ['.delta', '.full'].map((end) => house.files(ISP, `.${version}${end}`)[0]).filter((file) => file !== undefined);
  const change = (files: readonly string[], edit: (bytes: Buffer) => Buffer): void => {
    for (const file of files) house.write(ISP, file, edit(house.read(ISP, file)));
  };
  /** What the role said one version before. */
  const former = (role: string): Buffer => house.read(ISP, house.files(ISP, `.${role}.json`)[1] ?? '');
  const TIMESTAMP = 'metadata/timestamp.json';

  const FAULTS: readonly Fault[] = [
    says('answers each question with 503', 'http_status', 'busy'),
    says('refuses each file', 'inconsistent', 'forbidden'),
    says('redirects', 'redirect', 'moved'),
    says('hangs up', 'connect', 'hungUp'),
    says('gives a timestamp without end', 'too_large', { of: 'timestamp', pace: 'fast' }),
    says('gives a snapshot without end', 'inconsistent', { of: 'snapshot', pace: 'fast' }),
    says('gives a payload without end', 'inconsistent', { of: 'payload', pace: 'fast' }),
    spoilt('gives a page in place of the timestamp', 'inconsistent', () =>
      house.write(ISP, TIMESTAMP, '<html></html>'),
    ),
    spoilt('gives the snapshot before under the new name', 'inconsistent', () =>
      house.write(ISP, newest('.snapshot.json'), former('snapshot')),
    ),
    spoilt('gives the targets before under the new name', 'inconsistent', () =>
      house.write(ISP, newest('.targets.json'), former('targets')),
    ),
    spoilt('gives a payload with another byte', 'inconsistent', () =>
      change(newestPayloads(), (bytes) => Buffer.from(bytes.with(300, bytes[300]! ^ 1))),
    ),
    spoilt('gives a payload that is longer', 'inconsistent', () =>
      change(newestPayloads(), (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])),
    ),
    spoilt('gives a payload that is shorter', 'inconsistent', () =>
      change(newestPayloads(), (bytes) => bytes.subarray(0, -1)),
    ),
    spoilt('gives an empty payload', 'inconsistent', () => change(newestPayloads(), () => Buffer.alloc(0))),
    spoilt('gives a root that nobody has signed', 'signature', () => {
      const root = house.read(ISP, 'metadata/1.root.json').toString();
      house.write(ISP, 'metadata/2.root.json', root.replace('"version": 1', '"version": 2'));
    }),
    {
      name: 'gives metadata that has expired',
      reason: 'expired',
      spoil: async () => {
        const longAgo = Date.now() - 60 * DAY_MS;
        await house.open(longAgo, async (publisher) => await publisher.bringOnlineRolesUpToDate({ isRefresh: true }));
        house.deploy(ISP);
      },
      heal: async () => await house.publish('refresh'),
    },
    {
      name: 'gives the timestamp before again',
      reason: 'rollback',
      spoil: async () => {
        const old = house.read(ISP, TIMESTAMP);
        house.deploy(ISP);
        await pollNow(proxy);
        house.write(ISP, TIMESTAMP, old);
      },
    },
    {
      name: "gives another recipient's repository",
      reason: 'decrypt',
      spoil: () => {
        house.deploy(OTHER);
        cpSync(join(house.web, OTHER), join(house.web, ISP), { recursive: true });
      },
    },
    {
      name: 'belongs to a thief of keys that have been replaced since',
      reason: 'signature',
      spoil: async () => {
        using thief = house.stolen();
        await thief.list('stolen');
        for (const role of ['timestamp', 'snapshot']) await house.publish('rotate', role);
        house.deploy(ISP);
        await pollNow(proxy);
        cpSync(join(thief.folders.repo, ISP), join(house.web, ISP), { recursive: true });
      },
    },
  ];

  test.each(FAULTS)('$name: $reason', async ({ reason, spoil, heal }) => {
    server.say(null);
    house.deploy(ISP);
    await pollNow(proxy);
    expect(await inForce()).toBe(version);
    const counted = await countOf(proxy, reason);
    await publish();
    await spoil();
    const stays = await inForce();
    await pollNow(proxy);
    expect(await countOf(proxy, reason)).toBeGreaterThan(counted);
    await eventually('it is told', () => lastFailure(proxy)?.['code'] === reason);
    expect(lastFailure(proxy)).toMatchObject({ list: 'national', servingLastGood: true });
    expect(await inForce()).toBe(stays);
    await heal?.();
    server.say(null);
    house.deploy(ISP);
    await pollNow(proxy);
    expect(await inForce()).toBe(version);
  });

  test('gives a page with status 200 for what is not there, the next root too: followed all the same', async () => {
    server.say('soft404');
    await publish();
    house.deploy(ISP);
    await pollNow(proxy);
    expect(await inForce()).toBe(version);
    await eventually('it was asked for', () => server.requests.some((line) => /root\.json 200 /.test(line)));
    server.say(null);
  });

  test('has nothing new is asked one small question a poll', async () => {
    const question = `GET /${ISP}/${TIMESTAMP} 304 0`;
    await pollNow(proxy);
    await eventually('all until now is logged', () => server.requests.at(-1) === question);
    const asked = server.requests.length;
    for (let polls = 0; polls < 3; polls++) await pollNow(proxy);
    const isThere = (lines: readonly string[]): boolean => lines.length >= 3;
    const lines = await eventually('the questions are logged', () => server.requests.slice(asked), isThere);
    expect(lines).toEqual(Array.from({ length: 3 }, () => question));
  });

  test('a node was away from while root keys and others were replaced, twice: it follows', async () => {
    const away = await startProxy(place());
    expect(await versionOf(away)).toBe(`${version}`);
    for (const role of ['root', 'snapshot', 'root', 'timestamp', 'targets']) await house.publish('rotate', role);
    await publish();
    house.deploy(ISP);
    await using back = await away.killAndRestart();
    await back.ready();
    await eventually(
      'it has followed',
      async () => await versionOf(back),
      (found) => found === `${version}`,
    );
    await pollNow(proxy);
    expect(await inForce()).toBe(version);
  });

  test('a recipient was taken off: what is in force stays, and why is said', async () => {
    await house.publish('revoke', ISP);
    house.deploy(ISP);
    const counted = await countOf(proxy, 'expired');
    await pollNow(proxy);
    expect(await countOf(proxy, 'expired')).toBeGreaterThan(counted);
    expect(await inForce()).toBe(version);
  });
});
