/**
 * What a reader is told about its file beside the format, and how it takes one of its own words from it. Which of them each format takes
 * formats.ts says. It must not know a format.
 */

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

/**
 * The word of a format's own that was given.
 * @throws RangeError if it is none of them, which whoever made the options has looked at.
 */
export function oneOf<T extends string>(words: readonly T[], given: string): T {
  const found = words.find((word) => word === given);
  if (found === undefined) throw new RangeError(`'${given}' is none of ${words.join(', ')}`);
  return found;
}
