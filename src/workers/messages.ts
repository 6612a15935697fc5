/**
 * What the control thread and the data threads say to each other. They must not carry anything that structured clone cannot copy or share.
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
import type { ListConfig } from '../config/list-types.ts';
import type { Config, ListenerConfig } from '../config/types.ts';
import type { SegmentImage } from '../match/snapshot.ts';
import type { EntryHits } from '../report/entry-ledger.ts';

export interface DataThreadInput {
  readonly config: Config;
  /** The rules for the lists of `config` until the first snapshot brings rules of its own. */
  readonly rules: ListRules;
  /** The index of the worker, from 0. */
  readonly worker: number;
  /** It holds an Int32Array; see the slots below. */
  readonly control: SharedArrayBuffer;
  /** The counters of all workers (observe/counters.ts). */
  readonly counters: SharedArrayBuffer;
  /** The name of this installation in Via and Proxy-Status: random, and kept on disk. */
  readonly pseudonym: string;
  /** The admin server really listens there; it is never reachable through the proxy. */
  readonly admin: { readonly address: string; readonly port: number };
  /** Whose requests are traced (trace-words.ts); without it nobody's. */
  readonly trace?: SharedArrayBuffer;
  /** For sockets that Node cannot make (lib/native-sockets.ts); without it koffi is missing. */
  readonly nativeLibrary?: string | null;
}

/** Index into the control Int32Array of the generation that requests are judged by; 0: none yet. */
export const GENERATION_SLOT = 0;
/** Monotonic second (`process.hrtime`, the same in every thread) until which nothing is judged; 0: everything is. */
export const BYPASS_SLOT = 1;
/** The UTC day by which entries expire (workers/trusted-clock.ts), in days since 1970-01-01; 0: nobody has told it. */
export const TODAY_SLOT = 2;
/** One slot a worker from here on: it counts up with every look at its deadlines. On a cache line of their own. */
export const HEARTBEAT_SLOT = 16;
const MAX_WORKERS = 64;
/** One slot a list from here on, by the slot of its counters: the monotonic second until which it does not apply; 0: it does. */
export const LIST_OFF_SLOT = HEARTBEAT_SLOT + MAX_WORKERS;
/** As many as there are counters for (counter-slots.ts). */
export const MAX_LIST_SLOTS = 64;
export const CONTROL_BYTES = (LIST_OFF_SLOT + MAX_LIST_SLOTS) * Int32Array.BYTES_PER_ELEMENT;

/** What a snapshot was made from: list indexes in it mean these lists. It comes into force with the snapshot. */
export interface ListRules {
  /** Equal numbers mean equal rules. */
  readonly revision: number;
  readonly lists: readonly ListConfig[];
  /** The slot of the counters of each list. */
  readonly slots: readonly number[];
  /** The mask of each listener, by its name. Bit i says that list i applies. */
  readonly masks: ReadonlyMap<string, number>;
  /** The same of each policy. */
  readonly policyMasks: ReadonlyMap<string, number>;
}

/** A spec says where a worker listens for one listener. */
export interface ListenSpec {
  /** Equal keys are the same sockets: they stay open across a reload. */
  readonly key: string;
  readonly listener: ListenerConfig;
  /** The position in the configuration, for messages. */
  readonly index: number;
  /** The slot of the counters. */
  readonly slot: number;
  readonly address: string;
  /** With 0 the kernel chooses one. */
  readonly port: number;
  /** Inherited sockets replace address and port; empty if there are none. */
  readonly descriptors: readonly number[];
}

/** A listener really listens there. */
export interface ListenEndpoint {
  readonly address: string;
  readonly port: number;
}

export interface OpenListener extends ListenEndpoint {
  /** Bytes of datagrams that wait in the kernel, as the system has granted them; undefined: it takes none. */
  readonly receiveBuffer?: number | undefined;
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
  /** The endpoints by the key of their spec. */
  | { readonly type: 'listening'; readonly endpoints: ReadonlyMap<string, OpenListener> }
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
  /** Which entries have matched since it said so last. */
  | { readonly type: 'entries'; readonly counted: EntryHits }
  | { readonly type: 'drained' };
