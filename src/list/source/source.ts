/**
 * Where a list comes from. A source reads, watches and remembers what it needs to ask again cheaply; it must not judge what
 * it reads (compile.ts) nor decide when a failure is tried again (updater.ts).
 */
import type { ListError } from '../list-error.ts';
import { yieldToEventLoop } from '../../lib/pauses.ts';
import type { Rest } from '../../lib/steps.ts';
import type { ListAction } from '../../lib/types.ts';
import type { ListNames } from '../names/list-names.ts';
import { FRESH_MEMORY } from '../list-memory.ts';
import type { ListMemory } from '../list-memory.ts';
import type { ListVersion, ReadList, TextDigest } from '../staged-list.ts';

/** What a source needs for a read. */
export interface ReadContext {
  /** For a compiled list, whose bytes the caller releases. */
  readonly memory: ListMemory;
  /** Between two steps of work. */
  readonly rest: Rest;
  /** The list in force, which stays as it is until the read has ended; null: none, or a text. */
  readonly inForce: Uint8Array | null;
  /** Of the text in force, which is not kept; absent: none is. */
  readonly textInForce?: TextDigest;
}

/** Of a read on its own. */
export const ALONE: ReadContext = { memory: FRESH_MEMORY, rest: yieldToEventLoop, inForce: null };

export type SourceRead =
  /** The server says that nothing changed since the last read. */
  | { readonly kind: 'unchanged' }
  /** Byte for byte what is in force. */
  | { readonly kind: 'same' }
  /** A list, in whatever format. */
  | { readonly kind: 'list'; readonly bytes: Uint8Array; readonly version: ListVersion | null }
  /**
   * This is the last-known-good copy, current as of `currentAt` (ms since the epoch). `fault`: why the source could not be reached; null:
   * it has something newer, which is asked for next, so that it is compared with this.
   */
  | {
      readonly kind: 'cached';
      readonly bytes: Uint8Array;
      readonly version: ListVersion | null;
      readonly currentAt: number;
      readonly fault: ListError | null;
    };

/** What a source knows of its versions beside the one in force. */
export interface VersionFigures {
  /** An operator went back to it, and nothing newer is taken until `release`. */
  readonly pinned: string | null;
  /** To which `rollback` would go back; null: there is none on disk. */
  readonly previous: string | null;
  /** Entries that the publisher has withdrawn from whatever version is in force; null: the source has no such thing. */
  readonly withdrawn: number | null;
  /** When what the publisher has signed is valid no more, milliseconds since the epoch; null: it never is, or nobody has signed. */
  readonly expiresAt: number | null;
  /** When the publisher was last heard, milliseconds since the epoch; null: nothing is known of one. */
  readonly heardAt: number | null;
  /** How long nothing was heard of the publisher, by a clock that nobody can set; null: nothing is known of one. */
  readonly silentMs: number | null;
  /** Host names of what is in force; null: none are fetched, or the list is a text itself. */
  readonly names: NamesFigures | null;
}

export interface NamesFigures {
  /** Whose names there are; null: there are none. */
  readonly version: string | null;
  /** What is wrong with them, in words; null: nothing is. */
  readonly fault: string | null;
}

export const NO_VERSIONS: VersionFigures = {
  pinned: null,
  previous: null,
  withdrawn: null,
  expiresAt: null,
  heardAt: null,
  silentMs: null,
  names: null,
};

export interface SourceEvents {
  /** Worth reading (again). May come more than once for one change. */
  readonly changed: () => void;
  /** Looked, and what was read last is still current. */
  readonly current: () => void;
  /** The publisher has withdrawn something: `withdraw` does it. */
  readonly withdrawn: () => void;
  /** There are other names of what is in force, or there may be. */
  readonly named: () => void;
}

/** Host names of a list that is no text, for what refuses or steers by them. */
export interface NamesSource {
  /** @param bytes in force. @returns another one for other names; null: there are none of these bytes here. */
  versionOf(bytes: Uint8Array): string | null;
  /**
   * @param action of the list: one that allows has no names of entries on a page or a port, which take no whole host out.
   * @throws ListError that says why there are none.
   */
  read(bytes: Uint8Array, action: ListAction): Promise<Pick<ListNames, 'bytes' | 'withdrawn' | 'version'>>;
}

export interface ListSource {
  /** A copy of what is accepted is written to disk, for a start without the source. */
  readonly hasCache: boolean;
  /** One at a time. Throws ListError. */
  read(context?: ReadContext): Promise<SourceRead>;
  /**
   * Withdraws from these bytes, which are in force or about to be, what the publisher has withdrawn by now: in place, since that waits for
   * nothing that is read, made or judged.
   * @returns whether anything has changed.
   */
  withdraw(bytes: Uint8Array, rest: Rest): Promise<boolean>;
  /** What was read last came to nothing through no fault of its own: the next read gives it again, though it has not changed. */
  forget(): void;
  /** What was read last has become the list in force. Never throws; a warning in words, or null. */
  accepted(bytes: Uint8Array): Promise<string | null>;
  /** The gate's sanity rules refused this version: it is held, and a read gives it again once `accept` was called. */
  refused(version: ListVersion, error: ListError): void;
  /** The next read gives the held version, which the gate lets pass, once. @throws ListError that says what to do instead. */
  accept(label: string): Promise<void>;
  /** The next read gives the version before the one in force, and no later one anything newer. @returns its label. @throws ListError */
  rollback(): Promise<string>;
  /** The next read gives the newest version again. @throws ListError */
  release(): Promise<void>;
  readonly versions: VersionFigures;
  /** Undefined where the list itself is the text that has the names. */
  readonly names?: NamesSource;
  watch(events: SourceEvents): void;
  close(): void;
}

/** @param now milliseconds since the epoch. */
export function readListOf(read: Extract<SourceRead, { readonly bytes: Uint8Array }>, now: number): ReadList {
  const { bytes, version } = read;
  if (read.kind === 'list') return { stage: 'read', bytes, version, currentAt: now, sourceFault: null };
  // A clock that was ahead when it was written must not make it young for years.
  const currentAt = Math.min(read.currentAt, now);
  return { stage: 'read', bytes, version, currentAt, sourceFault: read.fault?.message ?? null };
}

/** No list is larger: 512 MiB are about ten million addresses. */
export const MAX_LIST_BYTES = 512 * 1024 * 1024;
