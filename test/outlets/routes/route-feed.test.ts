/** The whole feed with real name servers and files, and programs that the test stands in for: what is written when, and what fails how. */
import { readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RoutesConfig } from '../../../src/config/resolver-types.ts';
import { DEADLINES } from '../../../src/lib/deadlines.ts';
import { parsePrefix } from '../../../src/lib/prefix.ts';
import { systemTime, type Time } from '../../../src/lib/time.ts';
import type { Prefix } from '../../../src/lib/types.ts';
import type { ListNames } from '../../../src/list/names/list-names.ts';
import { RouteFeed } from '../../../src/outlets/routes/route-feed.ts';
import { startDnsServer, type DnsServer } from '../../support/dns-server.ts';
import { eventually } from '../../support/eventually.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { Resources } from '../../support/resources.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.ts';
import { VirtualTime } from '../../support/virtual-time.ts';

const ALLOW = prefixes('203.0.113.0/24', '2001:db8::/32');
const FULL_V6 = '2001:db8:0:0:0:0:0:1';

let resources: Resources;
let directory: TemporaryDirectory;
let servers: readonly [DnsServer, DnsServer];
/** What the programs were asked, and what they say. */
let notified: string[][];
let said: { fault: string | null; output: string };

beforeEach(async () => {
  resources = new Resources();
  directory = temporaryDirectory();
  servers = [await startDnsServer(), await startDnsServer()];
  resources.defer(async () => {
    for (const server of servers) await server.close();
    directory[Symbol.dispose]();
  });
  notified = [];
  said = { fault: null, output: '' };
});
afterEach(async () => await resources.end());

function prefixes(...texts: readonly string[]): Prefix[] {
  return texts.map((text) => {
    const parsed = parsePrefix(text);
    if (!parsed.ok) throw new TypeError(parsed.reason);
    return parsed.value;
  });
}

function names(text: string, version = text): ListNames {
  return { list: 'national', action: 'block', form: 'text', bytes: Buffer.from(text), withdrawn: [], version };
}

function feed(more: Partial<RoutesConfig> = {}, own: readonly Prefix[] = [], time: Time = systemTime) {
  const log = memoryLog();
  const made = new RouteFeed({
    config: {
      file: directory.file('steer.conf'),
      lists: ['national'],
      allow: [],
      resolvers: servers.map(({ server }) => server),
      intervalMs: 10_000,
      community: [64500, 666],
      never: [],
      neverFiles: [],
      newAddresses: 4,
      holdMs: 3_600_000,
      maxRoutes: 100,
      rate: null,
      notify: ['router', 'configure'],
      ...more,
    },
    allow: ALLOW,
    nat64: [],
    own: () => own,
    statePath: directory.file('routes.json'),
    log,
    run: async (argv) => {
      notified.push([...argv]);
      return await Promise.resolve(said);
    },
    rest: async () => await Promise.resolve(),
    now: time.wall,
    time,
    today: () => 20_000,
  });
  resources.defer(async () => await made.close());
  return { feed: made, log };
}

function routes(): string[] {
  try {
    return [...readFileSync(directory.file('steer.conf'), 'utf8').matchAll(/route (\S+) /g)].map(
      ([, route = '']) => route,
    );
  } catch {
    return [];
  }
}

async function announced(...wanted: readonly string[]): Promise<readonly string[]> {
  return await eventually('these routes', routes, (found) => found.join() === wanted.join());
}

function answer(
  host: string,
  ...replies: readonly { readonly A?: readonly string[]; readonly AAAA?: readonly string[] }[]
): void {
  for (const [i, server] of servers.entries()) {
    const { A = [], AAAA = [] } = replies[i] ?? replies[0] ?? {};
    const records = (addresses: readonly string[]) => addresses.map((address) => ({ address, ttl: 60 }));
    server.set(host, { A: records(A), AAAA: records(AAAA) });
  }
}

test('what every resolver sees is announced, in both families, and the router is told; nothing else is', async () => {
  answer('listed.example', { A: ['203.0.113.10'], AAAA: [FULL_V6] }, { A: ['203.0.113.11', '127.0.0.1'] });
  answer('other.example', { A: ['203.0.113.99'] });
  const { feed: made } = feed();
  await made.update([names('listed.example/page steer\nother.example dns\n')]);
  await announced('203.0.113.10/32', '203.0.113.11/32', '2001:db8::1/128');
  await eventually(
    'told',
    () => notified.length,
    (count) => count >= 2,
  );
  expect(notified[0]).toEqual(['router', 'configure']);
  expect(statSync(directory.file('steer.conf')).mode & 0o777).toBe(0o640);
  expect(statSync(directory.file('routes.json')).mode & 0o777).toBe(0o600);
  expect(servers[0].count('other.example', 'A')).toBe(0);
});

test('one dead resolver and one that fails hide nothing that the other sees', async () => {
  answer('listed.example', { A: ['203.0.113.10'] });
  servers[0].set('listed.example', { A: 'SERVFAIL', AAAA: 'SERVFAIL' });
  const { feed: made } = feed();
  await made.update([names('listed.example steer\n')]);
  expect(await announced('203.0.113.10/32')).toHaveLength(1);
});

test('a removed entry is out of the file, and told, when update resolves', async () => {
  answer('one.example', { A: ['203.0.113.10'] });
  answer('two.example', { A: ['203.0.113.11'] });
  const { feed: made } = feed();
  await made.update([names('one.example steer\ntwo.example steer\n')]);
  await announced('203.0.113.10/32', '203.0.113.11/32');
  const before = notified.length;
  await made.update([names('two.example steer\n')]);
  expect([routes(), notified.length > before]).toEqual([['203.0.113.11/32'], true]);
});

test("the filter's own addresses, its name servers and the operator's ranges are never announced", async () => {
  writeFileSync(directory.file('ranges.txt'), '203.0.113.16/28\n');
  answer('listed.example', { A: ['203.0.113.10', '203.0.113.17', '203.0.113.33', '203.0.113.49'] });
  const ranges = { neverFiles: [directory.file('ranges.txt')], never: prefixes('203.0.113.32/28') };
  const { feed: made } = feed(ranges, prefixes('203.0.113.10/32'));
  await made.update([names('listed.example steer\n')]);
  expect(await announced('203.0.113.49/32')).toHaveLength(1);
});

describe('over a restart', () => {
  test('routes and decisions stay, and what was removed meanwhile goes at once', async () => {
    answer('one.example', { A: ['203.0.113.10', '203.0.113.12'] });
    answer('two.example', { A: ['203.0.113.11'] });
    const first = feed();
    await first.feed.update([names('one.example steer\ntwo.example steer\n')]);
    await announced('203.0.113.10/32', '203.0.113.11/32', '203.0.113.12/32');
    expect(await first.feed.decide('deny', '203.0.113.12')).toBeNull();
    await announced('203.0.113.10/32', '203.0.113.11/32');
    await first.feed.close();
    const second = feed();
    // No list is there yet: what was announced stays.
    await second.feed.update([]);
    expect(routes()).toEqual(['203.0.113.10/32', '203.0.113.11/32']);
    expect(second.log.named('routes.names_missing')).toHaveLength(1);
    await second.feed.update([names('one.example steer\n')]);
    expect(routes()).toEqual(['203.0.113.10/32']);
    expect(second.feed.held().reviews).toMatchObject([
      { address: '203.0.113.12', reason: 'denied', hosts: ['one.example'] },
    ]);
  });

  test('a state that is broken is told, and begun anew', async () => {
    writeFileSync(directory.file('routes.json'), '{');
    writeFileSync(directory.file('routes.denied'), 'cleanfeed denied 1 0\n');
    answer('one.example', { A: ['203.0.113.10'] });
    const { feed: made, log } = feed();
    await made.update([names('one.example steer\n')]);
    await announced('203.0.113.10/32');
    expect([log.named('routes.state_failed').length, made.status().failures.state]).toEqual([1, 1]);
  });
});

test('what became protected is withdrawn though a file of ranges cannot be read; other routes stay', async () => {
  answer('one.example', { A: ['203.0.113.10', '203.0.113.11'] });
  const first = feed();
  await first.feed.update([names('one.example steer\n')]);
  await announced('203.0.113.10/32', '203.0.113.11/32');
  await first.feed.close();
  const never = [{ address: Buffer.from([203, 0, 113, 10]), bits: 32 }];
  const second = feed({ never, neverFiles: [directory.file('absent.txt')] });
  await second.feed.update([names('one.example steer\n')]);
  expect([routes(), second.log.named('routes.ranges_unreadable')]).toMatchObject([
    ['203.0.113.11/32'],
    [{ kept: false }],
  ]);
});

test('what is held is shown with its host, and announced when it is released', async () => {
  answer('one.example', { A: ['203.0.113.10', '203.0.113.11'] });
  const { feed: made } = feed({ newAddresses: 1 });
  await made.update([names('one.example steer\n')]);
  await announced('203.0.113.10/32');
  expect(made.held()).toMatchObject({
    announced: 1,
    reviews: [{ address: '203.0.113.11', reason: 'many', hosts: ['one.example'], hostCount: 1 }],
  });
  expect(await made.decide('release', '203.0.113.11')).toBeNull();
  expect(routes()).toEqual(['203.0.113.10/32', '203.0.113.11/32']);
  expect(made.status()).toMatchObject({ announced: 2, held: 0, denied: 0 });
});

test.each([
  ['release', '203.0.113.200', /neither held nor denied/],
  ['deny', 'x', /is not an address/],
] as const)('refuses to %s %s', async (decision, address, reason) => {
  const { feed: made } = feed();
  expect(await made.decide(decision, address)).toMatch(/has not begun|not an address/);
  await made.update([names('')]);
  expect(await made.decide(decision, address)).toMatch(reason);
});

describe('what fails changes no route', () => {
  test('the router cannot be told: it is told, counted, and tried again', async () => {
    answer('one.example', { A: ['203.0.113.10'] });
    said = { fault: 'exit status 1', output: '' };
    const { feed: made, log } = feed();
    await made.update([names('one.example steer\n')]);
    await announced('203.0.113.10/32');
    expect(log.named('routes.notify_failed')).toContainEqual({ reason: 'exit status 1' });
    expect(made.status().failures.notify).toBeGreaterThan(0);
    expect(made.isUntold).toBe(true);
    said = { fault: null, output: '' };
    await made.update([names('one.example steer\n')]);
    expect(made.isUntold).toBe(false);
  });

  test('what was written and not told is told again, though the routes are those of before', async () => {
    answer('one.example', { A: ['203.0.113.10'] });
    const { feed: made } = feed();
    await made.update([names('one.example steer\n')]);
    await announced('203.0.113.10/32');
    await eventually(
      'told',
      () => notified.length,
      (count) => count >= 2,
    );
    said = { fault: 'exit status 1', output: '' };
    expect(await made.decide('deny', '203.0.113.10')).toBeNull();
    said = { fault: null, output: '' };
    const before = notified.length;
    expect(await made.decide('release', '203.0.113.10')).toBeNull();
    expect([routes(), notified.length - before]).toEqual([['203.0.113.10/32'], 1]);
  });

  test('a file of ranges cannot be read: nothing is asked for, and what was announced stays', async () => {
    answer('one.example', { A: ['203.0.113.10'] });
    const first = feed();
    await first.feed.update([names('one.example steer\n')]);
    await announced('203.0.113.10/32');
    await first.feed.close();
    const asked = servers[0].count('one.example', 'A');
    const { feed: made, log } = feed({ neverFiles: [directory.file('none')] });
    await made.update([names('one.example steer\n')]);
    expect([routes(), servers[0].count('one.example', 'A')]).toEqual([['203.0.113.10/32'], asked]);
    expect(log.named('routes.ranges_unreadable')).toHaveLength(1);
  });

  test.each([
    ['cannot be run', { fault: 'exit status 1', output: '203.0.113.10 1\n' }, 'exit status 1'],
    ['prints what is no counter', { fault: null, output: 'x\n' }, '1 lines are not ADDRESS BYTES'],
  ])('the program of counters %s: it is told, and counted', async (_, says, reason) => {
    answer('one.example', { A: ['203.0.113.10'] });
    const time = new VirtualTime(Date.now());
    const { feed: made, log } = feed({ rate: { bytesPerSecond: 1, counters: ['counters'] } }, [], time);
    await made.update([names('one.example steer\n')]);
    await eventually('it is to be written', () => time.pending.includes(DEADLINES.routes.gatherMs));
    await time.advance(DEADLINES.routes.gatherMs);
    await announced('203.0.113.10/32');
    const counting = async (): Promise<void> => {
      await time.advance(DEADLINES.routes.countersMs);
      await eventually('counted', () => notified.some(([program]) => program === 'counters'));
    };
    await counting();
    expect([log.named('routes.not_counted'), made.status().failures.counters]).toEqual([[], 0]);
    notified.length = 0;
    said = says;
    await counting();
    await eventually('told', () => log.named('routes.not_counted').length > 0);
    expect(log.named('routes.not_counted')).toEqual([{ reason }]);
    expect([made.status().failures.counters, routes()]).toEqual([1, ['203.0.113.10/32']]);
  });

  test('the file cannot be written: it is told', async () => {
    const { feed: made, log } = feed({ file: directory.file('none/steer.conf') });
    await made.update([names('')]);
    expect([log.named('routes.write_failed').length, notified]).toEqual([1, []]);
  });
});

test('more names than routes: the first ones are asked for, and it is told', async () => {
  answer('one.example', { A: ['203.0.113.10'] });
  const { feed: made, log } = feed({ maxRoutes: 1 });
  await made.update([names('one.example steer\ntwo.example steer\n')]);
  await announced('203.0.113.10/32');
  expect(log.named('routes.too_many_names')).toEqual([{ names: 2, maxRoutes: 1 }]);
  expect(made.status().failures.full).toBe(1);
  // Counted at each look at the settings, of which there is one a minute: the alert is for what goes on, and a list may not change for days.
  const few = [names('one.example steer\n')];
  await made.takeOut(few);
  expect(made.status().failures.full).toBe(2);
  await made.update(few);
  const { full } = made.status().failures;
  await made.update(few);
  expect(made.status().failures.full).toBe(full);
});

describe('what was denied', () => {
  const PLAN = 'routes.json';
  const DENIED = 'routes.denied';

  async function denied(): Promise<void> {
    answer('one.example', { A: ['203.0.113.10', '203.0.113.11'] });
    const { feed: made } = feed();
    await made.update([names('one.example steer\n')]);
    await announced('203.0.113.10/32', '203.0.113.11/32');
    expect(await made.decide('deny', '203.0.113.10')).toBeNull();
    expect(routes()).toEqual(['203.0.113.11/32']);
    await made.close();
  }

  test.each([
    ['damaged', (path: string) => writeFileSync(path, readFileSync(path).subarray(5))],
    ['cut off', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 60))],
    ['gone', (path: string) => unlinkSync(path)],
    ['empty', (path: string) => writeFileSync(path, '')],
  ])('stays denied where the plan is %s', async (_, damage) => {
    await denied();
    damage(directory.file(PLAN));
    const { feed: made } = feed();
    await made.update([names('one.example steer\n')]);
    await announced('203.0.113.11/32');
    expect(made.held().reviews).toMatchObject([{ address: '203.0.113.10', reason: 'denied' }]);
  });

  test('is in the plan too', async () => {
    await denied();
    unlinkSync(directory.file(DENIED));
    const { feed: made } = feed();
    await made.update([names('one.example steer\n')]);
    await announced('203.0.113.11/32');
    await made.close();
    expect(readFileSync(directory.file(DENIED), 'utf8')).toContain('203.0.113.10 ');
  });

  test('is not known where neither can be read: nothing is announced until somebody has looked', async () => {
    await denied();
    for (const file of [PLAN, DENIED]) writeFileSync(directory.file(file), 'damaged');
    const { feed: made, log } = feed();
    await made.update([names('one.example steer\n')]);
    expect(routes()).toEqual([]);
    expect(await made.decide('deny', '203.0.113.10')).toContain('cannot be read');
    expect(log.named('routes.decisions_lost')).toEqual([{ file: directory.file(PLAN) }]);
    expect(readFileSync(directory.file(PLAN), 'utf8')).toBe('damaged');
    for (const file of [PLAN, DENIED]) unlinkSync(directory.file(file));
    await made.update([names('one.example steer\n')]);
    await announced('203.0.113.10/32', '203.0.113.11/32');
  });
});

describe('a list whose names are missing after a start', () => {
  const LISTS = { lists: ['national', 'other'] };
  const other = (text: string): ListNames => ({ ...names(text), list: 'other' });

  test('keeps its routes while it may come, and nobody else’s are kept back; then nobody can say what was removed of it', async () => {
    answer('one.example', { A: ['203.0.113.10'] });
    answer('two.example', { A: ['203.0.113.11'] });
    answer('three.example', { A: ['203.0.113.12'] });
    const first = feed(LISTS).feed;
    await first.update([names('one.example steer\n'), other('two.example steer\n')]);
    await announced('203.0.113.10/32', '203.0.113.11/32');
    await first.close();
    const { feed: made } = feed(LISTS);
    await made.update([names('three.example steer\n')], true);
    await announced('203.0.113.10/32', '203.0.113.11/32', '203.0.113.12/32');
    await made.update([names('three.example steer\n')], false);
    expect(routes()).toEqual(['203.0.113.12/32']);
  });
});

test('while an allow list is away: what is removed is out at once, nothing is asked for, and nothing comes', async () => {
  answer('one.example', { A: ['203.0.113.10'] });
  answer('two.example', { A: ['203.0.113.11'] });
  answer('new.example', { A: ['203.0.113.12'] });
  const before = feed().feed;
  await before.update([names('one.example steer\ntwo.example steer\n')]);
  await announced('203.0.113.10/32', '203.0.113.11/32');
  await before.close();
  // Another process, which has not seen the allow list.
  answer('one.example', { A: ['203.0.113.10', '203.0.113.13'] });
  const [asked] = servers.map((server) => server.count('one.example', 'A'));
  const { feed: made } = feed({ allow: ['relief'] });
  notified.length = 0;
  await made.takeOut([names('one.example steer\nnew.example steer\n')]);
  expect(routes()).toEqual(['203.0.113.10/32']);
  expect(notified).toHaveLength(1);
  await made.takeOut([names('one.example steer\nnew.example steer\nmore.example steer\n')]);
  expect(routes()).toEqual(['203.0.113.10/32']);
  expect(servers[0].count('one.example', 'A')).toBe(asked);
  // It is there: so is all else.
  const relief: ListNames = {
    ...names('new.example reason="x" expires=2090-01-01\n'),
    list: 'relief',
    action: 'allow',
  };
  await made.update([names('one.example steer\nnew.example steer\n'), relief]);
  await announced('203.0.113.10/32', '203.0.113.13/32');
  expect(servers[0].count('new.example', 'A')).toBe(0);
});
