/** What `cleanfeed guard` is told (guard.ts). Durations are in milliseconds. Types only: it must not hold any logic. */

/** A program and its arguments; no shell reads it. */
type Command = readonly string[];

export interface GuardConfig {
  /** Where the guard serves its page; the filter may connect there, whatever `upstream.allow` says. */
  readonly origin: { readonly address: string; readonly port: number };
  readonly probes: readonly GuardProbe[];
  readonly listed: { readonly url: string; readonly intervalMs: number } | null;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly failures: number;
  readonly successes: number;
  readonly connections: number;
  readonly partialMs: number;
  readonly holdMs: number;
  readonly maxHoldMs: number;
  readonly calmMs: number;
  readonly actions: { readonly out: readonly Command[]; readonly back: readonly Command[] };
  readonly check: Command | null;
  readonly commandTimeoutMs: number;
  readonly fleet: {
    readonly minimum: number;
    /** Null: nobody counts. */
    readonly count: Command | null;
    readonly own: number;
    readonly ifUnknown: 'act' | 'stay';
  };
  readonly drain: 'withdraw' | 'ignore';
  readonly drainAfterMs: number;
  readonly onStop: 'leave' | 'out';
  readonly metrics: { readonly address: string; readonly port: number };
}

/** Null: as the listener says, or as its mode needs it. */
export interface GuardProbe {
  readonly listener: string;
  readonly address: string | null;
  readonly port: number | null;
  readonly from: string | null;
  readonly host: string | null;
}
