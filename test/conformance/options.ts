/** Command line of the conformance run. */
import { parseArgs } from 'node:util';

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
  readonly folds: boolean;
  readonly list: boolean;
  readonly json: boolean;
  /** New failures are added to regressions.jsonl. */
  readonly save: boolean;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const HELP = `npm run conformance -- [options]

Asks real origins for addresses spelled in every way we know, and checks that whatever they answer with listed content
would have been refused. Ends with 0 where that is so.

  --origin NAME     a program (nginx) or one of its configurations (nginx-static); may be repeated
  --seed N          of what looks random (1)
  --minutes N       how long (4); given, the time is used up, otherwise the run ends when there are answers enough
  --answers N       listed answers that each configuration must give (10000)
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
    seed: wholeNumber('seed', values.seed ?? '1'),
    minutes: positive('minutes', values.minutes ?? '4'),
    untilTheEnd: values.minutes !== undefined,
    answers: wholeNumber('answers', values.answers ?? '10000'),
    folds: values['without-folds'] !== true,
    list: values.list === true,
    json: values.json === true,
    save: values.save === true,
  };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new UsageError(`--${name} wants a whole number, not '${text}'`);
  return value;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new UsageError(`--${name} wants a number above 0, not '${text}'`);
  return value;
}

function readFlags(args: readonly string[]): ReturnType<typeof parseFlags> {
  try {
    return parseFlags(args);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function parseFlags(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    origin: { ...text, multiple: true },
    seed: text,
    minutes: text,
    answers: text,
    list: flag,
    json: flag,
    save: flag,
    'without-folds': flag,
    help: flag,
  } as const;
  return parseArgs({ args: [...args], options, strict: true }).values;
}
