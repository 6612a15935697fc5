/**
 * What the control thread and the data threads say to each other. Everything is structured-clone safe.
 *
 *   control ──prepare(generation, images, rules)──▶ worker   the segments, in shared memory
 *   control ◀──prepared──────────────────── worker           every worker has opened them
 *   control: one atomic store of the generation             the flip: the next request of every worker sees it
 *   control ──flipped──▶ worker ──serving(generation)──▶ control     now the memory of older segments may be used again
 *
 *   control ──listen(specs, held)──▶ worker ──listening(ports)──▶ control      held: accepted, not served yet
 *   control ──configure(config, specs)──▶ worker ──configured──▶ control       from now on this is how it works; where it
 *                                                                               opened something, `listening` comes before
 */
import type { Config, ListConfig, ListenerConfig } from '../config/types.ts';
import type { SegmentImage } from '../match/snapshot.ts';

export interface DataThreadInput {
  readonly config: Config;
  /** What the lists of `config` mean before the first snapshot brings rules of its own. */
  readonly rules: ListRules;
  /** 0-based. */
  readonly worker: number;
  /** Int32Array; see the slots below. */
  readonly control: SharedArrayBuffer;
  /** Counters of all workers (observe/counters.ts). */
  readonly counters: SharedArrayBuffer;
  /** Via and Proxy-Status name of this installation: random, persisted. */
  readonly pseudonym: string;
  /** Where the admin server really listens: never reachable through the proxy. */
  readonly admin: { readonly address: string; readonly port: number };
}

/** Index into the control Int32Array of the generation that requests are judged by; 0: none yet. */
export const GENERATION_SLOT = 0;
/** Monotonic second (`process.hrtime`, the same in every thread) until which nothing is judged; 0: everything is. */
export const BYPASS_SLOT = 1;
/** One slot a worker from here on: it counts up with every look at its deadlines. On a cache line of their own. */
export const HEARTBEAT_SLOT = 16;
const MOST_WORKERS = 64;
export const CONTROL_BYTES = (HEARTBEAT_SLOT + MOST_WORKERS) * Int32Array.BYTES_PER_ELEMENT;

/** What a snapshot was made from: list indexes in it mean these lists. It comes into force with the snapshot. */
export interface ListRules {
  /** Equal numbers: equal rules. */
  readonly revision: number;
  readonly lists: readonly ListConfig[];
  /** Slot of the counters by list. */
  readonly slots: readonly number[];
  /** By name of the listener; bit i: list i applies. */
  readonly masks: ReadonlyMap<string, number>;
}

/** Where a worker listens for one listener. */
export interface ListenSpec {
  /** Equal keys are the same sockets: they stay open across a reload. */
  readonly key: string;
  readonly listener: ListenerConfig;
  /** Position in the configuration, for messages. */
  readonly index: number;
  /** Slot of the counters. */
  readonly slot: number;
  /** 0: choose one. */
  readonly port: number;
  /** Inherited sockets in place of address and port; empty: none. */
  readonly descriptors: readonly number[];
}

/** Where a listener really listens. */
export interface ListenEndpoint {
  readonly address: string;
  readonly port: number;
}

export type ToWorker =
  | {
      readonly type: 'prepare';
      readonly generation: number;
      readonly images: readonly SegmentImage[];
      readonly rules: ListRules;
    }
  | { readonly type: 'flipped' }
  /** Open these. `held`: connections wait until `configure` names their spec. */
  | { readonly type: 'listen'; readonly specs: readonly ListenSpec[]; readonly held: boolean }
  /** Work by this configuration; listen on these (opening what is missing) and on no other. */
  | {
      readonly type: 'configure';
      readonly revision: number;
      readonly config: Config;
      readonly specs: readonly ListenSpec[];
    }
  /** Go on accepting; each answer says that it is the last on its connection. */
  | { readonly type: 'lame-duck' }
  /** Stop accepting, finish what is under way, at the latest after `deadlineMs`; answer `drained`. */
  | { readonly type: 'drain'; readonly deadlineMs: number };

export type FromWorker =
  | { readonly type: 'prepared'; readonly generation: number }
  | { readonly type: 'prepare-failed'; readonly generation: number; readonly reason: string }
  | { readonly type: 'serving'; readonly generation: number }
  /** By key of the spec. */
  | { readonly type: 'listening'; readonly endpoints: ReadonlyMap<string, ListenEndpoint> }
  /** `key` names the configuration key at fault, `code` is the errno name (EADDRINUSE, EACCES, EADDRNOTAVAIL …). */
  | {
      readonly type: 'listen-failed';
      readonly key: string;
      readonly address: string;
      readonly port: number;
      readonly code: string;
    }
  | { readonly type: 'configured'; readonly revision: number }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly event: string;
      readonly fields: Readonly<Record<string, string | number | boolean>>;
    }
  | { readonly type: 'drained' };
