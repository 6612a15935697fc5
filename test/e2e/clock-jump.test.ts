/**
 * A clock that is set while the instance runs: what it tells of ages and durations stays right, and its times are told as the clock
 * stands by then. "up -34559975 s" was what `ctl status` said.
 */
import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { cleanfeed } from '../commands/cli-process.ts';
import { startProxy } from '../support/proxy-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const DAY_MS = 86_400_000;
const JUMP_MS = 400 * DAY_MS;
/** Far more than a test takes, far less than the jump. */
const HOUR = 3600;

interface Told {
  readonly now: string;
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly bypassEndsAt: string;
  readonly configuration: { readonly loadedAt: string };
  readonly workers: readonly { readonly startedAt: string }[];
  readonly lists: readonly { readonly currentAt: string; readonly loadedAt: string }[];
}

/** Another clock for the whole process: off by `JUMP_MS × direction` from the moment on in which the file is there. */
function jumpingClock(file: string, direction: number): Readonly<Record<string, string>> {
  const code = `import { existsSync } from 'node:fs';
    const now = Date.now;
    Date.now = () => now() + (existsSync(${JSON.stringify(file)}) ? ${JUMP_MS * direction} : 0);`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}

test.each([
  { name: 'ahead', direction: 1 },
  { name: 'back', direction: -1 },
])('the clock jumps $name by 400 days', async ({ direction }) => {
  using directory = temporaryDirectory();
  const file = directory.file('jumped');
  await using proxy = await startProxy({
    lists: { own: 'a.localhost/listed\n' },
    environment: jumpingClock(file, direction),
  });
  const ctl = async (...words: readonly string[]): Promise<string> =>
    (await cleanfeed(['ctl', ...words, '-c', proxy.file('cleanfeed.yaml')])).stdout;
  await ctl('bypass', 'on', '--for', '30m');
  writeFileSync(file, '');

  const told = JSON.parse((await proxy.admin('/status')).body) as Told;
  const ago = (time: string): number => (Date.parse(told.now) - Date.parse(time)) / 1000;
  // The instance goes by the clock as it is now.
  expect(Math.abs(Date.parse(told.now) - Date.now() - JUMP_MS * direction)).toBeLessThan(HOUR * 1000);
  const ages = [
    told.uptimeSeconds,
    ...[
      told.startedAt,
      told.configuration.loadedAt,
      told.workers[0]!.startedAt,
      told.lists[0]!.currentAt,
      told.lists[0]!.loadedAt,
    ].map(ago),
  ];
  for (const age of ages) expect([age >= -1, age < HOUR]).toEqual([true, true]);
  expect(-ago(told.bypassEndsAt)).toBeGreaterThan(0);
  expect(-ago(told.bypassEndsAt)).toBeLessThanOrEqual(1801);

  const metrics = await proxy.metrics();
  const age = metrics.get('cleanfeed_list_age_seconds{list="own"}')!;
  expect([age >= 0, age < HOUR, metrics.get('cleanfeed_bypass')]).toEqual([true, true, 1]);
  const screen = await ctl('status');
  expect(screen).toMatch(/, up \d+ (?:s|min): ready/);
  expect(screen).toMatch(/^own .* \d+ (?:s|min) ago$/m);
});
