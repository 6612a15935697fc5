/** What the instance tells of entries that matched (docs/adr/0021-diagnosis.md). It must not have a place for more. */

export interface EntryReport {
  /** Hits on a day from which on an entry is named with that day. */
  readonly namedFrom: number;
  /** Of the tokens of text lists (report/entry-token.ts); null: there is none. */
  readonly key: string | null;
  /** Those of which hits were counted in the period. */
  readonly lists: readonly MatchedList[];
}

export interface MatchedList {
  readonly list: string;
  /** UTC, `YYYY-MM-DD`: the first day of the period of which hits are known, and how many such days there are. */
  readonly firstDay: string;
  readonly days: number;
  /** Days on which more entries matched than are told apart. */
  readonly incompleteDays: readonly string[];
  /** Days of which matches are missing: some were before a start of the instance, or were lost with a process. */
  readonly partDays: readonly string[];
  /** The most hits first. */
  readonly entries: readonly MatchedEntry[];
}

export interface MatchedEntry {
  readonly token: string;
  /** Days with at least `namedFrom` hits. */
  readonly days: number;
  /** Hits on these days, each day rounded down. */
  readonly count: number;
  readonly lastDay: string | null;
  /** The Monday of the last week in which it matched fewer times on some day. */
  readonly lastWeek: string | null;
}
