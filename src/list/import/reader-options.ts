/** What a reader is told about its file beside the format; options.ts of the formats says which of them each takes. It must not hold any logic. */

export interface ReaderOptions {
  /** Kind of the file, one of the format's own; empty where it has none. */
  readonly match: string;
  /** What the tool compares (HAProxy). */
  readonly sample: string;
  /** Values of a map that refuse; empty: the file is no map. */
  readonly values: ReadonlySet<string>;
  readonly ignoreCase: boolean;
  /** Number (from 1) or name of a table's column. */
  readonly column: string;
  readonly separator: string;
  /** Names stand for their subdomains too, says who imports. */
  readonly subdomains: boolean;
  /** Addresses and names that refused names are sent to, in small letters. */
  readonly sinks: ReadonlySet<string>;
}
