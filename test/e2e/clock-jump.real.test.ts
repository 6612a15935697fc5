/**
 * A clock that is set while the instance runs: what it tells of ages and durations stays right, and its times are told as the clock
 * stands by then. "up -34559975 s" was what `ctl status` said.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { cleanfeed } from '../commands/cli-process.ts';
import { TestRepository } from '../list/source/tuf/test-repository.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
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
  // Whether or not the jump has been seen before.
  expect(await ctl('reload')).toMatch(
    /^reloaded: .*\nthe clock had been set, and is followed from now on: [-0-9T:.]+Z\n$/,
  );
});

// Requirement 73.
test('by a clock that jumps ahead nothing expires, and removals and versions arrive; a reload says that it is right', async () => {
  using directory = temporaryDirectory();
  await using origin = await startOkOrigin();
  const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();
  const repository = await TestRepository.create(directory.file('repository'));
  const far = repository.listIn(directory, 'far');
  repository.expires.timestamp = inDays(7);
  const listed = (host: string): string => `http://${host}.localhost/listed`;
  const soon = `${listed('b')} expires=${inDays(30).slice(0, 10)}`;
  await repository.publish([listed('a'), soon]);
  const file = directory.file('jumped');
  await using proxy = await startProxy({
    config: { lists: [far], control: { socket: './control.sock' } },
    environment: jumpingClock(file, 1),
  });
  const refused = async (): Promise<string> => {
    let hosts = '';
    for (const host of ['a', 'b', 'c'])
      if ((await statusOf(proxy.port, `http://${host}.localhost:${origin.port}/listed`)) === 403) hosts += host;
    return hosts;
  };
  const jump = async (): Promise<number> => (await proxy.metrics()).get('cleanfeed_clock_jump_seconds') ?? -1;
  expect([await refused(), await jump()]).toEqual(['ab', 0]);
  writeFileSync(file, '');
  await proxy.told('clock.jumped');
  expect(await jump()).toBeGreaterThan(399 * 86_400);
  await repository.withdraw([listed('a')]);
  await eventually('the removal is there', async () => (await refused()) === 'b');
  await repository.publish([listed('a'), soon, listed('c')]);
  await eventually('the next version too', async () => (await refused()) === 'bc');
  expect((await proxy.status()).lists).toMatchObject([{ lastError: null, versions: { inForce: '2', withdrawn: 1 } }]);
  // Was a fault: `systemctl reload` from a timer was taken for the word of an operator, and so was a signal.
  const unattended = await cleanfeed(['ctl', 'reload', '--unattended', '-c', proxy.file('cleanfeed.yaml')]);
  expect(unattended).toMatchObject({ code: 0 });
  proxy.signal('SIGHUP');
  await proxy.told('reload.started');
  expect(await jump()).toBeGreaterThan(399 * 86_400);
  const reload = await cleanfeed(['ctl', 'reload', '-c', proxy.file('cleanfeed.yaml')]);
  // Was a fault: that the time is another one from now on was told to the log alone.
  expect(reload).toMatchObject({
    code: 65,
    stderr: expect.stringMatching(
      /expired(?:.|\n)*\ncleanfeed: the clock had been set, and is followed from now on: \d{4}-/,
    ),
  });
  await eventually('what has expired by then is free', async () => (await refused()) === 'c');
  expect(await jump()).toBe(0);
  expect((await proxy.status()).ready).toBe(true);
});

// Was a fault: what was withdrawn stayed refused for a day, or until an operator had said that the clock is right.
test('a machine that starts with a clock far ahead, which is set right a moment later, keeps no removal back', async () => {
  using directory = temporaryDirectory();
  await using origin = await startOkOrigin();
  const repository = await TestRepository.create(directory.file('repository'));
  const far = repository.listIn(directory, 'far');
  repository.expires.timestamp = new Date(Date.now() + 7 * DAY_MS).toISOString();
  await repository.publish(['http://a.localhost/listed', 'http://b.localhost/listed']);
  const file = directory.file('jumped');
  const first = await startProxy({ config: { lists: [far] }, environment: jumpingClock(file, 1) });
  const isKept = 'cleanfeed_list_cache_current{list="far"}';
  await eventually('it is kept', async () => (await first.metrics()).get(isKept) === 1);
  writeFileSync(file, '');
  await using second = await first.killAndRestart();
  await second.ready();
  const refused = async (host: string): Promise<boolean> =>
    (await statusOf(second.port, `http://${host}.localhost:${origin.port}/listed`)) === 403;
  const lastError = async (): Promise<string> => (await second.status()).lists[0]?.lastError ?? '';
  await eventually('all has expired', async () => (await lastError()).includes('expired'));
  expect([await refused('a'), await refused('b')]).toEqual([true, true]);
  rmSync(file);
  await second.told('clock.jumped');
  await repository.withdraw(['http://a.localhost/listed']);
  await eventually('it is free', async () => !(await refused('a')));
  // A round that had begun by the old clock takes the removal, too, and ends with that clock's words.
  await eventually('the right clock is followed', async () => (await lastError()) === '');
  expect(await refused('b')).toBe(true);
});
