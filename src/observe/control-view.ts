/**
 * What the control thread shows of itself: to `/metrics`, `/status` and `/readyz`. The control thread implements it;
 * reading it must be cheap and free of side effects. It holds no URL, host of an entry or client address.
 */
import type { ListenerMode } from '../config/types.ts';
import type { ListAction } from '../lib/types.ts';
import type { Explanation, ExplainQuestion, NotExplained } from './explanation.ts';

/** Where an entry can be enforced at all; `https` and `dns` see no more than a host. */
export const CHANNELS = ['http', 'https', 'dns'] as const;
export type Channel = (typeof CHANNELS)[number];

/** How an attempt to bring a list up to date ended. */
export const SYNC_RESULTS = ['updated', 'unchanged', 'rejected', 'failed'] as const;
export type SyncResult = (typeof SYNC_RESULTS)[number];

/** Why an update was not taken, as a label; the last good list stays. */
export const REJECTED_REASONS = [
  'unreadable',
  'bad_lines',
  'too_large',
  'timeout',
  'http_status',
  'redirect',
  'connect',
  'truncated',
  'corrupt',
  'unsupported',
  'canonical_form',
  'digest',
  'too_many_keys',
  'public_suffix',
  'growth',
  'shrink',
  'canary',
  'protected_host',
  'file_changing',
  'log_fork',
  'log_head',
  'log_witness',
  'secret',
  'signature',
  'expired',
  'rollback',
  'inconsistent',
  'decrypt',
  'state',
  'internal',
] as const;
export type RejectedReason = (typeof REJECTED_REASONS)[number];

/** The label of a reason (its code, list/list-error.ts): what only concerns us is one label, and its code is in the log. */
export function reasonLabel(code: string): RejectedReason {
  return REJECTED_REASONS.find((reason) => reason === code) ?? 'internal';
}

/** How a fault in the control thread came about that nobody caught. */
export const CONTROL_FAULT_KINDS = ['exception', 'rejection'] as const;
export type ControlFaultKind = (typeof CONTROL_FAULT_KINDS)[number];

/** What became of a question to `/explain`: the last two were asked too often, or too many different entries had been found. */
export const EXPLAIN_RESULTS = ['answered', 'too_often', 'slowed'] as const;
export type ExplainResult = (typeof EXPLAIN_RESULTS)[number];

/** How a self-test of a list ended; all but the first are failures. */
export const SELF_TEST_RESULTS = {
  ok: 0,
  /** The test address brought something else than the list's block page. */
  not_blocked: 0,
  /** A block page of the same content, and the list did not hit. */
  other_list: 0,
  /** An address that no list holds was refused. */
  harmless_refused: 0,
  /** The listener gave no answer in time. */
  no_answer: 0,
  /** `clients.allow` does not contain this machine. */
  client_denied: 0,
  /** Filtering is switched off. */
  bypass: 0,
  /** The list is switched off. */
  list_off: 0,
  /** No listener is open to which the list applies. */
  no_listener: 0,
} as const;
export type SelfTestResult = keyof typeof SELF_TEST_RESULTS;

export interface SelfTestRequests {
  readonly pass: number;
  readonly block: number;
  /** These two: what passed, to an origin that is none. */
  readonly refuse: number;
  readonly error: number;
}

/** The last self-test of one list. It names no address. */
export interface SelfTestStatus {
  readonly list: string;
  /** No: no listener can be asked for what the list marks by now. What was counted of it stays. */
  readonly isTested: boolean;
  readonly result: SelfTestResult;
  /** When it ended. */
  readonly at: number;
  /** How many test addresses the list has. */
  readonly addresses: number;
  /** How many test requests were refused since the start: they are in the counter of hits. */
  readonly refused: number;
  /** How many are in the counter of requests since the start, by verdict. */
  readonly requests: SelfTestRequests;
  /** The same of questions for names. */
  readonly questions: Pick<SelfTestRequests, 'pass' | 'block'>;
  /** The self-tests since the start. */
  readonly counts: Readonly<Record<SelfTestResult, number>>;
}

/** The versions of a list that its source tells apart; of a list in a file nothing is known of them. */
export interface ListVersions {
  /** Null: none is in force, or its source has no versions. */
  readonly inForce: string | null;
  /** A sanity rule of the gate refuses it, until an operator accepts it; `reason` is in words, without any text of the list. */
  readonly held: { readonly version: string; readonly code: RejectedReason; readonly reason: string } | null;
  /** It stays until it is released. */
  readonly pinned: string | null;
  /** To which `ctl rollback` would go back. */
  readonly previous: string | null;
  /** The entries that the publisher has withdrawn, whatever version is in force; null: the source has no such thing. */
  readonly withdrawn: number | null;
  /** The time at which what the publisher has signed expires, of the wall clock; null: it never does, or nobody has signed. */
  readonly expiresAt: number | null;
  /** The time at which the publisher was last heard, of the wall clock; null: nothing is known of one. */
  readonly heardAt: number | null;
  /** Milliseconds of silence since, by a clock that nobody can set; null likewise. */
  readonly silentMs: number | null;
  /** The host names that outlets are told: of which version, null if there are none, and what is wrong with them; null where none are fetched. */
  readonly names: { readonly version: string | null; readonly fault: string | null } | null;
}

/** Losses of another tool's list for one reason (docs/migration.md). */
export interface NotCarried {
  readonly kind: 'left' | 'narrower';
  /** A code that stays between releases. */
  readonly reason: string;
  /** Parts of lines. */
  readonly count: number;
  /** The place of the first, 1-based. */
  readonly line: number;
  readonly column: number;
}

export interface ListStatus {
  readonly name: string;
  readonly action: ListAction;
  readonly loaded: boolean;
  readonly entries: number;
  /** Entries whose last day is over. */
  readonly expired: number;
  /** Entries in force that cover a public suffix. */
  readonly publicSuffixes: number;
  /** Entries on protected hosts that it is used without (gate.protectedEntries). */
  readonly entriesLeftOut: number;
  /** Null: it is no list of another tool. */
  readonly notCarried: readonly NotCarried[] | null;
  readonly enforceable: Readonly<Record<Channel, number>>;
  /** When the list in force was last found to be current; null if it never loaded. This and all times here: milliseconds of lib/steady-clock.ts. */
  readonly currentAt: number | null;
  /** The time at which it came into force; null if it never did. */
  readonly loadedAt: number | null;
  /** The generation with which it came into force; 0 if it never did. */
  readonly version: number;
  /** The attempts since the start. */
  readonly syncs: Readonly<Record<SyncResult, number>>;
  readonly rejections: Readonly<Partial<Record<RejectedReason, number>>>;
  /** The last fault in words for /status (without any text of the list), null where the last attempt went well. */
  readonly lastError: string | null;
  /** What is in force, as a number of 48 bits: nodes that serve the same show the same. Null: it is not known. */
  readonly content: number | null;
  readonly turnover: ListTurnover;
  /** Much of the version in force is withdrawn (list/mass-withdrawal.ts). */
  readonly massWithdrawal: boolean;
  /** Whether the last-known-good copy on disk is the list in force; null: none is kept of a list in a file. */
  readonly cacheCurrent: boolean | null;
  readonly versions: ListVersions;
  /** When it is on again that was switched off (ctl list off); null: it is on. */
  readonly offUntil: number | null;
  /** How often it is asked for: how old it may be depends on it. Null: a list in a file is looked at by itself. */
  readonly intervalSeconds: number | null;
}

/** Entries that updates of a list have added and removed since the start; the first version adds none. */
export interface ListTurnover {
  readonly added: number;
  readonly removed: number;
  /** Updates of which that is not known: the versions were under different digest keys. */
  readonly unknown: number;
}

/** What refuses or steers by host name outside of this process: a zone, routes. */
export interface OutletStatus {
  /** `zone:…` or `routes`, as the configuration has it. */
  readonly name: string;
  readonly lists: readonly string[];
  /** Lists whose names it cannot be told, and why, in words; then it is told nothing, and what it has of before stays. */
  readonly missing: readonly { readonly list: string; readonly reason: string }[];
  /** When it was told what was in force last; null: it never was. */
  readonly toldAt: number | null;
  /** How often it failed since the start. */
  readonly failures: number;
  /** It failed the last time, or could not tell its resolver or router; that is tried again. */
  readonly isFailing: boolean;
}

/** The route feed for BGP steering. It names no address. */
export interface RouteStatus {
  readonly announced: number;
  /** Addresses that wait for an operator. */
  readonly held: number;
  readonly denied: number;
  /** Since the start. */
  readonly withdrawn: Readonly<Record<RouteWithdrawal, number>>;
  readonly failures: Readonly<Record<RouteFailure, number>>;
}

/** `removed`: the entry is. `gone`: its host leads elsewhere. `rate`: it carried too much. `never`: it must not be steered any more. `denied`: by an operator. */
export type RouteWithdrawal = 'removed' | 'gone' | 'rate' | 'never' | 'denied';

/** `dns`: no resolver knew. `ranges`: a file of them could not be read. `full`: there are more names or addresses than there may be. */
export type RouteFailure = 'dns' | 'ranges' | 'counters' | 'state' | 'write' | 'notify' | 'full' | 'altered';

/** A policy zone that is written for resolvers. */
export interface ZoneStatus {
  /** Of the configuration. */
  readonly name: string;
  /** Names and wildcards that it blocks. */
  readonly names: number;
  /** Names of lists that are not in it, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** When its file was last replaced, or found to be right at the start; null: it was not yet. */
  readonly writtenAt: number | null;
  /** Since the start. */
  readonly failures: {
    readonly write: number;
    readonly notify: number;
    /** Somebody else had written in its file. */
    readonly altered: number;
  };
}

/** One for each place where a listener listens. */
export interface ListenerStatus {
  readonly name: string;
  readonly mode: ListenerMode;
  readonly address: string;
  /** The port it really listens on; null until it does. */
  readonly port: number | null;
  /** Of one that takes datagrams: bytes of them that wait in the kernel at most, as the system granted them when it opened, and as configured. */
  readonly receiveBuffer?: { readonly granted: number; readonly wanted: number };
}

export interface WorkerStatus {
  readonly worker: number;
  /** `starting` … `listening` is its way into service; `gone`: it is about to be replaced. */
  readonly state: 'starting' | 'serving' | 'listening' | 'draining' | 'drained' | 'gone';
  /** The generation it has acknowledged; 0: none yet. */
  readonly generation: number;
  /** It does not answer and is being replaced. */
  readonly unresponsive: boolean;
  readonly startedAt: number;
  /** It tells how often the worker was replaced. */
  readonly restarts: number;
}

export interface ConfigurationStatus {
  readonly file: string;
  /** The time at which the configuration in force was taken over. */
  readonly loadedAt: number;
  /** Keys whose new value needs a restart. */
  readonly restartRequired: readonly string[];
  /** The number of workers is that of the machine. */
  readonly workersAuto: boolean;
  /** It tells why the present content of the file was refused; empty if it was not. */
  readonly errors: readonly string[];
}

export interface DescriptorStatus {
  /** The descriptors that the process may have open, and has open; null if the system does not tell. */
  readonly limit: number | null;
  readonly open: number | null;
  /** What the configuration as written may need at the worst. */
  readonly required: number;
  /** Client connections per worker: as configured, and as the limit allows. */
  readonly connections: number;
  readonly effective: number;
  /** The limit is too low for the configuration. */
  readonly lowered: boolean;
}

/** What the process takes of its machine. */
interface ResourceStatus {
  /** User and system time of all threads since the start. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Null: the system does not tell. */
  readonly virtualBytes: number | null;
  /** What the control group may take (MemoryMax=); null: as much as there is. */
  readonly memoryLimit: number | null;
  /** The buffers of the lists, of the generation before and spare ones too, resident or not. */
  readonly listBytes: number;
}

export interface ControlView {
  readonly version: string;
  readonly startedAt: number;
  lists(): readonly ListStatus[];
  /** Of each list of the configuration that was tested. */
  selfTests(): readonly SelfTestStatus[];
  outlets(): readonly OutletStatus[];
  /** @returns null if no routes are written. */
  routes(): RouteStatus | null;
  zones(): readonly ZoneStatus[];
  listeners(): readonly ListenerStatus[];
  /** The generation requests are judged by; 0: none yet. */
  generation(): number;
  workers(): readonly WorkerStatus[];
  workerRestarts(): number;
  /** Faults in the control thread that nobody caught, since start. */
  uncaughtFaults(): Readonly<Record<ControlFaultKind, number>>;
  configuration(): ConfigurationStatus;
  descriptors(): DescriptorStatus;
  resources(): ResourceStatus;
  /** @returns in words why `ctl` cannot reach this instance; null if it can. */
  controlFault(): string | null;
  /** By the clock of this machine, in seconds since the epoch. */
  time(): number;
  /** How far the clock has jumped, in seconds, while entries expire by the time before; 0: it has not. */
  clockJump(): number;
  bypass(): boolean;
  /** @returns when it ends by itself; null if it is off. */
  bypassEndsAt(): number | null;
  /** By what is in force at this moment. It counts nothing and keeps nothing of the question. */
  explain(question: ExplainQuestion): Explanation | NotExplained;
  /** Questions to the admin side's `/explain` since start, by what became of them. */
  explainRequests(): Readonly<Record<ExplainResult, number>>;
  /** @returns when the trace of a client's requests ends by itself; null if there is none. */
  traceEndsAt(): number | null;
  /** It is about to stop: a lame duck, or later. */
  draining(): boolean;
  /** @returns why this instance should get no traffic, in words for an operator; empty if it is ready. */
  notReady(): readonly string[];
}
