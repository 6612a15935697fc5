/**
 * What may be asked at the control socket. Each command is short: it asks or tells a part of the control thread, and says
 * what came of it. Arguments are checked here; nothing inside checks them again. It must not know how a command is carried out.
 */
import type { Handler } from '../admin/control-requests.ts';
import { statusOf } from '../admin/status.ts';
import { ListError } from '../list/list-error.ts';
import { nearest } from '../lib/nearest.ts';
import { formatPrefix } from '../lib/prefix.ts';
import { isoTimeOrNull, steadyNow } from '../lib/steady-clock.ts';
import type { Time } from '../lib/time.ts';
import { withoutSecrets } from './without-secrets.ts';
import type {
  AttentionReport,
  BypassReport,
  CommandName,
  DiagnosisReport,
  ControlResult,
  DrainReport,
  Explanation,
  InstanceReport,
  LimitsReport,
  ListOffReport,
  ReloadResult,
  Reply,
  Report,
  StatusReport,
  SteerReport,
  TraceReport,
  VersionsReport,
} from '../observe/control-protocol.ts';
import { clockLines } from '../observe/control-protocol.ts';
import type { Decision } from '../list/decision.ts';
import type { ListUpdater } from '../list/updater.ts';
import type { EntryReport } from '../observe/entry-protocol.ts';
import type { ControlView } from '../observe/control-view.ts';
import type { TrafficTotals } from '../observe/traffic.ts';
import type { EntryLedger } from '../report/entry-ledger.ts';
import type { ReportLedger } from '../report/ledger.ts';
import { reportOf } from '../report/report.ts';
import type { Bypass } from './bypass.ts';
import type { ConfigInForce } from './config-in-force.ts';
import { askerOf } from './explain-service.ts';
import { TRACE_FIELD } from '../accept/http/request-trace.ts';
import type { ListsOff } from './lists-off.ts';
import { NO_ROUTES } from './route-service.ts';
import type { RouteService } from './route-service.ts';
import type { TraceSwitch } from './trace-switch.ts';

export interface CommandParts {
  readonly time: Time;
  readonly view: ControlView;
  readonly bypass: Bypass;
  readonly listsOff: Pick<ListsOff, 'off' | 'on' | 'isOff' | 'endsAt'>;
  readonly traffic: () => TrafficTotals;
  /** The lines of "Needs attention", the gravest first. */
  readonly attention: () => readonly AttentionReport[];
  readonly inForce: ConfigInForce;
  /** @param isUnattended no operator stands behind it. @returns null if the instance is ending. */
  readonly reload: (isUnattended: boolean) => Promise<ReloadResult | null>;
  readonly lists: Pick<ListUpdater, 'decide'>;
  /** It is null if this instance cannot be asked to end. */
  readonly drain: ((isAtOnce: boolean) => void) | null;
  /** Resolves when every list that has a test address has been tested. */
  readonly selfTest: () => Promise<void>;
  readonly report: Pick<ReportLedger, 'days'>;
  readonly entries: Pick<EntryLedger, 'report'>;
  readonly trace: TraceSwitch;
  readonly diagnosis: () => Promise<DiagnosisReport>;
  readonly routes: Pick<RouteService, 'held' | 'decide' | 'unfinished'>;
}

/** Of a bypass, or a list that is off. An operator who needs longer has no incident but a decision to make. */
const LONGEST_SECONDS = 86_400;
const DURATIONS = `from 1 second to ${LONGEST_SECONDS / 3600} hours`;

export type ControlCommands = { readonly [Name in CommandName]: Handler<ControlResult<Name>> };

export function controlCommands(parts: CommandParts): ControlCommands {
  return {
    status: () => done(status(parts)),
    workers: () => done(status(parts).workers),
    limits: () => done(limits(parts)),
    explain: (args) => explain(parts, args),
    reload: async ({ unattended }) => reload(await parts.reload(unattended === true)),
    accept: async ({ list, version }) => await decide(parts, list, { kind: 'accept', version: String(version) }),
    rollback: async ({ list }) => await decide(parts, list, { kind: 'rollback' }),
    release: async ({ list }) => await decide(parts, list, { kind: 'release' }),
    drain: ({ now }) => drain(parts, now === true),
    bypass: ({ seconds }) => bypass(parts, seconds),
    list: ({ list, seconds }) => switchList(parts, String(list), seconds),
    report: async ({ from, to }) => await report(parts, from, to),
    trace: ({ client, seconds }) => trace(parts, client, seconds),
    diagnosis: async () => done(await parts.diagnosis()),
    entries: async ({ from, to }) => await entries(parts, from, to),
    selftest: async () => await selfTest(parts),
    steer: async ({ action, address }) => await steer(parts, action, address),
  };
}

function done<Result>(result: Result): Reply<Result> {
  return { ok: true, result };
}

async function report(parts: CommandParts, from: unknown, to: unknown): Promise<Reply<Report>> {
  if (typeof from !== 'string' || typeof to !== 'string')
    return { ok: false, code: 'usage', message: 'a report is of days, from one to another' };
  return done(reportOf(await parts.report.days({ from, to })));
}

async function entries(parts: CommandParts, from: unknown, to: unknown): Promise<Reply<EntryReport>> {
  if (typeof from !== 'string' || typeof to !== 'string')
    return { ok: false, code: 'usage', message: 'entries are told of days, from one to another' };
  return done(await parts.entries.report({ from, to }));
}

async function selfTest({ selfTest: run, view }: CommandParts): Promise<Reply<InstanceReport>> {
  const before = steadyNow();
  await run();
  const tested = new Set(view.selfTests().flatMap(({ list, at }) => (at >= before ? [list] : [])));
  const report = statusOf(view, steadyNow());
  // What was found before is no answer to who asks now.
  return done({ ...report, selfTests: report.selfTests.filter(({ list }) => tested.has(list)) });
}

function status({ view, traffic, attention }: CommandParts): StatusReport {
  return { ...statusOf(view, steadyNow()), pid: process.pid, attention: attention(), traffic: traffic() };
}

function explain({ view }: CommandParts, args: Readonly<Record<string, unknown>>): Reply<Explanation> {
  const { url } = args;
  if (typeof url !== 'string') return { ok: false, code: 'usage', message: 'there is no address in the question' };
  const explained = view.explain({ url, ...askerOf(args) });
  return 'code' in explained ? { ok: false, ...explained } : done(explained);
}

/** It tells the bounds in force, how near to them the instance is, and how often clients were turned away. */
function limits({ inForce, traffic, view }: CommandParts): LimitsReport {
  const { config } = inForce.current;
  const { connections, connectionsOfFullest, dropped, questions } = traffic();
  const { front } = config.resolver;
  return {
    workers: config.workers,
    limits: {
      ...config.limits,
      sharedAddresses: config.limits.sharedAddresses.map((range) => ({ ...range, prefix: formatPrefix(range.prefix) })),
    },
    timeouts: config.timeouts,
    connections: {
      open: connections,
      max: config.limits.connections * config.workers,
      openInBusiestWorker: connectionsOfFullest,
      maxPerWorker: config.limits.connections,
      dropped: { connection_limit: dropped.connection_limit, client_limit: dropped.client_limit },
    },
    questions: config.listeners.every(({ mode }) => mode !== 'dns')
      ? null
      : {
          inFlight: questions.inFlight,
          max: front.inFlight * config.workers,
          maxTcpPerWorker: front.tcpConnections,
          dropped: {
            in_flight_limit: questions.dropped.in_flight_limit,
            client_limit: questions.dropped.client_limit,
          },
        },
    descriptors: view.descriptors(),
  };
}

function reload(outcome: ReloadResult | null): Reply<ReloadResult> {
  if (outcome === null)
    return { ok: false, code: 'unavailable', message: 'the instance is ending: nothing is reloaded' };
  const { configuration, errors, lists } = outcome;
  const refused = (code: 'config' | 'list', lines: readonly string[]): Reply<ReloadResult> => ({
    ok: false,
    code,
    // The clock may be what keeps a list from being taken.
    message: withoutSecrets([...lines, ...clockLines(outcome)].join('\n')),
  });
  if (configuration === 'refused') return refused('config', errors);
  return lists.length > 0 ? refused('list', lists) : done(outcome);
}

async function decide(
  { lists, view }: CommandParts,
  list: unknown,
  decision: Decision,
): Promise<Reply<VersionsReport>> {
  const name = String(list);
  try {
    const details = await lists.decide(name, decision);
    if (details === null) return unknownList(name, view);
    const { versions, lastError } = details;
    const report: VersionsReport = { list: name, ...versions, lastError };
    const fault = undecided(report, decision);
    return fault === null ? done(report) : { ok: false, code: 'list', message: withoutSecrets(fault) };
  } catch (error) {
    if (!(error instanceof ListError)) throw error;
    return { ok: false, code: 'list', message: withoutSecrets(`list ${name}: ${error.message}`) };
  }
}

/** @returns why the version that was asked for is not in force; null if it is, or none was asked for. */
function undecided({ list, inForce, pinned, lastError }: VersionsReport, decision: Decision): string | null {
  const wanted = { accept: decision.kind === 'accept' ? decision.version : null, rollback: pinned, release: inForce };
  const version = wanted[decision.kind];
  return version === inForce ? null : `list ${list}: version ${version} is not in force: ${lastError ?? 'ask again'}`;
}

function unknownList(name: string, view: ControlView): Reply<never> {
  const names = view.lists().map((list) => list.name);
  const near = nearest(name, names);
  const hint = near === null ? `there are: ${names.join(', ')}` : `did you mean '${near}'?`;
  return { ok: false, code: 'usage', message: `there is no list '${name}'; ${hint}` };
}

function drain({ drain: begin, inForce, view, time }: CommandParts, isAtOnce: boolean): Reply<DrainReport> {
  if (begin === null) return { ok: false, code: 'unavailable', message: 'this instance cannot be asked to end' };
  // After the answer: the socket ends with the instance.
  time.nextTurn(() => begin(isAtOnce));
  const { lameDuckMs, drainMs } = inForce.current.config.shutdown;
  const isOpen = view.listeners().some(({ port }) => port !== null);
  return done({ lameDuckMs: isAtOnce || !isOpen ? 0 : lameDuckMs, drainMs });
}

async function steer({ routes }: CommandParts, action: unknown, address: unknown): Promise<Reply<SteerReport>> {
  if (action !== 'held' && action !== 'release' && action !== 'deny')
    return { ok: false, code: 'usage', message: 'there is: held, release, deny' };
  const fault = action === 'held' ? null : await routes.decide(action, String(address));
  if (fault !== null) return { ok: false, code: 'usage', message: fault };
  const unfinished = action === 'held' ? null : routes.unfinished();
  if (unfinished !== null) return { ok: false, code: 'unavailable', message: unfinished };
  const report = routes.held();
  return report === null ? { ok: false, code: 'usage', message: NO_ROUTES } : done(report);
}

/** @param seconds 0 switches it off. */
function bypass(parts: CommandParts, seconds: unknown): Reply<BypassReport> {
  if (!isDuration(seconds)) return { ok: false, code: 'usage', message: `a bypass lasts ${DURATIONS}` };
  const was = parts.bypass.endsAt !== null;
  if (seconds === 0) parts.bypass.off('requested');
  else parts.bypass.on(seconds);
  const { endsAt } = parts.bypass;
  return done({
    bypass: endsAt !== null,
    wasEnabled: was,
    endsAt: isoTimeOrNull(endsAt),
    zones: parts.inForce.current.config.resolver.zones.map(({ name }) => name),
  });
}

const NOT_TRACED =
  "no listener of this instance is explicit, and elsewhere what clients get is not changed by a byte: nothing can be traced; 'ctl explain' tells what is done with an address";

/** @param seconds 0 switches it off. */
function trace({ trace: traced, inForce }: CommandParts, client: unknown, seconds: unknown): Reply<TraceReport> {
  const wasEnabled = traced.endsAt !== null;
  if (seconds === 0) {
    traced.off('requested');
    return done({ wasEnabled, endsAt: null, field: null, token: null });
  }
  if (typeof client !== 'string' || typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 1)
    return { ok: false, code: 'usage', message: 'a trace is of an address, for at least a second' };
  if (inForce.current.config.listeners.every(({ mode }) => mode !== 'explicit'))
    return { ok: false, code: 'usage', message: NOT_TRACED };
  const outcome = traced.on(client, seconds);
  if (typeof outcome === 'string') return { ok: false, code: 'usage', message: outcome };
  return done({ wasEnabled, endsAt: isoTimeOrNull(traced.endsAt), field: TRACE_FIELD, token: outcome.token });
}

/** @param seconds 0 switches it on. */
function switchList({ listsOff, view }: CommandParts, name: string, seconds: unknown): Reply<ListOffReport> {
  const list = view.lists().find((each) => each.name === name);
  if (list === undefined) return unknownList(name, view);
  if (!isDuration(seconds)) return { ok: false, code: 'usage', message: `a list is off ${DURATIONS}` };
  const wasOff = listsOff.isOff(name);
  if (seconds === 0) listsOff.on(name, 'requested');
  else listsOff.off(name, seconds);
  return done({ list: name, action: list.action, wasOff, offUntil: isoTimeOrNull(listsOff.endsAt(name)) });
}

function isDuration(seconds: unknown): seconds is number {
  return typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= 0 && seconds <= LONGEST_SECONDS;
}
