/**
 * What the guard is told; `commands/guard.ts` takes it from the configuration. All times are in milliseconds.
 * It must not read the configuration itself.
 */

/** A program and its arguments; no shell reads it. */
export type Command = readonly string[];

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** One listener and its probe: a request for the page, or a question of DNS. */
export interface ProbeSettings {
  /** Name of the listener: a label. */
  readonly listener: string;
  /** `absolute`: the request names its origin, as to a proxy; `origin`: only Host names it; `dns`: it is a question. */
  readonly form: 'absolute' | 'origin' | 'dns';
  /** What is connected to, and from which address of this machine; null: as the system chooses. */
  readonly to: Endpoint;
  readonly from: string | null;
  /** It comes before the request: a PROXY header where the listener requires one; empty: nothing. */
  readonly before: string;
  /** Host of the request. */
  readonly host: string;
}

/** When a listener counts as dead or alive. */
export interface HealthTerms {
  /** Rounds in a row in which nothing was answered. */
  readonly failures: number;
  /** Rounds in a row in which everything was answered. */
  readonly successes: number;
  /** Connections of a round that looks closer; one is enough while all is well. */
  readonly connections: number;
}

export interface PathTerms {
  /** How long a part of the connections may fail. */
  readonly partialMs: number;
  /** How long the filter must have been healthy before it comes back, the first time; twice as long each time, up to `maxHoldMs`. */
  readonly holdMs: number;
  readonly maxHoldMs: number;
  /** After so long in the path the next failure is the first again. */
  readonly calmMs: number;
  readonly drain: 'withdraw' | 'ignore';
  /** How long a filter that says that it drains stays in the path. */
  readonly drainAfterMs: number;
  readonly onStop: 'leave' | 'out';
  readonly fleet: FleetTerms;
}

interface FleetTerms {
  /** Other nodes that must remain; 0: nobody asks. */
  readonly minimum: number;
  /** How many of the routes that are counted are this node's. */
  readonly own: number;
  /** What is done where their number cannot be known. */
  readonly ifUnknown: 'act' | 'stay';
}

export interface GuardSettings {
  /** Where the guard serves its page. */
  readonly origin: Endpoint;
  /** The filter listens at the port of the page on all addresses, as the same user: the page shares it (SO_REUSEPORT). */
  readonly isPageBesideFilter: boolean;
  readonly probes: readonly ProbeSettings[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly health: HealthTerms;
  readonly path: PathTerms;
  /** Commands that take the filter out of the path and put it back; none: the guard only tells. */
  readonly actions: { readonly out: readonly Command[]; readonly back: readonly Command[] };
  /** Exit status 0: the filter is in the path, 1: it is not. */
  readonly check: Command | null;
  readonly commandTimeoutMs: number;
  /** It prints how many routes there are. */
  readonly fleetCount: Command | null;
  /** A page that must be refused; null: none is asked for. */
  readonly listed: { readonly url: string; readonly intervalMs: number } | null;
  /** The admin address of the filter. */
  readonly admin: Endpoint;
  /** Where the guard itself is asked. */
  readonly metrics: Endpoint;
  /** The file that keeps the state of the path. */
  readonly stateFile: string;
}
