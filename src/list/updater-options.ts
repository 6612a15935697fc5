/** What keeps lists up to date is given (updater.ts). Types only: it must not hold any logic. */
import type { ListConfig } from '../config/list-types.ts';
import type { Deadlines } from '../lib/deadlines.ts';
import type { Time } from '../lib/time.ts';
import type { Log } from '../observe/log.ts';
import type { ListRunOptions, Publish } from './run.ts';
import type { ListSource } from './source/source.ts';

export interface ListUpdaterOptions extends ListRunOptions {
  readonly log: Log;
  readonly source: (config: ListConfig) => ListSource;
  readonly publish: Publish;
  /** Of lib/steady-clock.ts. */
  readonly now: () => number;
  /** By which entries expire; the day of the wall clock unless told. UTC days since 1970-01-01. */
  readonly today?: () => number;
  /** These lists are all in force, for the first time or in place of others. */
  readonly complete?: (lists: readonly ListConfig[]) => void;
  /** Other names are in force, or may be (`ListUpdater.names`). */
  readonly named?: () => void;
  /** Milliseconds after which whoever waits for a list is told that it does not get on (stall-watch.ts); 15 minutes unless told, Infinity: never. */
  readonly stallMs?: () => number;
  readonly time?: Time;
  readonly deadlines?: Deadlines['list'];
  /** It is given what fails in a run beside the lists. Tests have one of their own; otherwise the process's handler is given it. */
  readonly onFault?: (error: unknown) => void;
}
