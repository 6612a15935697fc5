/** Answers of the control socket for people: one screen, plain text, what matters first. It must not ask the instance anything. */
import type { ListAction } from '../lib/types.ts';
import { clockLines, type CommandName } from '../observe/control-protocol.ts';
import type { ReadResult } from '../observe/control-shapes.ts';
import { notCarriedLine } from './not-carried.ts';
import { inWords } from './service-status.ts';
import { print, printErrors, printJson, table } from './terminal.ts';

type StatusReport = ReadResult<'status'>;
type ListReport = StatusReport['lists'][number];
type OutletReport = StatusReport['outlets'][number];
type LimitsReport = ReadResult<'limits'>;
type SteerReport = ReadResult<'steer'>;

/** What `ctl` can ask; what `selftest`, `report`, `explain` and `ctl bundle` print is theirs. */
export type CtlName = Exclude<CommandName, 'selftest' | 'report' | 'explain' | 'entries' | 'diagnosis'>;

const TEXT: { readonly [Name in CtlName]: (result: ReadResult<Name>) => string } = {
  status: (status) => statusScreen(status, null),
  workers: workerTable,
  limits: limitsText,
  reload: reloadText,
  accept: ({ list, inForce }) => `list ${list}: version ${inForce} is in force; a later one is judged again`,
  rollback: ({ list, inForce }) =>
    `list ${list}: version ${inForce} is in force and pinned until 'ctl release ${list}'`,
  release: releaseText,
  drain: drainText,
  bypass: bypassText,
  trace: traceText,
  list: listOffText,
  steer: steerText,
};

const REVIEWS: Readonly<Record<SteerReport['reviews'][number]['reason'], string>> = {
  many: 'HELD: many at once',
  changing: 'HELD: its host changes often',
  rate: 'HELD: over its rate',
  denied: 'denied',
};

/** Faults that are named one by one. */
const MAX_NAMED = 20;
/** Levels of a result that are shown. */
const MAX_LEVELS = 12;

/** What another release has responded, as it is, a line for each figure; and what it lacks. */
export function printPartial(result: unknown, faults: readonly string[], json: boolean): void {
  if (json) printJson({ ok: true, result });
  else print(table(figureRows('', result)));
  const more = faults.length > MAX_NAMED ? [`cleanfeed:   ${faults.length - MAX_NAMED} more`] : [];
  printErrors([
    'cleanfeed: done; the instance is of another release than this program, and its response is shown as it came. It lacks:',
    ...faults.slice(0, MAX_NAMED).map((fault) => `cleanfeed:   ${fault}`),
    ...more,
  ]);
}

export function printCtl<Name extends CtlName>(command: Name, result: ReadResult<Name>): void {
  print(TEXT[command](result));
}

/** @param before an earlier answer of the same instance; counts are shown as rates since then. */
export function statusScreen(status: StatusReport, before: StatusReport | null): string {
  const { version, pid, uptimeSeconds, ready, reasons, generation, configuration } = status;
  return [
    `cleanfeed ${version}, process ${pid}, up ${inWords(uptimeSeconds)}: ${ready ? `ready, generation ${generation}` : `NOT READY: ${reasons.join('; ')}`}`,
    ...(status.traceEndsAt === null ? [] : [`TRACE until ${status.traceEndsAt}: one client's requests are explained`]),
    ...(status.bypass ? [`BYPASS until ${status.bypassEndsAt ?? ''}: nothing is filtered`] : []),
    ...clockLine(status),
    `configuration ${configuration.file}, in force since ${configuration.loadedAt}`,
    ...(configuration.workersAuto ? [`  workers: auto, ${status.workers.length} on this machine`] : []),
    ...(configuration.restartRequired.length === 0
      ? []
      : [`  restart required: ${configuration.restartRequired.join(', ')}`]),
    ...configuration.errors.map((fault) => `  reload REFUSED: ${fault}`),
    '',
    table([
      ['list', 'action', 'entries', 'version', 'current', 'last fault'],
      ...status.lists.map((list) => listRow(list, Date.parse(status.now))),
    ]),
    ...status.lists.flatMap(offLine),
    ...status.lists.flatMap(turnoverLine),
    ...status.lists.flatMap(({ name, notCarried }) => notCarriedLine(name, notCarried) ?? []),
    ...status.lists.flatMap(versionLines),
    ...status.outlets.flatMap(outletLines),
    '',
    workerTable(status.workers),
    '',
    table([
      ['listener', 'mode', 'address', 'port'],
      ...status.listeners.map(({ name, mode, address, port }) => [
        name,
        mode,
        address,
        port === null ? 'not open' : String(port),
      ]),
    ]),
    '',
    ...routeLines(status),
    trafficText(status, before),
  ].join('\n');
}

function clockLine({ clockJumpSeconds: seconds }: StatusReport): string[] {
  if (seconds === 0) return [];
  const way = seconds > 0 ? 'forward' : 'back';
  return [
    `CLOCK set ${way} by ${inWords(Math.abs(seconds))}: entries expire by the time before; 'ctl reload' takes the new one`,
  ];
}

/** The version as the publisher counts; a list in a file has none. */
function listRow({ name, action, loaded, entries, versions, currentAt, lastError }: ListReport, now: number): string[] {
  const age = currentAt === null ? '-' : `${inWords(Math.max(0, now - Date.parse(currentAt)) / 1000)} ago`;
  return [name, action, loaded ? String(entries) : 'NOT LOADED', versions.inForce ?? '-', age, lastError ?? ''];
}

function offLine({ name, offUntil }: ListReport): string[] {
  return offUntil === null ? [] : [`list ${name}: OFF until ${offUntil}; 'ctl list on ${name}' ends that`];
}

/** What updates have done to it, which its number of entries does not tell. */
function turnoverLine({ name, turnover: { added, removed, unknown } }: ListReport): string[] {
  if (added + removed + unknown === 0) return [];
  const rest = unknown === 0 ? '' : `; ${unknown} of its updates cannot be compared`;
  return [`list ${name}: ${added} entries added and ${removed} removed since the start${rest}`];
}

/** What an operator has to know of its versions, and can do about them. */
function versionLines({ name, entries, massWithdrawal, versions }: ListReport): string[] {
  const { held, pinned, previous, withdrawn, names } = versions;
  return [
    ...(held === null
      ? []
      : [
          `list ${name}: version ${held.version} is HELD: ${held.reason}; 'ctl accept ${name} ${held.version}' takes it`,
        ]),
    ...(pinned === null ? [] : [`list ${name}: PINNED at version ${pinned}; 'ctl release ${name}' takes the newest`]),
    ...(previous === null ? [] : [`list ${name}: 'ctl rollback ${name}' goes back to version ${previous}`]),
    ...((names?.fault ?? null) === null
      ? []
      : [`list ${name}: ${namesHere(names?.version ?? null)}: ${names?.fault ?? ''}`]),
    ...(massWithdrawal
      ? [`list ${name}: MUCH OF IT IS WITHDRAWN, ${entries} entries are left: ask the publisher`]
      : []),
    ...(withdrawn === null || withdrawn === 0 ? [] : [`list ${name}: ${withdrawn} entries are withdrawn`]),
  ];
}

/** They are told to nobody where they cannot be read. */
function namesHere(version: string | null): string {
  return version === null ? 'no host names lie here' : `the host names that lie here are of version ${version}`;
}

/** What refuses or steers by name outside of this process, and does not go by what is in force. */
function outletLines({ name, missing, isFailing, failures, toldAt }: OutletReport): string[] {
  return [
    ...missing.map(({ list, reason }) => `outlet ${name}: NOT TOLD, no names of list ${list}: ${reason}`),
    ...(isFailing ? [failingText(name, failures, toldAt)] : []),
  ];
}

function failingText(name: string, failures: number, toldAt: string | null): string {
  const count = failures === 0 ? '' : `; it could not be written ${failures} times since the start`;
  const last = toldAt === null ? 'not since the start' : toldAt;
  return `outlet ${name}: FAILS, the log says why, and is tried again${count}; names last given to it: ${last}`;
}

function routeLines({ routes }: StatusReport): string[] {
  if (routes === null) return [];
  const { announced, held, denied } = routes;
  const waiting = held === 0 ? '' : `; ${held} are HELD: 'ctl steer held' shows them`;
  return [`routes          ${announced} announced, ${denied} denied${waiting}`];
}

function releaseText({ list, inForce, held, lastError }: ReadResult<'release'>): string {
  if (held !== null) return `list ${list}: released; version ${held.version} is HELD: ${held.reason}`;
  if (lastError !== null) return `list ${list}: released; version ${inForce} is in force meanwhile: ${lastError}`;
  return `list ${list}: released; version ${inForce} is in force`;
}

function workerTable(workers: ReadResult<'workers'>): string {
  const rows = workers.map(({ worker, state, generation, unresponsive, restarts }) => [
    String(worker),
    unresponsive ? 'UNRESPONSIVE' : state,
    String(generation),
    String(restarts),
  ]);
  return table([['worker', 'state', 'generation', 'replaced'], ...rows]);
}

function trafficText({ traffic, listeners, uptimeSeconds, pid }: StatusReport, before: StatusReport | null): string {
  const isSame = before !== null && before.pid === pid && uptimeSeconds > before.uptimeSeconds;
  const earlier = isSame ? before : null;
  const seconds = earlier === null ? 0 : uptimeSeconds - earlier.uptimeSeconds;
  const shown = (now: Readonly<Record<string, number>>, then: Readonly<Record<string, number>> | undefined): string => {
    const parts = Object.entries(now).map(
      ([name, count]) => [name, seconds === 0 ? count : (count - (then?.[name] ?? 0)) / seconds] as const,
    );
    const some = parts
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${name} ${seconds === 0 ? count : `${count.toFixed(1)}/s`}`);
    return some.length === 0 ? 'none' : some.join(', ');
  };
  const { questions } = traffic;
  const then = earlier?.traffic.questions;
  const names =
    questions === undefined || listeners.every(({ mode }) => mode !== 'dns')
      ? []
      : [
          `questions       ${shown(questions.verdicts, then?.verdicts)}`,
          `resolver errors ${shown(questions.resolverErrors, then?.resolverErrors)}`,
          `questions lost  ${shown(questions.dropped, then?.dropped)}`,
        ];
  return [
    `connections     ${traffic.connections}`,
    `requests        ${shown(traffic.requests, earlier?.traffic.requests)}`,
    `upstream errors ${shown(traffic.upstreamErrors, earlier?.traffic.upstreamErrors)}`,
    `dropped         ${shown(traffic.dropped, earlier?.traffic.dropped)}`,
    ...names,
  ].join('\n');
}

function drainText({ lameDuckMs, drainMs }: ReadResult<'drain'>): string {
  const end = `it ends with the last connection, at the latest in ${inWords((lameDuckMs + drainMs) / 1000)}`;
  return lameDuckMs === 0
    ? `draining: ${end}`
    : `draining: for ${inWords(lameDuckMs / 1000)} it still accepts connections, so that balancers notice; ${end}`;
}

function limitsText({ workers, limits, timeouts, connections, questions, descriptors }: LimitsReport): string {
  const rows = [
    ['workers', String(workers)],
    ...connectionRows(workers, connections),
    ...questionRows(questions ?? null),
    ['descriptors', descriptorsText(descriptors)],
    ...figureRows('limits', limits),
    ...Object.entries<number>({ ...timeouts }).map(([key, value]) => [`timeouts.${key}`, `${value} ms`]),
  ];
  return table(rows);
}

function descriptorsText({
  open,
  limit,
  required,
  connections,
  effective,
  lowered,
}: LimitsReport['descriptors']): string {
  const less =
    effective < connections
      ? `limits.connections is ${effective} instead of ${connections}`
      : 'all clients have a place, and not all of them the connections to origins that they may want';
  const note = lowered ? `; the configuration may need ${required}: TOO FEW, ${less}` : '';
  return `${open ?? 'unknown'} of ${limit ?? 'unknown'}${note}`;
}

/** The bounds hold in each worker: one may turn clients away while the sum over all is far from theirs. */
function connectionRows(
  workers: number,
  { open, openInBusiestWorker, maxPerWorker, dropped }: LimitsReport['connections'],
): string[][] {
  const fullest = workers === 1 ? '' : ` open; the busiest of ${workers} workers has ${openInBusiestWorker}`;
  const full = workers === 1 ? 'the worker was full' : 'a worker was full, even if others were not';
  return [
    ['connections', `${open}${fullest} of ${maxPerWorker} (limits.connections)`],
    ['dropped connection_limit', `${dropped.connection_limit} since the start: ${full}`],
    [
      'dropped client_limit',
      `${dropped.client_limit} since the start: a client reached its limit in a worker (limits.connectionsPerClient, or that of its shared range)`,
    ],
  ];
}

/** Of listeners of mode dns. */
function questionRows(questions: LimitsReport['questions'] | null): string[][] {
  if (questions === null || questions === undefined) return [];
  const { inFlight, max, maxTcpPerWorker, dropped } = questions;
  return [
    ['questions', `${inFlight} wait for a resolver, of ${max} (resolver.front.inFlight in each worker)`],
    [
      'connections of DNS clients',
      `at most ${maxTcpPerWorker} for each listener in each worker (resolver.front.tcpConnections)`,
    ],
    [
      'questions lost in_flight_limit',
      `${dropped.in_flight_limit} since the start: a worker had no place for one more`,
    ],
    [
      'questions lost client_limit',
      `${dropped.client_limit} since the start: a client reached its limit in a worker (limits.questionsPerClient, or that of its shared range)`,
    ],
  ];
}

/** One row for each figure, named as in the configuration: `limits.sharedAddresses[0].prefix`. */
function figureRows(name: string, value: unknown, levels = MAX_LEVELS): string[][] {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return [[name, String(value)]];
  if (typeof value !== 'object' || value === null) return [[name, 'none']];
  if (levels === 0) return [[name, '…']];
  if (Array.isArray(value)) return value.flatMap((item: unknown, i) => figureRows(`${name}[${i}]`, item, levels - 1));
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) =>
    figureRows(name === '' ? key : `${name}.${key}`, item, levels - 1),
  );
}

function reloadText({ configuration, restartRequired, clockFollowed }: ReadResult<'reload'>): string {
  const restart = restartRequired.length === 0 ? [] : [`restart required: ${restartRequired.join(', ')}`];
  return [
    `reloaded: configuration ${configuration}, lists up to date`,
    ...restart,
    ...clockLines({ clockFollowed }),
  ].join('\n');
}

function steerText({ announced, reviews }: SteerReport): string {
  const rows = reviews.map(({ address, reason, since, hosts, hostCount }) => {
    const more = hostCount > hosts.length ? `, ${hostCount} in all` : '';
    return [address, REVIEWS[reason], since, `${hosts.join(', ')}${more}`];
  });
  const head = `${announced} addresses are announced, ${rows.length} are not`;
  return rows.length === 0 ? head : [head, '', table([['address', 'why', 'since', 'hosts'], ...rows])].join('\n');
}

function traceText({ wasEnabled, endsAt, field, token }: ReadResult<'trace'>): string {
  if (endsAt === null) return wasEnabled ? 'the trace has ended' : 'there was no trace';
  return [
    `requests from that address that show this field are explained until ${endsAt}:`,
    `  ${field}: ${token}`,
    `like: curl -si -x http://PROXY:PORT -H '${field}: ${token}' http://HOST/PATH | grep -i ^${field}`,
  ].join('\n');
}

function bypassText({ bypass, wasEnabled, endsAt, zones }: ReadResult<'bypass'>): string {
  if (bypass)
    return [
      `BYPASS is on until ${endsAt ?? ''}: nothing is filtered; 'ctl bypass off' ends it`,
      ...zones.map((zone) => `  zone ${zone} stays as it is: resolvers go on refusing by it (docs/resolver.md)`),
    ].join('\n');
  return wasEnabled ? 'the bypass has ended: filtering is enabled again' : 'there was no bypass: filtering is enabled';
}

/** What a list does not do while it is off. */
const OFF: Readonly<Record<ListAction, string>> = {
  block: 'its entries refuse nothing',
  count: 'its entries count nothing',
  allow: 'its exceptions do not hold: what they allow is refused where another list has it',
};

function listOffText({ list, action, wasOff, offUntil }: ReadResult<'list'>): string {
  if (offUntil !== null) return `list ${list} is OFF until ${offUntil}: ${OFF[action]}; 'ctl list on ${list}' ends it`;
  return wasOff ? `list ${list} is on again` : `list ${list} was on`;
}
