/** Command line of the soak. */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface Options {
  readonly seconds: number;
  readonly seed: number;
  /** Folder for soak.json and soak.svg; null: nothing is written. */
  readonly out: string | null;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const RESULTS = join(import.meta.dirname, '..', '..', 'bench', 'results');
const LEAST_MINUTES = 0.25;

export const HELP = `npm run soak -- [options]

Mixed load with faults against a real proxy; at the end everything must be where it was after the warm-up.

  --minutes N     how long (60), ${LEAST_MINUTES} at least
  --seed N        of what looks random (1)
  --out [FOLDER]  writes soak.json and soak.svg there (bench/results where it is not named)
  --help
`;

/** Null: help was asked for. Throws UsageError. */
export function parseOptions(args: readonly string[]): Options | null {
  const values = readFlags(args);
  if (values.help === true) return null;
  const [minutes, seed] = [Number(values.minutes ?? '60'), Number(values.seed ?? '1')];
  if (!(minutes >= LEAST_MINUTES))
    throw new UsageError(`--minutes wants a number from ${LEAST_MINUTES}, not '${values.minutes}'`);
  if (!Number.isInteger(seed)) throw new UsageError(`--seed wants a whole number, not '${values.seed}'`);
  return { seconds: minutes * 60, seed, out: values.out === undefined ? null : resolve(values.out) };
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
  // `--out` alone means the folder of the results.
  const named = args.flatMap((arg, index) =>
    arg === '--out' && (args[index + 1] ?? '--').startsWith('--') ? [arg, RESULTS] : [arg],
  );
  return parseArgs({
    args: named,
    options: { minutes: text, seed: text, out: text, help: { type: 'boolean' } },
    strict: true,
  }).values;
}
