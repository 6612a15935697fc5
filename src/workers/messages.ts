/**
 * What the control thread and the data threads say to each other. Everything is structured-clone safe.
 *
 *   control ──prepare(generation, buffer)──▶ worker          fill the spare buffer, hand it out
 *   control ◀──prepared──────────────────── worker           every worker has opened it
 *   control: one atomic store of the generation             the flip: the next request of every worker sees it
 *   control ──flipped──▶ worker ──serving(generation)──▶ control     now the older buffer may be filled again
 */
import type { Config } from '../config/types.ts';

export interface DataThreadInput {
  readonly config: Config;
  /** 0-based. */
  readonly worker: number;
  /** Int32Array; see `GENERATION_SLOT`. */
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
export const CONTROL_BYTES = 64;

export type ToWorker =
  | { readonly type: 'prepare'; readonly generation: number; readonly buffer: SharedArrayBuffer; readonly byteLength: number }
  | { readonly type: 'flipped' }
  /** Open the listeners; `ports[i]` is the port for listener i (0: choose one). */
  | { readonly type: 'listen'; readonly ports: readonly number[] }
  /** Stop accepting, finish what is under way, at the latest after `deadlineMs`; answer `drained`. */
  | { readonly type: 'drain'; readonly deadlineMs: number };

export type FromWorker =
  | { readonly type: 'prepared'; readonly generation: number }
  | { readonly type: 'prepare-failed'; readonly generation: number; readonly reason: string }
  | { readonly type: 'serving'; readonly generation: number }
  | { readonly type: 'listening'; readonly ports: readonly number[] }
  /** `key` names the configuration key at fault, `code` is the errno name (EADDRINUSE, EACCES, EADDRNOTAVAIL …). */
  | { readonly type: 'listen-failed'; readonly key: string; readonly address: string; readonly port: number; readonly code: string }
  | { readonly type: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly event: string; readonly fields: Readonly<Record<string, string | number | boolean>> }
  | { readonly type: 'drained' };
