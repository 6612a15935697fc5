/** What needs attention, by the status that an instance gives; and what stands beside each line. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { AttentionStatus } from '../../src/admin/attention.ts';
import { AttentionKeeper } from '../../src/admin/attention-keeper.ts';
import { ATTENTION } from '../../src/admin/attention-table.ts';
import { THRESHOLDS } from '../../src/admin/page/limits.js';
import { runbooks } from '../../src/admin/runbook.ts';
import { statusOf } from '../../src/admin/status.ts';
import type { ControlView } from '../../src/observe/control-view.ts';
import { controlView, NOW } from '../observe/fixtures.ts';
import { firstColumn } from '../support/markdown.ts';
import { madeUpList, madeUpView } from './made-up-instance.ts';

const HOUR = 3_600_000;
const NO_RATES = { passed: 0, blocked: 0, refused: 0, errors: 0 };

const QUIET: AttentionStatus['recent'] = {
  seconds: 60,
  rates: { passed: 1000, blocked: 1, refused: 0, errors: 0 },
  addedSeconds: { p50: 1e-4, p99: 1e-3, max: 0.1 },
  upstreamSeconds: { p50: 0.1, p99: 1, max: 60 },
  connections: 100,
  upstreamErrors: {},
  dropped: {},
  questions: { rates: { ...NO_RATES, steered: 0 }, resolverErrors: {}, dropped: {}, inFlight: 0 },
  listeners: {},
  workers: [],
  cpuCores: 0.2,
};
const ENOUGH: AttentionStatus['resources'] = {
  memory: { usedBytes: 100, listBytes: 10, limitBytes: 1000, isOwnLimit: true },
  cores: 2,
  maxConnections: 1000,
};
const WELL: Partial<ControlView> = {
  ...madeUpView(),
  lists: () => [madeUpList('main', { entries: 10 })],
  workers: () => [],
  outlets: () => [],
};

function statusWith(
  view: Partial<ControlView> = {},
  { questions = {}, ...recent }: Recent = {},
  { resources = {}, now = NOW }: { readonly resources?: object; readonly now?: number } = {},
): AttentionStatus {
  return {
    ...statusOf(controlView({ ...WELL, ...view }), now),
    recent: { ...QUIET, ...recent, questions: { ...QUIET.questions, ...questions } },
    resources: { ...ENOUGH, ...resources },
  };
}

/** What a test says of the last minute. */
type Recent = { readonly questions?: object } & Readonly<Record<string, unknown>>;

function found(view: Partial<ControlView> = {}, recent: Recent = {}, resources: object = {}): string[] {
  return new AttentionKeeper()
    .look(statusWith(view, recent, { resources }))
    .map(({ severity, text }) => `${severity}: ${text}`);
}

const busy = (errors: number, others: Recent = {}): Recent => ({
  rates: { ...QUIET.rates, passed: 1000 - errors, errors },
  ...others,
});
const withList = (overrides: Parameters<typeof madeUpList>[1]): Partial<ControlView> => ({
  lists: () => [madeUpList('main', overrides)],
});
const versions = madeUpList('main').versions;

describe('needs attention', () => {
  test('nothing, of an instance that is well', () => {
    expect(found()).toEqual([]);
  });

  test.each([
    { name: 'some errors on a busy proxy', recent: busy(50, { upstreamErrors: { connect_timeout: 3000 } }) },
    { name: 'names that do not exist', recent: busy(40, { upstreamErrors: { dns_not_found: 60_000 } }) },
    {
      name: 'errors on a proxy that nobody uses',
      recent: { rates: { passed: 0, blocked: 0, refused: 0, errors: 0.9 } },
    },
    { name: 'slow origins', recent: { upstreamSeconds: { p50: 2, p99: 30, max: 60 } } },
    { name: 'clients that were slow or wrong', recent: { dropped: { idle_timeout: 400, client_error: 90 } } },
  ])('not: $name', ({ recent }) => {
    expect(found({}, recent)).toEqual([]);
  });

  test.each([
    {
      name: 'many errors',
      recent: busy(51.1),
      want: 'warning: 5 % of the requests of the last minute ended in an error',
    },
    {
      name: 'mostly errors',
      recent: busy(300),
      want: 'fault: 30 % of the requests of the last minute ended in an error',
    },
    {
      name: 'no resolver',
      recent: { upstreamErrors: { dns_timeout: 900, dns_failed: 400 } },
      want: 'warning: names cannot be resolved: 1,300 requests in the last minute',
    },
    {
      name: 'slow itself',
      recent: { addedSeconds: { p50: 1e-4, p99: 0.026, max: 0.1 } },
      want: 'warning: the proxy adds more than 25 ms to one request in a hundred',
    },
    {
      name: 'clients turned away',
      recent: { dropped: { connection_limit: 1 } },
      want: 'fault: clients are turned away: limits.connections is reached, or resolver.front.tcpConnections',
    },
    // Was a fault: nothing needed attention where an instance that only answers names answered none.
    {
      name: 'no resolver answers',
      recent: { questions: { rates: { passed: 1, errors: 0 }, resolverErrors: { timeout: 4, unreachable: 60 } } },
      want: 'fault: no resolver answers: 4 questions for names in the last minute',
    },
    {
      name: 'no room for questions',
      recent: { questions: { rates: { passed: 1 }, dropped: { in_flight_limit: 3, client_limit: 900, no_port: 1 } } },
      want: 'warning: 4 questions or answers of the last minute had no room and were dropped',
    },
    {
      name: 'one resolver that is gone',
      recent: {
        questions: { rates: { passed: 1 }, resolverErrors: { timeout: 3, unreachable: 60 } },
        listeners: { dns: { resolversDown: 1 }, other: { resolversDown: 0 } },
      },
      want: 'warning: listener dns: a resolver behind it does not answer',
    },
    {
      name: 'descriptors',
      recent: { upstreamErrors: { fd_limit: 2 } },
      want: 'fault: connections fail: the process has no descriptor left',
    },
    {
      name: 'connections near the limit',
      recent: { connections: 860 },
      want: 'warning: Client connections: 86 % of the limit',
    },
    { name: 'all cores', recent: { cpuCores: 1.95 }, want: 'fault: CPU, cores: 98 % of the limit' },
    {
      name: 'one worker that is full while others have room',
      recent: { connections: 104, workers: [1200, 7865, 800].map((connections) => ({ requests: 1, connections })) },
      want: 'fault: Client connections of the fullest worker: 96 % of the limit',
    },
  ])('traffic: $name', ({ recent, want }) => {
    expect(found({}, recent)).toEqual([want]);
  });

  test('memory near the limit', () => {
    const memory = { usedBytes: 900, listBytes: 10, limitBytes: 1000, isOwnLimit: true };
    expect(found({}, {}, { memory })).toEqual(['warning: Memory: 90 % of the limit']);
  });

  test.each([
    { name: 'never loaded', list: { loaded: false, lastError: null }, want: 'fault: list main: never loaded' },
    {
      name: 'one update that failed',
      list: { lastError: 'line 7: not a host', currentAt: NOW - HOUR / 4, intervalSeconds: 900 },
      want: 'warning: list main: last update failed: line 7: not a host; the last good one is in force',
    },
    {
      name: 'updates that have failed for more than half an hour',
      list: { lastError: 'line 7: not a host', currentAt: NOW - 0.6 * HOUR, intervalSeconds: 900 },
      want: 'fault: list main: last update failed: line 7: not a host; the last good one is in force',
    },
    {
      name: 'one update that failed, of a list that is asked for once a day',
      list: { lastError: 'no answer in time', currentAt: NOW - 23 * HOUR, intervalSeconds: 86_400 },
      want: 'warning: list main: last update failed: no answer in time; the last good one is in force',
    },
    {
      name: 'a day without a look',
      list: { currentAt: NOW - 25 * HOUR, intervalSeconds: 900 },
      want: 'fault: list main: not found to be current for more than a day',
    },
    {
      name: 'four weeks without a look, of a list that is asked for once a week',
      list: { currentAt: NOW - 29 * 24 * HOUR, intervalSeconds: 7 * 86_400 },
      want: 'fault: list main: not found to be current for more than a day',
    },
    {
      name: 'held',
      list: { versions: { ...versions, held: { version: '9', code: 'growth', reason: 'twice as long' } as const } },
      want: 'warning: list main: version 9 is HELD: twice as long',
    },
    // Was a fault: a version that an operator or the gate has kept for a day was told to be stale.
    {
      name: 'held for days',
      list: {
        lastError: 'twice as long',
        currentAt: NOW - 100 * HOUR,
        versions: { ...versions, held: { version: '9', code: 'growth', reason: 'twice as long' } as const },
      },
      want: 'warning: list main: version 9 is HELD: twice as long',
    },
    {
      name: 'pinned for days',
      list: { currentAt: NOW - 100 * HOUR, versions: { ...versions, pinned: '8' } },
      want: 'warning: list main: version 8 is PINNED: newer ones are not taken',
    },
    {
      name: 'no copy on disk of what is in force',
      list: { cacheCurrent: false, loadedAt: NOW - HOUR },
      want: 'warning: list main: its copy on disk, from which a start comes up, is not what is in force',
    },
    {
      name: 'pinned',
      list: { versions: { ...versions, pinned: '8' } },
      want: 'warning: list main: version 8 is PINNED: newer ones are not taken',
    },
    {
      name: 'expired',
      list: { versions: { ...versions, expiresAt: NOW - 1000 } },
      want: 'fault: list main: what the publisher has signed has expired',
    },
    {
      name: 'about to expire',
      list: { versions: { ...versions, expiresAt: NOW + 70 * HOUR } },
      want: 'warning: list main: what the publisher has signed expires within three days',
    },
    {
      name: 'host names that are not told',
      list: { versions: { ...versions, names: { version: '6', fault: 'there are none of version 7' } } },
      want: 'warning: list main: host names for outlets: there are none of version 7',
    },
  ])('a list: $name', ({ list, want }) => {
    expect(found(withList(list))).toEqual([want]);
  });

  test('a list that is held, and whose server cannot be reached either', () => {
    const held = { version: '9', code: 'growth', reason: 'twice as long' } as const;
    expect(
      found(withList({ lastError: 'no route', currentAt: NOW - 100 * HOUR, versions: { ...versions, held } })),
    ).toEqual([
      'fault: list main: last update failed: no route; the last good one is in force',
      'warning: list main: version 9 is HELD: twice as long',
    ]);
  });

  test('a copy on disk that is still being written needs no attention', () => {
    expect(found(withList({ cacheCurrent: false, loadedAt: NOW - HOUR / 5 }))).toEqual([]);
  });

  test('a list that is asked for once a week is not stale for being as old', () => {
    expect(found(withList({ currentAt: NOW - 6 * 24 * HOUR, intervalSeconds: 7 * 86_400 }))).toEqual([]);
  });

  test.each([
    [86_400, 'forward by 1 d'],
    [-7200, 'back by 2 h'],
  ])('the clock was set by %d s', (seconds, words) => {
    expect(found({ clockJump: () => seconds })).toEqual([
      `fault: the clock was set ${words}: entries expire by the time before (ctl reload takes the new one)`,
    ]);
  });

  const worker = {
    worker: 0,
    state: 'listening',
    generation: 41,
    unresponsive: false,
    startedAt: NOW - HOUR,
    restarts: 0,
  } as const;

  test.each([
    { name: 'it does not respond', with: { unresponsive: true }, want: 'fault: worker 0 does not respond' },
    { name: 'behind', with: { generation: 40 }, want: 'warning: worker 0 serves an older generation' },
    {
      name: 'replaced just now',
      with: { restarts: 1, startedAt: NOW - 60_000 },
      want: 'warning: worker 0 was replaced in the last quarter of an hour',
    },
  ])('a worker: $name', ({ with: overrides, want }) => {
    expect(found({ workers: () => [{ ...worker, ...overrides }] })).toEqual([want]);
  });

  test('a worker that has just begun with its instance, and is not another one in its place', () => {
    expect(found({ workers: () => [{ ...worker, startedAt: NOW - 60_000 }] })).toEqual([]);
  });

  test.each([
    { name: 'one alone, of whom the limit of all tells', connections: [8000], want: [] },
    {
      name: 'two',
      connections: [10, 7865],
      want: ['fault: Client connections of the fullest worker: 96 % of the limit'],
    },
  ])('the fullest worker: $name', ({ connections, want }) => {
    const workers = connections.map((each) => ({ requests: 1, connections: each }));
    expect(found({}, { connections: 104, workers })).toEqual(want);
  });

  test('one error, one address: each is told', () => {
    const routes = controlView().routes()!;
    const view: Partial<ControlView> = {
      uncaughtFaults: () => ({ exception: 0, rejection: 1 }),
      routes: () => ({ ...routes, held: 1 }),
    };
    expect(found(view)).toEqual([
      'warning: 1 uncaught error in the control thread; filtering goes on',
      'warning: routes waiting for an operator (ctl steer held): 1 address',
    ]);
  });

  test('routes that fail have a section of their own', () => {
    const [zone] = controlView().outlets();
    const failing = { ...zone!, missing: [], isFailing: true };
    const outlets = [
      { ...failing, name: 'zone:a' },
      { ...failing, name: 'routes' },
    ];
    expect(new AttentionKeeper().look(statusWith({ outlets: () => outlets })).map(({ code }) => code)).toEqual([
      'zone_failing',
      'routes_failing',
    ]);
  });

  test('the instance: control socket, configuration, errors, descriptors; faults come first', () => {
    const base = controlView(WELL);
    const view: Partial<ControlView> = {
      controlFault: () => 'the socket is in use',
      uncaughtFaults: () => ({ exception: 1, rejection: 1 }),
      configuration: () => ({ ...base.configuration(), errors: ['line 3: unknown key'], restartRequired: ['workers'] }),
      descriptors: () => ({ ...base.descriptors(), lowered: true, connections: 8192, effective: 6442 }),
    };
    expect(found(view)).toEqual([
      'fault: ctl cannot reach this instance: the socket is in use',
      'warning: the process may open 65,536 files and the configuration may need 40,000: each worker takes 6,442 client connections instead of 8,192; raise LimitNOFILE=, or ulimit -n',
      'warning: the configuration was not taken: line 3: unknown key',
      'warning: workers was changed and needs a restart',
      'warning: 2 uncaught errors in the control thread; filtering goes on',
    ]);
  });

  // Was a fault: fewer connections were told where as many as configured are taken.
  test('descriptors that are too few for all connections to origins alone', () => {
    const base = controlView(WELL);
    const descriptors = { ...base.descriptors(), lowered: true, connections: 8192, effective: 8192 };
    expect(found({ descriptors: () => descriptors })).toEqual([
      'warning: the process may open 65,536 files and the configuration may need 40,000: not all clients may have all connections to origins; raise LimitNOFILE=, or ulimit -n',
    ]);
  });

  test('outlets, routes and self-tests', () => {
    const base = controlView();
    const view: Partial<ControlView> = {
      outlets: () => base.outlets(),
      routes: () => base.routes(),
      selfTests: () => base.selfTests(),
    };
    expect(found(view)).toEqual([
      'fault: zone:block.rpz.example: the last attempt failed and is repeated',
      'fault: self-test of list main: not blocked',
      'warning: zone:block.rpz.example: not told of list own: the list is not in force yet',
      'warning: routes waiting for an operator (ctl steer held): 3 addresses',
    ]);
    expect(found({ selfTests: () => base.selfTests(), bypass: () => true })).toEqual([
      'bypass: nothing is filtered: every request passes, as an operator has asked',
    ]);
  });
});

describe('what stands beside a line', () => {
  const held = { version: '9', code: 'growth', reason: 'twice as long' } as const;
  const holding = withList({ versions: { ...versions, held } });

  test('severity, since when, the section that says what to do, and the command', () => {
    const keeper = new AttentionKeeper();
    const bypassed = { ...holding, bypass: () => true };
    keeper.look(statusWith(holding));
    expect(keeper.look(statusWith(bypassed, {}, { now: NOW + HOUR }))).toEqual([
      {
        code: 'bypass',
        severity: 'bypass',
        text: 'nothing is filtered: every request passes, as an operator has asked',
        list: null,
        since: new Date(NOW + HOUR).toISOString(),
        runbook: 'operations.md#cleanfeedbypass',
        command: 'cleanfeed ctl bypass off -c /etc/cleanfeed/cleanfeed.yaml',
      },
      {
        code: 'list_held',
        severity: 'warning',
        text: 'list main: version 9 is HELD: twice as long',
        list: 'main',
        since: new Date(NOW).toISOString(),
        runbook: 'operations.md#cleanfeedlistheld',
        command: 'cleanfeed ctl accept main 9 -c /etc/cleanfeed/cleanfeed.yaml',
      },
    ]);
  });

  test('what goes and comes again begins anew; a figure that changes does not', () => {
    const keeper = new AttentionKeeper();
    const sinceAt = (view: Partial<ControlView>, recent: Recent, hours: number): (string | undefined)[] =>
      keeper.look(statusWith(view, recent, { now: NOW + hours * HOUR })).map(({ since }) => since);
    const at = (hours: number): string => new Date(NOW + hours * HOUR).toISOString();
    expect(sinceAt({}, { connections: 860 }, 0)).toEqual([at(0)]);
    expect(sinceAt({}, { connections: 870 }, 1)).toEqual([at(0)]);
    expect(sinceAt({}, {}, 2)).toEqual([]);
    expect(sinceAt({}, { connections: 860 }, 3)).toEqual([at(3)]);
  });

  test('what the status itself dates has stood since then, though nobody looked', () => {
    const lastGood = NOW - 0.6 * HOUR;
    const list = withList({ lastError: 'line 7: not a host', currentAt: lastGood, intervalSeconds: 900 });
    expect(new AttentionKeeper().look(statusWith(list)).map(({ since }) => since)).toEqual([
      new Date(lastGood).toISOString(),
    ]);
  });

  test('a command is one for a shell: names that it would read otherwise are quoted', () => {
    const configuration = { ...controlView().configuration(), file: "/srv/it's here/a b.yaml" };
    const [line] = new AttentionKeeper().look(statusWith({ ...holding, configuration: () => configuration }));
    expect(line?.command).toBe(String.raw`cleanfeed ctl accept main 9 -c '/srv/it'\''s here/a b.yaml'`);
  });

  test('each section is there, and the admin address has it', () => {
    const sections = runbooks();
    const named = [...new Set(Object.values(ATTENTION).map(({ runbook }) => `/runbook/${runbook}`))];
    expect([...sections.keys()].toSorted()).toEqual(named.toSorted());
    for (const section of sections.values()) expect(section.length).toBeGreaterThan(100);
    expect(sections.get('/runbook/cleanfeedbypass')).toMatch(/^### CleanfeedBypass\n[^]*ctl bypass off/);
  });

  test('no row is of a line that is never found', () => {
    const finders = readFileSync(new URL('../../src/admin/attention.ts', import.meta.url), 'utf8');
    expect(Object.keys(ATTENTION).filter((code) => !finders.includes(`'${code}'`))).toEqual([]);
  });
});

describe('thresholds', () => {
  const alerts = readFileSync(new URL('../../config/prometheus/alerts.yml', import.meta.url), 'utf8');
  const exprOf = (name: string): string =>
    new RegExp(`alert: ${name}\\n(?: +#.+\\n)* +expr: (?:>-\\n)?(.+)`).exec(alerts)?.[1] ?? '';

  test.each([
    { alert: 'CleanfeedUpstreamErrors', key: 'errorShare' },
    { alert: 'CleanfeedDnsFailing', key: 'dnsShare' },
    { alert: 'CleanfeedHighLatency', key: 'addedSeconds' },
    { alert: 'CleanfeedUpstreamErrors', key: 'minRequests' },
    { alert: 'CleanfeedNearLimit', key: 'nearLimit' },
    { alert: 'CleanfeedMemoryNearLimit', key: 'nearLimit' },
  ] as const)('$key is that of $alert: page and alert say the same', ({ alert, key }) => {
    expect(exprOf(alert)).toMatch(new RegExp(`[> ]${String(THRESHOLDS[key]).replace('.', '[.]')}\\b`));
  });

  test('docs/admin.md has each of them', () => {
    const document = readFileSync(new URL('../../docs/admin.md', import.meta.url), 'utf8');
    expect(firstColumn(document, 'Thresholds').toSorted()).toEqual(Object.keys(THRESHOLDS).toSorted());
  });
});
