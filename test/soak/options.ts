/** Command line of the soak. */
import { join, resolve } from 'node:path';
import { FLAG, numberFrom, readCommandLine, TEXT, wholeNumber } from '../../bench/command-line.ts';

export interface Options {
  readonly seconds: number;
  readonly seed: number;
  /** Folder for soak.json and soak.svg; null: nothing is written. */
  readonly out: string | null;
}

const RESULTS = join(import.meta.dirname, '..', '..', 'bench', 'results');
const MIN_MINUTES = 0.25;

export const HELP = `npm run soak -- [options]

Mixed load with faults against a real proxy; at the end everything must be where it was after the warm-up.

  --minutes N     how long (60), ${MIN_MINUTES} at least
  --seed N        of what looks random (1)
  --out [FOLDER]  writes soak.json and soak.svg there (bench/results where it is not named)
  --help
`;

/** Null: help was asked for. Throws UsageError. */
export function parseOptions(args: readonly string[]): Options | null {
  const values = readFlags(args);
  if (values.help === true) return null;
  const minutes = numberFrom('minutes', values.minutes ?? '60', MIN_MINUTES);
  const seed = wholeNumber('seed', values.seed ?? '1', 0);
  return { seconds: minutes * 60, seed, out: values.out === undefined ? null : resolve(values.out) };
}

function readFlags(args: readonly string[]) {
  // `--out` alone means the folder of the results.
  const named = args.flatMap((arg, index) =>
    arg === '--out' && (args[index + 1] ?? '--').startsWith('--') ? [arg, RESULTS] : [arg],
  );
  const options = { minutes: TEXT, seed: TEXT, out: TEXT, help: FLAG };
  return readCommandLine({ args: named, options, strict: true }).values;
}
