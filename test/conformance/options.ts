/** Command line of the conformance run. */
import { FLAG, numberFrom, readCommandLine, TEXT, wholeNumber } from '../../bench/command-line.ts';

export interface Options {
  /** Names of families or configurations; empty: all. */
  readonly origins: readonly string[];
  readonly seed: number;
  /** Of the whole run, starting of origins included. */
  readonly minutes: number;
  /** The time is used up even where there are answers enough. */
  readonly untilTheEnd: boolean;
  /** Listed answers that each configuration must give. */
  readonly answers: number;
  /** For odd heads, after all else. */
  readonly headSeconds: number;
  /** For the samples through filters that intercept, at the very end. */
  readonly interceptedSeconds: number;
  readonly folds: boolean;
  readonly list: boolean;
  readonly json: boolean;
  /** New failures are added to regressions.jsonl. */
  readonly save: boolean;
}

export const HELP = `npm run conformance -- [options]

Asks real origins for addresses spelled in every way we know, and checks that whatever they answer with listed content
would have been refused; then sends them odd heads. Ends with 0 where that is so.

  --origin NAME     a program (nginx) or one of its configurations (nginx-static); may be repeated
  --seed N          of what looks random (1)
  --minutes N       how long targets are asked for, all of it; without it until there are answers enough, at most 20
  --answers N       listed answers that each configuration must give (10000)
  --heads N         seconds for odd heads, which come after all else (45); 0: none
  --intercepted N   at most so many seconds for targets through a transparent and a steered filter, at the end (120); 0: nothing goes through them
  --list            names the origins and ends
  --json            the report as JSON on standard output
  --save            adds what gets through, shortened, to test/conformance/regressions.jsonl
  --without-folds   entries say nothing of how their origin reads
  --help
`;

/** Null: help was asked for. Throws UsageError. */
export function parseOptions(args: readonly string[]): Options | null {
  const values = readFlags(args);
  if (values.help === true) return null;
  return {
    origins: values.origin ?? [],
    seed: wholeNumber('seed', values.seed ?? '1', 0),
    minutes: numberFrom('minutes', values.minutes ?? '20'),
    untilTheEnd: values.minutes !== undefined,
    answers: wholeNumber('answers', values.answers ?? '10000', 0),
    headSeconds: wholeNumber('heads', values.heads ?? '45', 0),
    interceptedSeconds: wholeNumber('intercepted', values.intercepted ?? '120', 0),
    folds: values['without-folds'] !== true,
    list: values.list === true,
    json: values.json === true,
    save: values.save === true,
  };
}

function readFlags(args: readonly string[]) {
  const options = {
    origin: { ...TEXT, multiple: true },
    seed: TEXT,
    minutes: TEXT,
    answers: TEXT,
    heads: TEXT,
    intercepted: TEXT,
    list: FLAG,
    json: FLAG,
    save: FLAG,
    'without-folds': FLAG,
    help: FLAG,
  } as const;
  return readCommandLine({ args: [...args], options, strict: true }).values;
}
