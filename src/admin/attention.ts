/**
 * The findings in a status that need somebody's attention, as codes and texts. Severity, runbook and command of a code
 * are in attention-table.ts, the time since when in attention-keeper.ts, thresholds in page/limits.js (docs/admin.md).
 * Texts hold no age: the page's reader is told when they change. It must not ask for anything but the status.
 */
import type { InstanceReport, ListReport, WorkerReport } from '../observe/control-protocol.ts';
import type { AttentionCode } from './attention-table.ts';
import type { RecentTraffic } from './history.ts';
import { limit, limitsOf, THRESHOLDS } from './page/limits.js';
import { age, count, percent, reason } from './page/words.js';
import type { Resources } from './resources.ts';

/** The status with what has happened of late. */
export interface AttentionStatus extends InstanceReport {
  readonly recent: RecentTraffic;
  readonly resources: Resources;
}

export interface Finding {
  readonly code: AttentionCode;
  readonly text: string;
  /** It tells two of one code apart: a worker, a listener, a key; the list where there is one. */
  readonly about?: string;
  readonly list?: string;
  /** The version that is held. */
  readonly version?: string;
  /** The time at which it began, if the status says so. */
  readonly since?: string | null;
}

/** The reasons of questions that are dropped for want of room on this machine. */
const NO_ROOM = ['receive_buffer', 'in_flight_limit', 'no_port'];
/** Upstream errors of requests whose name nobody answered for. */
const DNS_FAILURES = ['dns_timeout', 'dns_failed', 'dns_refused', 'dns_unreachable'];
type LimitCodes = Readonly<Record<ReturnType<typeof limit>['level'], AttentionCode | null>>;
const OTHER_LIMITS: LimitCodes = { none: null, warning: 'limit_near', fault: 'limit_reached' };
const LIMITS: Readonly<Record<string, LimitCodes>> = {
  Memory: { none: null, warning: 'memory_near', fault: 'memory_reached' },
  'CPU, cores': { none: null, warning: 'cpu_near', fault: 'cpu_reached' },
};

export function findings(status: AttentionStatus): readonly Finding[] {
  return [
    ...bypassFindings(status),
    ...status.lists.flatMap((list) => listFindings(list, status)),
    ...trafficFindings(status),
    ...questionFindings(status),
    ...limitFindings(status),
    ...status.workers.flatMap((worker) => workerFindings(worker, status)),
    ...instanceFindings(status),
    ...outletFindings(status),
    ...selfTestFindings(status),
  ];
}

function bypassFindings({ bypass }: AttentionStatus): Finding[] {
  if (!bypass) return [];
  return [{ code: 'bypass', text: 'nothing is filtered: every request passes, as an operator has asked' }];
}

function listFindings(list: ListReport, { now, startedAt }: AttentionStatus): Finding[] {
  const { name, loaded, lastError, currentAt } = list;
  const say = (code: AttentionCode, words: string, more: Partial<Finding> = {}): Finding => ({
    code,
    text: `list ${name}: ${words}`,
    about: name,
    list: name,
    ...more,
  });
  if (!loaded) {
    const why = lastError === null ? '' : `: ${lastError}`;
    return [say('list_never_loaded', `never loaded${why}`, { since: startedAt }), ...versionFindings(list, now, say)];
  }
  return [
    ...(hasFailed(list)
      ? [
          say(
            isFailing(list, now) ? 'list_failing' : 'list_update_failed',
            `last update failed: ${lastError}; the last good one is in force`,
            { since: currentAt },
          ),
        ]
      : []),
    ...(isStale(list, now)
      ? [say('list_stale', 'not found to be current for more than a day', { since: currentAt })]
      : []),
    ...(lacksCopy(list, now)
      ? [say('list_copy_stale', 'its copy on disk, from which a start comes up, is not what is in force')]
      : []),
    ...versionFindings(list, now, say),
  ];
}

type Say = (code: AttentionCode, words: string, more?: Partial<Finding>) => Finding;

function versionFindings({ offUntil, massWithdrawal, versions }: ListReport, now: string, say: Say): Finding[] {
  const { held, pinned, names, expiresAt } = versions;
  const left = expiresAt === null ? Infinity : secondsBetween(now, expiresAt);
  return [
    ...(left <= 0 ? [say('list_expired', 'what the publisher has signed has expired', { since: expiresAt })] : []),
    ...(offUntil === null ? [] : [say('list_off', 'switched OFF: its entries do not apply')]),
    ...(held === null
      ? []
      : [say('list_held', `version ${held.version} is HELD: ${held.reason}`, { version: held.version })]),
    ...(pinned === null ? [] : [say('list_pinned', `version ${pinned} is PINNED: newer ones are not taken`)]),
    ...(massWithdrawal ? [say('list_mass_withdrawal', 'much of it is WITHDRAWN: ask the publisher')] : []),
    ...(left > 0 && left < THRESHOLDS.expirySeconds
      ? [say('list_expiring', 'what the publisher has signed expires within three days')]
      : []),
    ...(typeof names?.fault === 'string' ? [say('list_names_failing', `host names for outlets: ${names.fault}`)] : []),
  ];
}

/** A version that is held is no failure: the list has one in force that somebody chose. */
function hasFailed({ lastError, versions: { held } }: ListReport): boolean {
  return lastError !== null && lastError !== held?.reason;
}

function isFailing({ currentAt, intervalSeconds }: ListReport, now: string): boolean {
  return !(ageOf(currentAt, now) <= Math.max(THRESHOLDS.failingSeconds, intervalSeconds ?? 0));
}

/** A list that is held or pinned is not what its source has, on purpose. */
function isStale({ currentAt, intervalSeconds, versions: { held, pinned } }: ListReport, now: string): boolean {
  const longest = Math.max(THRESHOLDS.staleSeconds, 4 * (intervalSeconds ?? 0));
  return held === null && pinned === null && ageOf(currentAt, now) > longest;
}

function lacksCopy({ cacheCurrent, loadedAt }: ListReport, now: string): boolean {
  return cacheCurrent === false && ageOf(loadedAt, now) > THRESHOLDS.copySeconds;
}

function trafficFindings({ recent }: AttentionStatus): Finding[] {
  const { rates, addedSeconds, upstreamErrors, dropped, seconds } = recent;
  const all = total(rates);
  const isBusy = all > THRESHOLDS.minRequests;
  const share = isBusy ? rates.errors / all : 0;
  const dns = totalOf(upstreamErrors, DNS_FAILURES);
  const full = 'clients are turned away: limits.connections is reached, or resolver.front.tcpConnections';
  return [
    ...(share > THRESHOLDS.errorShare
      ? [
          say(
            share > THRESHOLDS.graveErrorShare ? 'requests_failing_badly' : 'requests_failing',
            `${percent(share)} of the requests of the last minute ended in an error`,
          ),
        ]
      : []),
    ...(isBusy && seconds > 0 && dns / seconds > THRESHOLDS.dnsShare * all
      ? [say('names_unresolved', `names cannot be resolved: ${counted(dns, 'request')} in the last minute`)]
      : []),
    ...(isBusy && (addedSeconds.p99 ?? 0) > THRESHOLDS.addedSeconds
      ? [say('latency_high', 'the proxy adds more than 25 ms to one request in a hundred')]
      : []),
    ...((dropped['connection_limit'] ?? 0) > 0 ? [say('clients_turned_away', full)] : []),
    ...((dropped['fd_limit'] ?? 0) > 0 || (upstreamErrors['fd_limit'] ?? 0) > 0
      ? [say('descriptors_exhausted', 'connections fail: the process has no descriptor left')]
      : []),
  ];
}

/** Questions to DNS listeners. One resolver of several that is gone keeps nobody waiting. */
function questionFindings({ recent: { questions, listeners, seconds } }: AttentionStatus): Finding[] {
  const { rates, resolverErrors, dropped } = questions;
  const all = total(rates) * seconds;
  const unanswered = resolverErrors['timeout'] ?? 0;
  const lost = totalOf(dropped, NO_ROOM) + (resolverErrors['receive_buffer'] ?? 0);
  const isTold = (counted: number, share: number): boolean =>
    counted > share * all && counted > THRESHOLDS.minQuestions * seconds;
  return [
    ...(isTold(unanswered, THRESHOLDS.unansweredShare)
      ? [say('resolvers_failing', `no resolver answers: ${count(unanswered)} questions for names in the last minute`)]
      : []),
    ...(isTold(lost, THRESHOLDS.lostShare)
      ? [
          say(
            'questions_dropped',
            `${count(lost)} questions or answers of the last minute had no room and were dropped`,
          ),
        ]
      : []),
    ...Object.entries(listeners)
      .filter(([, { resolversDown }]) => resolversDown > 0)
      .map(([name]) => say('resolver_down', `listener ${name}: a resolver behind it does not answer`, name)),
  ];
}

function limitFindings(status: AttentionStatus): Finding[] {
  const { limit: most, required, lowered, connections, effective } = status.descriptors;
  const less =
    effective < connections
      ? `each worker takes ${count(effective)} client connections instead of ${count(connections)}`
      : 'not all clients may have all connections to origins';
  const lack = `the process may open ${count(most ?? Number.NaN)} files and the configuration may need ${count(required)}`;
  return [
    ...[...limitsOf(status), ...fullestWorker(status)].flatMap(({ name, used, limit: bound, level }) => {
      const code = (LIMITS[name] ?? OTHER_LIMITS)[level];
      if (code === null) return [];
      return [say(code, `${name}: ${percent((used ?? 0) / (bound ?? Number.NaN))} of the limit`, name)];
    }),
    ...(lowered ? [say('limits_lowered', `${lack}: ${less}; raise LimitNOFILE=, or ulimit -n`)] : []),
  ];
}

/** The kernel spreads connections unevenly: a full worker turns clients away while others have room. */
function fullestWorker({ recent: { workers }, descriptors }: AttentionStatus): ReturnType<typeof limitsOf> {
  const most = Math.max(...workers.map(({ connections }) => connections));
  return workers.length < 2 ? [] : [limit('Client connections of the fullest worker', most, descriptors.effective)];
}

function workerFindings(worker: WorkerReport, { now, generation }: AttentionStatus): Finding[] {
  const name = `worker ${worker.worker}`;
  if (worker.unresponsive) return [say('worker_unresponsive', `${name} does not respond`, name)];
  if (worker.state === 'listening' && worker.generation !== generation)
    return [say('worker_behind', `${name} serves an older generation`, name)];
  if (worker.restarts > 0 && secondsBetween(worker.startedAt, now) < THRESHOLDS.restartSeconds)
    return [
      {
        ...say('worker_replaced', `${name} was replaced in the last quarter of an hour`, name),
        since: worker.startedAt,
      },
    ];
  return [];
}

function instanceFindings(status: AttentionStatus): Finding[] {
  const { configuration, controlSocketError, uncaughtErrors, clockJumpSeconds: jump } = status;
  const errors = total(uncaughtErrors);
  const way = `the clock was set ${jump > 0 ? 'forward' : 'back'} by ${age(Math.abs(jump))}`;
  return [
    ...(jump === 0
      ? []
      : [say('clock_jumped', `${way}: entries expire by the time before (ctl reload takes the new one)`)]),
    ...(controlSocketError === null
      ? []
      : [say('control_unreachable', `ctl cannot reach this instance: ${controlSocketError}`)]),
    ...configuration.errors.map((error) =>
      say('configuration_refused', `the configuration was not taken: ${error}`, error),
    ),
    ...configuration.restartRequired.map((key) =>
      say('restart_required', `${key} was changed and needs a restart`, key),
    ),
    ...(errors > 0
      ? [say('uncaught_errors', `${counted(errors, 'uncaught error')} in the control thread; filtering goes on`)]
      : []),
  ];
}

function outletFindings({ outlets, routes }: AttentionStatus): Finding[] {
  const held = routes?.held ?? 0;
  return [
    ...outlets.flatMap(({ name, missing, isFailing: fails }) => [
      ...(fails
        ? [
            say(
              name === 'routes' ? 'routes_failing' : 'zone_failing',
              `${name}: the last attempt failed and is repeated`,
              name,
            ),
          ]
        : []),
      ...missing.map((each) =>
        say('outlet_not_told', `${name}: not told of list ${each.list}: ${each.reason}`, `${name} ${each.list}`),
      ),
    ]),
    ...(held > 0
      ? [
          say(
            'routes_held',
            `routes waiting for an operator (ctl steer held): ${counted(held, 'address', 'addresses')}`,
          ),
        ]
      : []),
  ];
}

/** Nothing can be refused under a bypass. */
function selfTestFindings({ selfTests, bypass }: AttentionStatus): Finding[] {
  if (bypass) return [];
  return selfTests
    .filter(({ result }) => result !== 'ok')
    .map(({ list, result }) => ({
      code: 'self_test_failed',
      text: `self-test of list ${list}: ${reason(result)}`,
      about: list,
      list,
    }));
}

function say(code: AttentionCode, text: string, about = ''): Finding {
  return { code, text, about };
}

function counted(many: number, one: string, more = `${one}s`): string {
  return `${count(many)} ${many === 1 ? one : more}`;
}

function total(counts: object): number {
  return Object.values(counts).reduce((sum: number, value: unknown) => sum + Number(value), 0);
}

function totalOf(counts: Readonly<Record<string, number>>, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
}

/** NaN where it never was. */
function ageOf(moment: string | null, now: string): number {
  return moment === null ? Number.NaN : secondsBetween(moment, now);
}

function secondsBetween(earlier: string, later: string): number {
  return (Date.parse(later) - Date.parse(earlier)) / 1000;
}
