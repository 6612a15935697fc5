/**
 * What is known of one list: what is in force, how the last attempts went, when to try again. It answers for `/status` and
 * the metrics; it must not decide what is good (compile.ts) and holds no entry but in the list's own bytes.
 */
import type { ListConfig } from '../config/types.ts';
import type { ListStatus, RejectedReason, SyncResult } from '../observe/control-view.ts';
import { emptyStats } from './stats.ts';
import type { ListStats } from './stats.ts';
import type { ListSourceReader, SourceRead } from './source/source.ts';

/** What the source gave, to be judged: text, or a compiled list. */
export interface Candidate {
  /** A compiled list's lie in memory of the lists, here as in GoodList. */
  readonly bytes: Uint8Array;
  /** Milliseconds since the epoch at which the source said that this is the list. */
  readonly currentAt: number;
  /** Set where the source is away and this is the kept copy: used, but not well. */
  readonly sourceFault: string | null;
}

/** Null: the source has nothing new. @param now milliseconds since the epoch. */
export function candidateFrom(read: SourceRead, now: number): Candidate | null {
  switch (read.kind) {
    case 'unchanged':
    case 'same':
      return null;
    case 'kept':
      return { bytes: read.bytes, currentAt: read.currentAt, sourceFault: read.fault.message };
    case 'text':
      return { bytes: read.bytes, currentAt: now, sourceFault: null };
  }
}

/** A list that was judged good. */
export interface GoodList {
  /** As they came from the source. */
  readonly bytes: Uint8Array;
  readonly stats: ListStats;
  /** Of a compiled list, a view into `bytes`; null: it is text. */
  readonly segment: Uint8Array | null;
}

export interface ListDetails extends ListStatus {
  /** Generation with which the list in force came; 0: not in force yet. */
  readonly version: number;
  readonly expired: number;
  readonly badLines: number;
}

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;

export class ListSlot {
  /** As of the last reload; the source stays the same. */
  config: ListConfig;
  readonly source: ListSourceReader;
  /** Until it has become `good` or nothing: so long nothing is read, and a list takes memory at most twice. */
  candidate: Candidate | null = null;
  good: GoodList | null = null;
  currentAt: number | null = null;
  isReading = false;
  /** A change was reported while the list was being read or judged. */
  readAgain = false;
  /** The list is no longer in the configuration: what its source still gives is nobody's. */
  isClosed = false;
  retry: NodeJS.Timeout | null = null;
  /** The last-known-good copy on disk is what is in force. */
  isKept = false;
  /** The last text the source gave was not taken: what is in force is not what the source says. */
  isRefused = false;
  #version = 0;
  #loadedAt: number | null = null;
  #lastError: string | null = null;
  #failuresInARow = 0;
  readonly #syncs: Record<SyncResult, number> = { updated: 0, unchanged: 0, rejected: 0, failed: 0 };
  readonly #rejections: Partial<Record<RejectedReason, number>> = {};

  constructor(config: ListConfig, source: ListSourceReader) {
    this.config = config;
    this.source = source;
  }

  get lastError(): string | null {
    return this.#lastError;
  }

  /** The list is good and current; `fault`: good, but its source is away. */
  settle(result: 'updated' | 'unchanged', currentAt: number, fault: string | null = null): void {
    this.#syncs[fault === null ? result : 'failed'] += 1;
    this.currentAt = currentAt;
    this.isRefused = false;
    this.#lastError = fault;
    if (fault === null) this.#failuresInARow = 0;
  }

  /** The source has nothing new since it gave what was refused: no new fault, no better either. */
  stayRefused(): void {
    this.#syncs.unchanged += 1;
  }

  fail(result: 'rejected' | 'failed', reason: RejectedReason, fault: string): void {
    this.#syncs[result] += 1;
    this.#rejections[reason] = (this.#rejections[reason] ?? 0) + 1;
    this.#lastError = fault;
    this.#failuresInARow += 1;
    if (result === 'rejected') this.isRefused = true;
  }

  enterForce(generation: number, now: number): void {
    this.#version = generation;
    this.#loadedAt = now;
  }

  get isInForce(): boolean {
    return this.#version !== 0;
  }

  /** Milliseconds until the next attempt: doubling, and never all nodes at once. */
  retryDelay(): number {
    const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, this.#failuresInARow - 1));
    return delay * (0.75 + Math.random() / 2);
  }

  details(): ListDetails {
    const stats = this.good?.stats ?? emptyStats();
    return {
      name: this.config.name,
      action: this.config.action,
      loaded: this.good !== null,
      entries: stats.entries,
      publicSuffixes: stats.publicSuffixes,
      enforceable: stats.enforceable,
      currentAt: this.currentAt,
      syncs: { ...this.#syncs },
      rejections: { ...this.#rejections },
      lastError: this.#lastError,
      cacheCurrent: this.source.keeps ? this.isKept : null,
      version: this.#version,
      loadedAt: this.#loadedAt,
      expired: stats.expired,
      badLines: stats.badLines,
    };
  }

  close(): void {
    this.isClosed = true;
    if (this.retry !== null) clearTimeout(this.retry);
    this.source.close();
  }
}
