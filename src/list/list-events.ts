/** What can happen to a list, and what is to be done because of it (list-life.ts). Types only: it must not hold any logic. */
import type { ListError, ListReason } from './list-error.ts';
import type { JudgedList, ListVersion, PassedList, ReadList, RefusedList } from './staged-list.ts';
import type { ListStats } from './stats.ts';

/** `at` is in milliseconds since the epoch. */
export type ListEvent =
  /** Worth reading: the source says so, a retry is due, or somebody asks. */
  | { readonly on: 'changed' }
  /** The source has looked: what was read last is still there. */
  | { readonly on: 'looked'; readonly at: number }
  | { readonly on: 'read'; readonly list: ReadList }
  /** Byte for byte what is current. */
  | { readonly on: 'same'; readonly at: number }
  /** Nothing new since the last read, whatever became of it. */
  | { readonly on: 'unchanged'; readonly at: number }
  /** What is in force is pinned: whether the source has something newer nobody has asked. */
  | { readonly on: 'pinned' }
  | { readonly on: 'read failed'; readonly error: unknown }
  | { readonly on: 'run began' }
  | { readonly on: 'passed'; readonly list: PassedList }
  | { readonly on: 'refused'; readonly list: RefusedList }
  /** `generation` is null where nothing is in force yet because other lists are missing. */
  | { readonly on: 'published'; readonly generation: number | null; readonly at: number }
  | { readonly on: 'run failed'; readonly error: unknown }
  /** What is under way has not come to its end for long (stall-watch.ts). It goes on. */
  | { readonly on: 'stalled'; readonly error: ListError }
  /** In these bytes, which are in force or about to be, something was withdrawn; `stats` are those of what is left on that day (UTC days since 1970-01-01). */
  | { readonly on: 'withdrawn'; readonly bytes: Uint8Array; readonly stats: ListStats; readonly today: number }
  /** What is in force was published once more, since something was withdrawn from it. */
  | { readonly on: 'republished'; readonly generation: number; readonly at: number }
  /** `warning`: why the copy could not be written, in words. */
  | { readonly on: 'cached'; readonly warning: string | null }
  /** The process is ending: what is in force stays so. */
  | { readonly on: 'closed' }
  /** It is no longer in the configuration. */
  | { readonly on: 'removed' };

export type ListEffect =
  | { readonly do: 'read' }
  /** The next attempt, later with each failure. */
  | { readonly do: 'retry'; readonly failuresInARow: number }
  | { readonly do: 'cancel retry' }
  /** The source gives what it gave last again, though it has not changed. */
  | { readonly do: 'forget' }
  /** It is logged, and the source remembers it: it gives the version again when somebody accepts it. */
  | { readonly do: 'hold'; readonly version: ListVersion; readonly error: ListError }
  /** The source is told what is in force, and may keep a copy. Ends with the event `cached`. */
  | { readonly do: 'cache'; readonly bytes: Uint8Array }
  /** Nobody has seen these bytes but us. */
  | { readonly do: 'discard'; readonly bytes: Uint8Array }
  /** They were in force, and workers may still read them. */
  | { readonly do: 'release'; readonly bytes: Uint8Array }
  | { readonly do: 'log loaded'; readonly stats: ListStats; readonly generation: number }
  | { readonly do: 'log withdrawn'; readonly stats: ListStats; readonly generation: number }
  | {
      readonly do: 'log failed';
      readonly code: ListReason | 'cached_copy';
      readonly reason: string;
      readonly servingLastGood: boolean;
    }
  | {
      readonly do: 'log lines';
      readonly judged: JudgedList | PassedList;
      readonly refusal: ListError | null;
      readonly servingLastGood: boolean;
    }
  | { readonly do: 'log not cached'; readonly reason: string }
  | { readonly do: 'close' };
