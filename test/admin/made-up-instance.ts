/** An instance as it looks on a bad evening: a day of traffic with a bout of upstream errors, lists that changed, one with a fault. */
import { Activity } from '../../src/admin/activity.ts';
import { STEP_MS } from '../../src/admin/history.ts';
import { SELF_TEST_RESULTS } from '../../src/observe/control-view.ts';
import type { ControlView, ListStatus, ListVersions } from '../../src/observe/control-view.ts';
import { controlView, NOW } from '../observe/fixtures.ts';
import { Traffic } from './traffic.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY_STEPS = (24 * HOUR) / STEP_MS;

const NO_VERSIONS: ListVersions = {
  inForce: null,
  held: null,
  pinned: null,
  previous: null,
  withdrawn: null,
  expiresAt: null,
  heardAt: null,
  silentMs: null,
  names: null,
};

export function madeUpList(name: string, overrides: Partial<ListStatus> = {}): ListStatus {
  return {
    name,
    action: 'block',
    loaded: true,
    entries: 0,
    expired: 0,
    entriesLeftOut: 0,
    notCarried: null,
    publicSuffixes: 0,
    enforceable: { http: 0, https: 0, dns: 0 },
    version: 1,
    currentAt: NOW,
    loadedAt: NOW,
    syncs: { updated: 41, unchanged: 200, rejected: 0, failed: 0 },
    rejections: {},
    lastError: null,
    cacheCurrent: null,
    content: null,
    turnover: { added: 0, removed: 0, unknown: 0 },
    massWithdrawal: false,
    offUntil: null,
    intervalSeconds: null,
    versions: NO_VERSIONS,
    ...overrides,
  };
}

const CLEARING_HOUSE = madeUpList('clearing-house', {
  version: 41,
  entries: 11_488,
  enforceable: { http: 11_488, https: 812, dns: 0 },
  currentAt: NOW - 3 * MINUTE - 500,
  loadedAt: NOW - 17 * MINUTE,
  cacheCurrent: true,
  content: 241_112_089_004_113,
  turnover: { added: 61, removed: 25, unknown: 0 },
  versions: {
    ...NO_VERSIONS,
    inForce: '1207',
    previous: '1206',
    withdrawn: 4,
    expiresAt: NOW + 6 * 24 * HOUR,
    heardAt: NOW - 3 * MINUTE,
  },
});

const COURT_ORDERS = madeUpList('court-orders', {
  version: 38,
  entries: 214,
  enforceable: { http: 214, https: 137, dns: 0 },
  currentAt: NOW - 125 * MINUTE - 500,
  loadedAt: NOW - 26 * HOUR,
  lastError: 'line 212: not a host',
  syncs: { updated: 3, unchanged: 200, rejected: 2, failed: 0 },
  rejections: { bad_lines: 2 },
});

const NATIONAL_DNS = madeUpList('national-dns', {
  version: 39,
  entries: 3120,
  turnover: { added: 4, removed: 11, unknown: 0 },
  enforceable: { http: 3120, https: 3120, dns: 3120 },
  currentAt: NOW - 58_500,
  loadedAt: NOW - 5 * HOUR,
  cacheCurrent: true,
  versions: {
    ...NO_VERSIONS,
    inForce: '88',
    held: { version: '89', code: 'growth', reason: 'it has 7212 entries and the list in force 3120: 131 % more' },
    previous: '87',
    withdrawn: 0,
    expiresAt: NOW + 20 * 24 * HOUR,
    heardAt: NOW - MINUTE,
    names: { version: '88', fault: null },
  },
});

const OWN_ALLOW = madeUpList('own-allow', {
  version: 12,
  action: 'allow',
  entries: 9,
  enforceable: { http: 9, https: 4, dns: 0 },
  currentAt: NOW - 18_000,
  loadedAt: NOW - 40 * HOUR,
});

/** Lists as they stand now, and what they had earlier in the day. */
const MADE_UP_LISTS: readonly ListStatus[] = [CLEARING_HOUSE, COURT_ORDERS, NATIONAL_DNS, OWN_ALLOW];

/** @param turnover entries added and removed by then. */
function earlier(
  list: ListStatus,
  entries: number,
  { hoursAgo, version, turnover: [added, removed] = [0, 0] }: Earlier,
): ListStatus {
  const turnover = { added, removed, unknown: 0 };
  const versions = { ...list.versions, inForce: version };
  return { ...list, entries, turnover, loadedAt: NOW - hoursAgo * HOUR, versions };
}

interface Earlier {
  readonly hoursAgo: number;
  readonly version: string;
  readonly turnover?: readonly [number, number];
}

const EARLIER: Readonly<Record<string, readonly ListStatus[]>> = {
  'clearing-house': [
    earlier(CLEARING_HOUSE, 11_452, { hoursAgo: 19, version: '1204' }),
    earlier(CLEARING_HOUSE, 11_455, { hoursAgo: 11, version: '1205', turnover: [12, 9] }),
    earlier(CLEARING_HOUSE, 11_476, { hoursAgo: 3.2, version: '1206', turnover: [46, 22] }),
  ],
  'national-dns': [earlier(NATIONAL_DNS, 3127, { hoursAgo: 22, version: '87' })],
};

/** As many as a configuration may have: some with faults, some held, some off, most well. */
export function manyLists(count = 32): readonly ListStatus[] {
  return Array.from({ length: count }, (_, index) => {
    const entries = 40 + ((index * 7919) % 20_000);
    const lastError = index === 13 ? 'the list server cannot be reached' : index === 21 ? 'line 7: not a host' : null;
    return madeUpList(
      `list-${String(index + 1).padStart(2, '0')}-${['regional', 'court', 'partner', 'licensed'][index % 4]}`,
      {
        version: index + 1,
        action: index % 11 === 10 ? 'allow' : index % 7 === 6 ? 'count' : 'block',
        entries,
        enforceable: {
          http: entries,
          https: Math.round(entries / 3),
          dns: index % 2 === 0 ? 0 : Math.round(entries / 3),
        },
        currentAt: NOW - (index % 9) * 7 * MINUTE - 500 - (lastError === null ? 0 : HOUR),
        loadedAt: NOW - ((index * 37) % 600) * MINUTE,
        lastError,
        versions: index === 5 ? { ...NO_VERSIONS, inForce: '7', pinned: '7' } : NO_VERSIONS,
      },
    );
  });
}

/** What a row may have to say, with names, labels and messages as long as they may be and without a place to break them. */
export function badEvening(): readonly ListStatus[] {
  const label = 'v'.repeat(60);
  const faults: readonly Partial<ListStatus>[] = [
    { versions: { ...NO_VERSIONS, inForce: label, held: { version: `${label}2`, code: 'growth', reason: label } } },
    { versions: { ...NO_VERSIONS, inForce: label, pinned: label } },
    { versions: { ...NO_VERSIONS, inForce: label, expiresAt: NOW - HOUR, heardAt: NOW - 9 * 24 * HOUR } },
    { offUntil: NOW + HOUR },
    { lastError: `the list server cannot be reached: ${label}`, currentAt: NOW - 26 * HOUR },
    { versions: { ...NO_VERSIONS, inForce: '7', names: { version: '6', fault: label } }, cacheCurrent: false },
    { loaded: false, currentAt: null, loadedAt: null, lastError: label },
  ];
  return manyLists().map((list, index) => {
    const name = index === 0 ? 'n'.repeat(64) : list.name;
    return Object.assign({}, list, { name, entries: 123_456_789 }, faults[index]);
  });
}

const RESOURCES = {
  cpuSeconds: 0,
  residentBytes: 412 * 1024 * 1024,
  virtualBytes: null,
  memoryLimit: 1024 * 1024 * 1024,
  listBytes: 96 * 1024 * 1024,
};

export function madeUpView(): Partial<ControlView> {
  return {
    lists: () => MADE_UP_LISTS,
    listeners: () => [
      { name: 'explicit', mode: 'explicit', address: '192.0.2.7', port: 3128 },
      { name: 'inline', mode: 'transparent', address: '192.0.2.7', port: 8080 },
      { name: 'dns', mode: 'dns', address: '192.0.2.7', port: 53 },
    ],
    generation: () => 41,
    workers: () =>
      [41, 41, 40, 41].map((generation, worker) => ({
        worker,
        state: 'listening',
        generation,
        unresponsive: false,
        startedAt: NOW - 79 * HOUR - 500,
        restarts: 0,
      })),
    configuration: () => ({
      file: '/etc/cleanfeed/cleanfeed.yaml',
      loadedAt: NOW - 26 * HOUR - 500,
      restartRequired: [],
      workersAuto: false,
      errors: [],
    }),
    descriptors: () => ({
      limit: 65_536,
      open: 10_622,
      required: 40_000,
      connections: 8192,
      effective: 8192,
      lowered: false,
    }),
    selfTests: () => [
      {
        list: 'clearing-house',
        isTested: true,
        result: 'ok',
        at: NOW - 4 * MINUTE,
        addresses: 2,
        refused: 0,
        requests: { pass: 288, block: 0, refuse: 0, error: 0 },
        questions: { pass: 0, block: 0 },
        counts: { ...SELF_TEST_RESULTS, ok: 288 },
      },
    ],
    outlets: () => [
      {
        name: 'zone:block.rpz.example',
        lists: ['national-dns'],
        missing: [],
        toldAt: NOW - 5 * HOUR,
        failures: 0,
        isFailing: false,
      },
    ],
    routes: () => null,
    resources: () => RESOURCES,
    workerRestarts: () => 0,
    time: () => 0,
    clockJump: () => 0,
    uncaughtFaults: () => ({ exception: 0, rejection: 0 }),
    startedAt: NOW - 79 * HOUR,
  };
}

/** The same figures in every run. @param lists as they stand at the end. */
export async function madeUpDay(
  lists: readonly ListStatus[] = MADE_UP_LISTS,
  startedAt = NOW - 79 * HOUR,
): Promise<Activity> {
  const traffic = new Traffic();
  // The clock of this day stands still afterwards, so that what is shown does not move.
  let now = NOW - DAY_STEPS * STEP_MS;
  const listsNow = (): readonly ListStatus[] =>
    lists.map(
      (list) =>
        [...(EARLIER[list.name] ?? []), list].findLast(({ loadedAt }) => loadedAt! <= now) ?? {
          ...list,
          loadedAt: null,
        },
    );
  const activity = new Activity({
    view: {
      ...controlView({
        ...madeUpView(),
        lists: listsNow,
        resources: () => ({ ...RESOURCES, cpuSeconds: traffic.cpuSeconds }),
      }),
      startedAt,
    },
    metrics: { traffic: () => traffic.totals(), byName: () => traffic.reading().named },
    now: () => now,
    keeper: null,
  });
  await activity.start();
  for (let step = 0; step < DAY_STEPS; step += 1) {
    if (step < DAY_STEPS - 6) busy(traffic, step - (DAY_STEPS - 360), lists);
    else steady(traffic);
    now += STEP_MS;
    activity.step();
  }
  // From here on nothing steps it.
  await activity.close();
  return activity;
}

/** @param step of the last hour; negative before it. */
function busy(traffic: Traffic, step: number, lists: readonly ListStatus[]): void {
  const evening = 1 + Math.sin(((step + 5400) / 8640) * 2 * Math.PI) / 2.2;
  const wave = Math.sin(step / 25) / 4 + Math.sin(step / 4) / 12;
  const isBad = step > 230 && step < 262;
  const passed = Math.round(30_000 * evening + wave * 5000);
  traffic.add({
    pass: passed,
    block: 10 + (Math.abs(step) % 7),
    refuse: Math.abs(step) % 5,
    error: isBad ? 160 + (step % 9) * 10 : Math.abs(step) % 11,
  });
  traffic.addByListener({
    explicit: Math.round(passed * 0.3),
    inline: Math.round(passed * 0.6),
    dns: Math.round(passed * 0.1),
  });
  traffic.addQuestions({
    pass: Math.round(passed * 0.1),
    steer: 4 + (Math.abs(step) % 3),
    block: Math.abs(step) % 4,
    error: isBad ? 12 : 0,
  });
  traffic.addByWorker([0.27, 0.26, 0.23, 0.24].map((share) => Math.round(passed * share)));
  traffic.addHits(
    Object.fromEntries(lists.map(({ name }, index) => [name, (Math.abs(step) + index) % (3 + index) === 0 ? 4 : 0])),
  );
  traffic.addDurations(40e-6, 900);
  traffic.addDurations(180e-6, 90);
  traffic.addDurations(isBad ? 4e-3 : 700e-6, isBad ? 25 : 12);
  traffic.addUpstreamDurations(0.03, 900);
  traffic.addUpstreamDurations(isBad ? 4 : 0.4, 60);
  traffic.addUpstreamErrors(isBad ? { connect_timeout: 150 } : { dns_not_found: Math.abs(step) % 4 });
  traffic.cpuSeconds += 7.5 * evening;
  traffic.connections = Math.round(4200 * evening + wave * 400);
}

/** The last minute: round figures for the test to know. */
function steady(traffic: Traffic): void {
  traffic.add({ pass: 38_300, count: 60, allow: 40, block: 13, refuse: 4, error: 9 });
  traffic.addByListener({ explicit: 12_000, inline: 22_400, dns: 4000 });
  traffic.addQuestions({ pass: 4000, steer: 5 });
  traffic.addByWorker([9600, 9600, 9500, 9700]);
  traffic.addDurations(40e-6, 900);
  traffic.addDurations(180e-6, 300);
  traffic.addUpstreamDurations(0.03, 900);
  traffic.addUpstreamErrors({ dns_not_found: 2, connect_timeout: 41 / 6 });
  traffic.addDropped({ idle_timeout: 3, client_error: 1 });
  traffic.cpuSeconds += 9;
  traffic.connections = 5210;
}

/** An instance that has just started: its list's server cannot be reached, and nothing listens. */
export function emptyView(): Partial<ControlView> {
  const never = madeUpList('clearing-house', {
    loaded: false,
    version: 0,
    currentAt: null,
    loadedAt: null,
    syncs: { updated: 0, unchanged: 0, rejected: 0, failed: 3 },
    lastError: 'the list server cannot be reached',
  });
  return {
    lists: () => [never],
    notReady: () => ['list clearing-house: the list server cannot be reached'],
    listeners: () => [{ name: 'explicit', mode: 'explicit', address: '192.0.2.7', port: null }],
    generation: () => 0,
    workers: () =>
      [0, 1].map((worker) => ({
        worker,
        state: 'serving',
        generation: 0,
        unresponsive: false,
        startedAt: NOW - MINUTE / 4,
        restarts: 0,
      })),
    selfTests: () => [],
    outlets: () => [],
    startedAt: NOW - MINUTE / 4,
  };
}

/** Its day, of a single step. */
export async function emptyDay(): Promise<Activity> {
  const traffic = new Traffic();
  let now = NOW - STEP_MS;
  const activity = new Activity({
    view: controlView({ ...madeUpView(), ...emptyView() }),
    metrics: { traffic: () => traffic.totals(), byName: () => traffic.reading().named },
    now: () => now,
    keeper: null,
  });
  await activity.start();
  now = NOW;
  activity.step();
  await activity.close();
  return activity;
}
