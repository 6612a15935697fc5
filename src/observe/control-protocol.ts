/**
 * What is said over the control socket: one line of JSON each way, one request a connection.
 *
 *   {"command":"bypass","seconds":1800}\n ──▶ {"ok":true,"result":…}\n
 *   or                                       {"ok":false,"code":"usage","message":…}\n
 *
 * Before each reply stands a blank, which tells the instance whether anybody still waits for it: of what nobody waits for it does nothing.
 *
 * With `lines` in the request of a command that takes them (explain), a head comes back, then one answer for each line that is sent
 * after it, in order, until the sender ends: {"command":"explain","lines":true}\n http://…\n http://…\n. With `brief` each answer is a `BriefExplanation`.
 *
 * `ControlProtocol` says for each command what its request carries and what its reply brings; the instance and `ctl` are both
 * typed by it, and must not write shapes of their own.
 */
import type { ListAction } from '../lib/types.ts';
import type { Shown } from '../config/shown-config.ts';
import type { LimitsConfig, SharedRange, TimeoutsConfig } from '../config/types.ts';
import type {
  ConfigurationStatus,
  ControlFaultKind,
  DescriptorStatus,
  ListenerStatus,
  ListStatus,
  OutletStatus,
  RouteStatus,
  SelfTestStatus,
  SyncResult,
  ListVersions,
  WorkerStatus,
} from './control-view.ts';
import type { Explanation, ExplainQuestion } from './explanation.ts';
import type { EntryReport } from './entry-protocol.ts';
import type { TrafficTotals, VerdictName } from './traffic.ts';

export type { Explanation } from './explanation.ts';

interface ControlProtocol {
  readonly status: { readonly args: object; readonly result: StatusReport };
  readonly workers: { readonly args: object; readonly result: readonly WorkerReport[] };
  readonly limits: { readonly args: object; readonly result: LimitsReport };
  /** By what is in force at this moment. */
  readonly explain: {
    readonly args: ExplainQuestion & { readonly brief?: boolean };
    readonly result: Explanation;
  };
  /** `unattended`: no operator stands behind it, who would say that a clock which has jumped is right. */
  readonly reload: { readonly args: { readonly unattended?: boolean }; readonly result: ReloadResult };
  /** With `now` there is no lame duck. */
  readonly drain: { readonly args: { readonly now?: boolean }; readonly result: DrainReport };
  /** A version of a list that the gate holds is taken after all, once. */
  readonly accept: {
    readonly args: { readonly list: string; readonly version: string };
    readonly result: VersionsReport;
  };
  /** The version before the one in force is pinned. */
  readonly rollback: { readonly args: { readonly list: string }; readonly result: VersionsReport };
  /** The pinned version is no longer. */
  readonly release: { readonly args: { readonly list: string }; readonly result: VersionsReport };
  /** With 0 `seconds` it ends. */
  readonly bypass: { readonly args: { readonly seconds: number }; readonly result: BypassReport };
  /** Responses to this client explain themselves, if its request shows the token. With 0 `seconds` it ends. */
  readonly trace: {
    readonly args: { readonly client: string; readonly seconds: number };
    readonly result: TraceReport;
  };
  /** With 0 `seconds` it is on again. */
  readonly list: {
    readonly args: { readonly list: string; readonly seconds: number };
    readonly result: ListOffReport;
  };
  /** Of the addresses that are held: shows them, lets one be announced, or never. `address` with the latter two. */
  readonly steer: {
    readonly args: { readonly action: SteerAction; readonly address?: string };
    readonly result: SteerReport;
  };
  /** Every list that has a test address is tested first. */
  readonly selftest: { readonly args: object; readonly result: InstanceReport };
  /** Days in UTC, `YYYY-MM-DD`, both included. */
  readonly report: { readonly args: { readonly from: string; readonly to: string }; readonly result: Report };
  /** What only the instance knows, for a support bundle. */
  readonly diagnosis: { readonly args: object; readonly result: DiagnosisReport };
  /** The same of entries. */
  readonly entries: { readonly args: { readonly from: string; readonly to: string }; readonly result: EntryReport };
}

export type CommandName = keyof ControlProtocol;

/** An instance that runs another configuration than the one named does nothing (`other_configuration`). */
export type ControlRequest<Name extends CommandName = CommandName> = {
  readonly command: Name;
  readonly configuration?: NamedConfiguration;
} & ControlProtocol[Name]['args'];

export type ControlResult<Name extends CommandName = CommandName> = ControlProtocol[Name]['result'];

export type Reply<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly code: RefusalCode; readonly message: string };

/** Why a command was not carried out; `ctl` makes an exit code of it. */
export const REFUSAL_CODES = ['usage', 'config', 'list', 'unavailable', 'other_configuration', 'internal'] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** How a request names a configuration file. */
export interface NamedConfiguration {
  /** Absolute path, as it was named. */
  readonly file: string;
  /** The path that it leads to through symbolic links; null if there is no such file. */
  readonly real: string | null;
}

/** What `/status` says too; all times in ISO 8601, UTC. */
export interface InstanceReport {
  readonly version: string;
  readonly node: string;
  readonly now: string;
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly ready: boolean;
  /** It tells why the instance is not ready. */
  readonly reasons: readonly string[];
  readonly configuration: Timed<ConfigurationStatus, 'loadedAt'>;
  readonly controlSocketError: string | null;
  readonly bypass: boolean;
  readonly bypassEndsAt: string | null;
  readonly traceEndsAt: string | null;
  readonly generation: number;
  readonly descriptors: DescriptorStatus;
  readonly workers: readonly WorkerReport[];
  readonly workerRestarts: number;
  readonly uncaughtErrors: Readonly<Record<ControlFaultKind, number>>;
  readonly clockJumpSeconds: number;
  readonly listeners: readonly ListenerStatus[];
  readonly lists: readonly ListReport[];
  readonly selfTests: readonly SelfTestReport[];
  readonly outlets: readonly OutletReport[];
  readonly routes: RouteStatus | null;
}

/** One line of "Needs attention". */
export interface AttentionReport {
  /** It stays as it is between releases. */
  readonly code: string;
  readonly severity: 'bypass' | 'fault' | 'warning';
  readonly text: string;
  /** The list that it is about; null: none. */
  readonly list: string | null;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** File and heading in docs, `operations.md#cleanfeedbypass`: the admin address has it at `/runbook/cleanfeedbypass`. */
  readonly runbook: string;
  /** The command to type. */
  readonly command: string;
}

export interface StatusReport extends InstanceReport {
  readonly pid: number;
  /** The gravest first. */
  readonly attention: readonly AttentionReport[];
  readonly traffic: TrafficTotals;
}

export type WorkerReport = Timed<WorkerStatus, 'startedAt'>;
export type OutletReport = Timed<OutletStatus, 'toldAt'>;
export type SelfTestReport = Timed<Omit<SelfTestStatus, 'isTested'>, 'at'>;
export type ListReport = Omit<Timed<ListStatus, 'currentAt' | 'loadedAt' | 'offUntil'>, 'versions'> & {
  readonly versions: Timed<Omit<ListStatus['versions'], 'silentMs'>, 'expiresAt' | 'heardAt'>;
};

/** The bounds in force, and how near to them the instance is. */
export interface LimitsReport {
  readonly workers: number;
  readonly limits: Omit<LimitsConfig, 'sharedAddresses'> & {
    readonly sharedAddresses: readonly (Omit<SharedRange, 'prefix'> & { readonly prefix: string })[];
  };
  readonly timeouts: Readonly<Record<keyof TimeoutsConfig, number>>;
  readonly connections: {
    /** The connections of all workers. */
    readonly open: number;
    readonly max: number;
    /** The connections of the worker that has the most. */
    readonly openInBusiestWorker: number;
    readonly maxPerWorker: number;
    /** Connections that were dropped since the start, by the reasons of `/metrics`. */
    readonly dropped: { readonly connection_limit: number; readonly client_limit: number };
  };
  /** Null: no listener is of mode dns. */
  readonly questions: {
    /** Those that wait for a resolver, of all workers; `max` likewise. */
    readonly inFlight: number;
    readonly max: number;
    readonly maxTcpPerWorker: number;
    /** By the reasons of `/metrics`. */
    readonly dropped: { readonly in_flight_limit: number; readonly client_limit: number };
  } | null;
  readonly descriptors: DescriptorStatus;
}

export interface ReloadReport {
  readonly configuration: 'unchanged' | 'applied' | 'refused';
  /** It tells why the file was refused, in the words of `check`. */
  readonly errors: readonly string[];
  /** Keys whose new value needs a restart. */
  readonly restartRequired: readonly string[];
  /** Lists whose last update was not taken, in words. */
  readonly lists: readonly string[];
}

export interface ReloadResult extends ReloadReport {
  /** The time that is followed from now on, where the clock had been set (ISO 8601); null: it had not. */
  readonly clockFollowed: string | null;
}

/** The line that says so, in an answer and in a refusal; none where it had not been set. */
export function clockLines({ clockFollowed }: Pick<ReloadResult, 'clockFollowed'>): readonly string[] {
  return clockFollowed === null ? [] : [`the clock had been set, and is followed from now on: ${clockFollowed}`];
}

/** What has become of a list after a decision about its versions. */
export interface VersionsReport extends ListVersions {
  readonly list: string;
  readonly lastError: string | null;
}

/** Milliseconds. */
export interface DrainReport {
  readonly lameDuckMs: number;
  readonly drainMs: number;
}

export type SteerAction = 'held' | 'release' | 'deny';

export interface SteerReport {
  /** Addresses that are announced. */
  readonly announced: number;
  /** Held and denied, the oldest first. */
  readonly reviews: readonly ReviewedAddress[];
}

interface ReviewedAddress {
  readonly address: string;
  /** `many`: new ones in one update of its host. `changing`: its host had too many new ones. `rate`: it carried too much. `denied`: by an operator. */
  readonly reason: 'many' | 'changing' | 'rate' | 'denied';
  /** ISO 8601, UTC. */
  readonly since: string;
  /** Listed hosts that lead there, at most three. */
  readonly hosts: readonly string[];
  /** How many do. */
  readonly hostCount: number;
}

/** A count of customers' requests: rounded down; null: more than none, and fewer than what is rounded to. */
export type ShownCount = number | null;

export interface Report {
  readonly roundedTo: number;
  /** The days of which something was kept, the earliest first. */
  readonly days: readonly ReportDay[];
  readonly total: ReportDay;
}

export interface ReportDay {
  /** UTC, `YYYY-MM-DD`; `total` of all. */
  readonly day: string;
  readonly requests: Readonly<Record<VerdictName, ShownCount>>;
  /** For names, at DNS listeners. An instance of an earlier release does not tell. */
  readonly questions?: Readonly<Record<VerdictName | 'steer', ShownCount>>;
  readonly lists: readonly ListDay[];
}

export interface ListDay {
  readonly list: string;
  readonly hits: Readonly<Record<ListAction, ShownCount>>;
  readonly updates: Readonly<Record<SyncResult, number>>;
  readonly selfTests: { readonly passed: number; readonly failed: number };
  /** The longest time that the list in force was not found to be current; null: not known. */
  readonly oldestSeconds: number | null;
}

/** It holds no secret, no address of a client and no URL. */
export interface DiagnosisReport {
  /** As shown-config.ts shows it. */
  readonly configuration: Shown;
  /** As `/metrics` says. */
  readonly metrics: string;
  /** The last lines of the log, the earliest first. */
  readonly log: readonly string[];
  /** Where credentials of the configuration in force lie, so that nobody shows it (config/credential-places.ts). */
  readonly credentials: readonly string[];
}

export interface TraceReport {
  /** It was on before. */
  readonly wasEnabled: boolean;
  readonly endsAt: string | null;
  /** The field that requests show the token in, and responses have; null: it is off. */
  readonly field: string | null;
  readonly token: string | null;
}

export interface BypassReport {
  /** Nothing is filtered. */
  readonly bypass: boolean;
  /** It was so before. */
  readonly wasEnabled: boolean;
  readonly endsAt: string | null;
  /** Policy zones, by which resolvers go on refusing. */
  readonly zones: readonly string[];
}

export interface ListOffReport {
  readonly list: string;
  readonly action: ListAction;
  /** It was off before. */
  readonly wasOff: boolean;
  readonly offUntil: string | null;
}

/** The same with some times, milliseconds in the view, as texts. */
type Timed<View, Times extends keyof View> = Omit<View, Times> & {
  readonly [Time in Times]: null extends View[Time] ? string | null : string;
};
