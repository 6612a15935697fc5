/**
 * What of a status needs somebody's look, the gravest first: { level, text, list? }. Pure. Some errors are normal on a busy proxy, so that
 * there are thresholds; docs/admin.md has the table, and where an alert asks the same question its threshold is the same (tested).
 * Texts hold no age: they are read aloud when they change, and only then.
 */
import { age, count, percent, reason } from './words.js';

export const THRESHOLDS = {
  /** Of fewer requests a second nobody can tell a share. */
  minRequests: 1,
  /** Share of requests that end in an error. */
  errorShare: 0.05,
  graveErrorShare: 0.25,
  /** Requests whose name could not be resolved, as a share of all. */
  dnsShare: 0.02,
  /** Of fewer questions a second that fail nobody is told. */
  minQuestions: 0.05,
  /** Questions to a DNS listener that no resolver answered, and those that had no room, as a share of all. */
  unansweredShare: 0.05,
  lostShare: 0.001,
  /** Seconds that the proxy adds, at the 99th percentile. */
  addedSeconds: 0.025,
  /** Of a limit. */
  nearLimit: 0.85,
  atLimit: 0.95,
  /** Seconds for which a list was not found to be current, and for four of its intervals: one that is asked for once a week is not stale. */
  staleSeconds: 86_400,
  /** Seconds for which updates of a list have failed, and for longer than its interval: one slow answer is none to be alarmed by. */
  failingSeconds: 1800,
  /** Seconds for which a list has been in force whose copy on disk is not what is in force. */
  copySeconds: 900,
  /** Seconds before what the publisher has signed expires. */
  expirySeconds: 3 * 86_400,
  /** Seconds after which a worker that was replaced is old news. */
  restartSeconds: 900,
};

/** Why a question is dropped for want of room on this machine. */
const NO_ROOM = ['receive_buffer', 'in_flight_limit', 'no_port'];
/** Of an upstream error, as /status names it: nobody answered a question for a name. */
const DNS_FAILURES = ['dns_timeout', 'dns_failed', 'dns_refused', 'dns_unreachable'];

export function attention(status) {
  const found = [
    ...ofLists(status),
    ...ofTraffic(status),
    ...ofQuestions(status),
    ...ofLimits(status),
    ...ofWorkers(status),
    ...ofInstance(status),
    ...ofOutlets(status),
    ...ofSelfTests(status),
  ];
  return [...found.filter(({ level }) => level === 'fault'), ...found.filter(({ level }) => level === 'warning')];
}

/** What of one list needs a look. */
export function ofList(list, now) {
  const { name, loaded, lastError, currentAt, offUntil = null, intervalSeconds = null, versions = {} } = list;
  const { loadedAt, cacheCurrent = null, massWithdrawal = false } = list;
  const { held = null, pinned = null, names = null, expiresAt = null } = versions;
  const say = (level, words) => ({ level, text: `list ${name}: ${words}`, words, list: name });
  const left = expiresAt === null ? Infinity : secondsBetween(now, expiresAt);
  const old = secondsBetween(currentAt, now);
  const isFailing = !(old <= Math.max(THRESHOLDS.failingSeconds, intervalSeconds));
  // What is held or pinned is not what its source has, on purpose.
  const isKept = held !== null || pinned !== null;
  const isStale = !isKept && old > Math.max(THRESHOLDS.staleSeconds, 4 * intervalSeconds);
  const hasFailed = typeof lastError === 'string' && lastError !== held?.reason;
  const lacksCopy = cacheCurrent === false && secondsBetween(loadedAt, now) > THRESHOLDS.copySeconds;
  return [
    ...(loaded === false ? [say('fault', lastError === null ? 'never loaded' : `never loaded: ${lastError}`)] : []),
    ...(loaded !== false && hasFailed
      ? [say(isFailing ? 'fault' : 'warning', `last update failed: ${lastError}; the last good one is in force`)]
      : []),
    ...(left <= 0 ? [say('fault', 'what the publisher has signed has expired')] : []),
    ...(loaded !== false && isStale ? [say('fault', 'not found to be current for more than a day')] : []),
    ...(loaded !== false && lacksCopy
      ? [say('warning', 'its copy on disk, from which a start comes up, is not what is in force')]
      : []),
    ...(offUntil === null ? [] : [say('warning', 'switched OFF: its entries do not apply')]),
    ...(held === null ? [] : [say('warning', `version ${held.version} is HELD: ${held.reason ?? reason(held.code)}`)]),
    ...(pinned === null ? [] : [say('warning', `version ${pinned} is PINNED: newer ones are not taken`)]),
    ...(massWithdrawal ? [say('warning', 'much of it is WITHDRAWN: ask the publisher')] : []),
    ...(left > 0 && left < THRESHOLDS.expirySeconds
      ? [say('warning', 'what the publisher has signed expires within three days')]
      : []),
    ...(typeof names?.fault === 'string' ? [say('warning', `host names for outlets: ${names.fault}`)] : []),
  ];
}

function ofLists({ now, lists = [] }) {
  return lists.flatMap((list) => ofList(list, now));
}

function ofTraffic({ recent = {} }) {
  const { rates = {}, addedSeconds = {}, upstreamErrors = {}, dropped = {}, seconds = 0 } = recent;
  const all = total(rates);
  const isBusy = all > THRESHOLDS.minRequests;
  const share = isBusy ? rates.errors / all : 0;
  const dns = total(pick(upstreamErrors, DNS_FAILURES));
  return [
    ...(share > THRESHOLDS.errorShare
      ? [
          {
            level: share > THRESHOLDS.graveErrorShare ? 'fault' : 'warning',
            text: `${percent(share)} of the requests of the last minute ended in an error`,
          },
        ]
      : []),
    ...(isBusy && seconds > 0 && dns / seconds > THRESHOLDS.dnsShare * all
      ? [{ level: 'warning', text: `names cannot be resolved: ${count(dns)} requests in the last minute` }]
      : []),
    ...(isBusy && addedSeconds.p99 > THRESHOLDS.addedSeconds
      ? [{ level: 'warning', text: 'the proxy adds more than 25 ms to one request in a hundred' }]
      : []),
    ...(dropped.connection_limit > 0
      ? [
          {
            level: 'fault',
            text: 'clients are turned away: limits.connections is reached, or resolver.front.tcpConnections',
          },
        ]
      : []),
    ...(dropped.fd_limit > 0 || upstreamErrors.fd_limit > 0
      ? [{ level: 'fault', text: 'connections fail: the process has no descriptor left' }]
      : []),
  ];
}

/** What DNS listeners are asked for. One resolver of several that is gone keeps nobody waiting. */
function ofQuestions({ recent = {} }) {
  const { questions: { rates = {}, resolverErrors = {}, dropped = {} } = {}, listeners = {}, seconds = 0 } = recent;
  const all = total(rates) * seconds;
  const unanswered = resolverErrors.timeout ?? 0;
  const lost = total(pick(dropped, NO_ROOM)) + (resolverErrors.receive_buffer ?? 0);
  const isTold = (counted, share) => counted > share * all && counted > THRESHOLDS.minQuestions * seconds;
  return [
    ...(isTold(unanswered, THRESHOLDS.unansweredShare)
      ? [{ level: 'fault', text: `no resolver answers: ${count(unanswered)} questions for names in the last minute` }]
      : []),
    ...(isTold(lost, THRESHOLDS.lostShare)
      ? [
          {
            level: 'warning',
            text: `${count(lost)} questions or answers of the last minute had no room and were dropped`,
          },
        ]
      : []),
    ...Object.entries(listeners)
      .filter(([, { resolversDown = 0 }]) => resolversDown > 0)
      .map(([name]) => ({ level: 'warning', text: `listener ${name}: a resolver behind it does not answer` })),
  ];
}

/** Each limit with how much of it is used: { name, used, limit, level }. `used` and `limit` null: not known. */
export function limitsOf({ recent = {}, resources = {}, descriptors = {} }) {
  const { memory = {} } = resources;
  return [
    limit('Client connections', recent.connections, resources.maxConnections),
    limit('File descriptors', descriptors.open, descriptors.limit),
    limit('Memory', memory.usedBytes, memory.limitBytes),
    limit('CPU, cores', recent.cpuCores, resources.cores),
  ];
}

function limit(name, used, most) {
  if (!Number.isFinite(used) || !(most > 0)) return { name, used: used ?? null, limit: most ?? null, level: 'none' };
  const share = used / most;
  const level = share >= THRESHOLDS.atLimit ? 'fault' : share >= THRESHOLDS.nearLimit ? 'warning' : 'none';
  return { name, used, limit: most, level };
}

/** The kernel does not spread connections evenly, and the worker that is full turns clients away while others have room. */
function fullestOf({ recent = {}, descriptors = {} }) {
  const { workers = [] } = recent;
  const most = Math.max(...workers.map(({ connections }) => connections));
  return workers.length < 2 ? [] : [limit('Client connections of the fullest worker', most, descriptors.effective)];
}

function ofLimits(status) {
  const near = [...limitsOf(status), ...fullestOf(status)]
    .filter(({ level }) => level !== 'none')
    .map(({ name, used, limit: most, level }) => ({ level, text: `${name}: ${percent(used / most)} of the limit` }));
  const { lowered: isLowered = false, connections, effective } = status.descriptors ?? {};
  const less =
    effective < connections ? 'fewer connections are taken' : 'not all clients may have all connections to origins';
  return [
    ...near,
    ...(isLowered
      ? [
          {
            level: 'warning',
            text: `the limit of descriptors is too low for the configuration: ${less}`,
          },
        ]
      : []),
  ];
}

function ofWorkers({ now, workers = [], generation }) {
  return workers.flatMap((worker) => {
    const name = `worker ${worker.worker}`;
    if (worker.unresponsive === true) return [{ level: 'fault', text: `${name} does not respond` }];
    if (worker.state === 'listening' && worker.generation !== generation)
      return [{ level: 'warning', text: `${name} serves an older generation` }];
    if (worker.restarts > 0 && secondsBetween(worker.startedAt, now) < THRESHOLDS.restartSeconds)
      return [{ level: 'warning', text: `${name} was replaced in the last quarter of an hour` }];
    return [];
  });
}

function ofInstance({ configuration = {}, controlSocketError, uncaughtErrors = {}, clockJumpSeconds = 0 }) {
  const { errors = [], restartRequired = [] } = configuration;
  return [
    ...(clockJumpSeconds === 0
      ? []
      : [
          {
            level: 'fault',
            text: `the clock was set ${clockJumpSeconds > 0 ? 'forward' : 'back'} by ${age(Math.abs(clockJumpSeconds))}: entries expire by the time before (ctl reload takes the new one)`,
          },
        ]),
    ...(typeof controlSocketError === 'string'
      ? [{ level: 'fault', text: `ctl cannot reach this instance: ${controlSocketError}` }]
      : []),
    ...errors.map((error) => ({ level: 'warning', text: `the configuration was not taken: ${error}` })),
    ...restartRequired.map((key) => ({ level: 'warning', text: `${key} was changed and needs a restart` })),
    ...(total(uncaughtErrors) > 0
      ? [
          {
            level: 'warning',
            text: `${count(total(uncaughtErrors))} uncaught errors in the control thread; filtering goes on`,
          },
        ]
      : []),
  ];
}

function ofOutlets({ outlets = [], routes = null }) {
  return [
    ...outlets.flatMap(({ name, missing = [], isFailing }) => [
      ...(isFailing === true ? [{ level: 'fault', text: `${name}: the last attempt failed and is repeated` }] : []),
      ...missing.map((each) => ({ level: 'warning', text: `${name}: not told of list ${each.list}: ${each.reason}` })),
    ]),
    ...(routes?.held > 0
      ? [{ level: 'warning', text: `routes: ${count(routes.held)} addresses wait for an operator (ctl steer held)` }]
      : []),
  ];
}

/** Under a bypass nothing can be refused. */
function ofSelfTests({ selfTests = [], bypass }) {
  if (bypass === true) return [];
  return selfTests
    .filter(({ result }) => result !== 'ok')
    .map(({ list, result }) => ({ level: 'fault', text: `self-test of list ${list}: ${reason(result)}`, list }));
}

function total(counts) {
  return Object.values(counts).reduce((sum, value) => sum + value, 0);
}

function pick(counts, names) {
  return Object.fromEntries(names.map((name) => [name, counts[name] ?? 0]));
}

function secondsBetween(earlier, later) {
  return (Date.parse(later) - Date.parse(earlier)) / 1000;
}
