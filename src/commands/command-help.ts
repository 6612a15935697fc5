/** What `--help` says of a command beside its options; of each: help-texts.ts, help-publish.ts. It must not hold the words themselves. */
export interface CommandHelp {
  /** Without `cleanfeed` before them. */
  readonly examples: readonly string[];
  /** By code; 64 and 70 need not be named. */
  readonly exits: Readonly<Record<number, string>>;
}
