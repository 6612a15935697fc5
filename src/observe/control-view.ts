/**
 * What the control thread shows of itself: to `/metrics`, `/status` and `/readyz`. The control thread implements it;
 * reading it must be cheap and free of side effects. It holds no URL, host of an entry or client address.
 */
import type { ListAction } from '../lib/types.ts';

/** Where an entry can be enforced at all; `https` and `dns` see no more than a host. */
export const CHANNELS = ['http', 'https', 'dns'] as const;
export type Channel = (typeof CHANNELS)[number];

/** How an attempt to bring a list up to date ended. */
export const SYNC_RESULTS = ['updated', 'unchanged', 'rejected', 'failed'] as const;
export type SyncResult = (typeof SYNC_RESULTS)[number];

/** Why an update was not taken; the last good list stays. */
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
  'too_many_keys',
  'public_suffix',
  'file_changing',
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

export interface ListStatus {
  readonly name: string;
  readonly action: ListAction;
  readonly loaded: boolean;
  readonly entries: number;
  /** Entries in force that cover a public suffix. */
  readonly publicSuffixes: number;
  readonly enforceable: Readonly<Record<Channel, number>>;
  /** When the list in force was last found to be current; null: never loaded. This and all times here: milliseconds of lib/steady-clock.ts. */
  readonly currentAt: number | null;
  /** When it came into force; null: never. */
  readonly loadedAt: number | null;
  /** Generation with which it came into force; 0: never. */
  readonly version: number;
  /** Attempts since start. */
  readonly syncs: Readonly<Record<SyncResult, number>>;
  readonly rejections: Readonly<Partial<Record<RejectedReason, number>>>;
  /** The last fault in words for /status (without any text of the list), null where the last attempt went well. */
  readonly lastError: string | null;
  /** Whether the last-known-good copy on disk is the list in force; null: none is kept of a list in a file. */
  readonly cacheCurrent: boolean | null;
}

export interface ListenerStatus {
  readonly name: string;
  readonly address: string;
  /** The port it really listens on; null until it does. */
  readonly port: number | null;
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
  /** How often it was replaced. */
  readonly restarts: number;
}

export interface ConfigurationStatus {
  readonly file: string;
  /** When the one in force was taken over. */
  readonly loadedAt: number;
  /** Keys whose new value needs a restart. */
  readonly restartRequired: readonly string[];
  /** Why the file as it is now was refused; empty: it was not. */
  readonly errors: readonly string[];
}

export interface DescriptorStatus {
  /** What the process may have open, and has; null: the system does not tell. */
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

export interface ControlView {
  readonly version: string;
  readonly startedAt: number;
  lists(): readonly ListStatus[];
  listeners(): readonly ListenerStatus[];
  /** The generation requests are judged by; 0: none yet. */
  generation(): number;
  workers(): readonly WorkerStatus[];
  workerRestarts(): number;
  /** Faults in the control thread that nobody caught, since start. */
  uncaughtFaults(): Readonly<Record<ControlFaultKind, number>>;
  configuration(): ConfigurationStatus;
  descriptors(): DescriptorStatus;
  /** Why `ctl` cannot reach this instance, in words; null: it can. */
  controlFault(): string | null;
  bypass(): boolean;
  /** When it ends by itself; null: it is off. */
  bypassEndsAt(): number | null;
  /** Why this instance should get no traffic, in words for an operator; empty: ready. */
  notReady(): readonly string[];
}
