/**
 * Requirement 42 for a protected list in a folder that somebody else keeps up to date (`tuf+file:`): whatever lies there in place of a file, nothing of it is
 * waited for or read without end. The list that is in force stays, a metric and the log say why, and the next sound copy is taken. Over HTTPS:
 * protected-list-attacks.real.test.ts.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ClearingHouse } from '../support/clearing-house.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { countOf, lastFailure, pollNow, refusedOf, versionOf } from '../support/protected-node.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';

const ISP = 'isp-a';
/** Far more than is read of any file, and no byte of it is on disk. */
const ENDLESS_BYTES = 2 ** 32;
const TIMESTAMP = 'metadata/timestamp.json';

const resources = new Resources();
let origin: Origin;
let house: ClearingHouse;
let proxy: ProxyProcess;
/** Of the list as it was published last. */
let version = 0;

beforeAll(async () => {
  origin = resources.use(await startOkOrigin());
  house = resources.use(await ClearingHouse.begin([ISP], { filler: 6000 }));
  await publish();
  house.deploy(ISP);
  const source = `tuf+file://${folder()}`;
  const list = { name: 'national', source, root: house.root, identity: house.identity(ISP), interval: '1h' };
  proxy = resources.use(await startProxy({ config: { lists: [list], control: { socket: './control.sock' } } }));
});
afterAll(async () => await resources.end());

function folder(): string {
  return join(house.web, ISP);
}

async function publish(): Promise<void> {
  version += 1;
  await house.list('always', `v${version}`);
}

const snapshot = (): readonly string[] => house.files(ISP, '.snapshot.json').slice(0, 1);
const payloads = (): readonly string[] =>
  ['.delta', '.full'].flatMap((end) => house.files(ISP, `.${version}${end}`).slice(0, 1));
const timestamp = (): readonly string[] => [TIMESTAMP];

const WHERE = { timestamp, snapshot, payloads };
const WHAT = {
  pipe: (path: string) => void execFileSync('mkfifo', [path]),
  'device without end': (path: string) => symlinkSync('/dev/zero', path),
  folder: (path: string) => void execFileSync('mkdir', [path]),
  'link to itself': (path: string) => symlinkSync(path, path),
} as const;

interface Fault {
  readonly name: string;
  readonly reason: string;
  /** The next version has been published and copied. */
  readonly spoil: () => void | Promise<void>;
}

const IN_PLACE = Object.entries(WHERE).flatMap(([where, files]) =>
  Object.entries(WHAT).map(([what, put]): Fault => ({
    name: `a ${what} in place of: ${where}`,
    reason: 'unreadable',
    spoil: () => {
      for (const file of files()) {
        rmSync(join(folder(), file));
        put(join(folder(), file));
      }
    },
  })),
);

const LONG = Object.entries(WHERE).map(([where, files]): Fault => ({
  name: `four gigabytes of: ${where}`,
  reason: where === 'timestamp' ? 'too_large' : 'inconsistent',
  spoil: () => {
    for (const file of files()) truncateSync(join(folder(), file), ENDLESS_BYTES);
  },
}));

const OTHERS: readonly Fault[] = [
  { name: 'no folder', reason: 'inconsistent', spoil: () => rmSync(folder(), { recursive: true }) },
  {
    name: 'the timestamp before',
    reason: 'rollback',
    spoil: async () => {
      const kept = house.file('kept.json');
      cpSync(join(folder(), TIMESTAMP), kept);
      await pollNow(proxy);
      await publish();
      house.deploy(ISP);
      await pollNow(proxy);
      cpSync(kept, join(folder(), TIMESTAMP));
    },
  },
];

test.each([...IN_PLACE, ...LONG, ...OTHERS])('$name: $reason', async ({ reason, spoil }) => {
  await publish();
  house.deploy(ISP);
  await spoil();
  const [counted, stays] = [await countOf(proxy, reason), await versionOf(proxy)];
  await pollNow(proxy);
  expect(await countOf(proxy, reason)).toBeGreaterThan(counted);
  await eventually('it is told', () => lastFailure(proxy)?.['code'] === reason);
  expect(lastFailure(proxy)).toMatchObject({ list: 'national', servingLastGood: true });
  expect([await versionOf(proxy), await refusedOf(proxy, origin, ['always', `v${stays}`])]).toEqual([
    stays,
    `alwaysv${stays}`,
  ]);
  rmSync(folder(), { recursive: true, force: true });
  house.deploy(ISP);
  await pollNow(proxy);
  expect(await versionOf(proxy)).toBe(`${version}`);
});
