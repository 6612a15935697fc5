/**
 * What the command lines of benches, soak, conformance and mutation runs share: flags are read, and whatever is wrong with them
 * is a UsageError in words. It knows no flag of any of them.
 */
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const TEXT = { type: 'string' } as const;
export const FLAG = { type: 'boolean' } as const;

/** What a bench does from its command line on. */
interface Bench<Options> {
  readonly help: string;
  /** Null: help is wanted. @throws UsageError */
  readonly parse: (args: readonly string[]) => Options | null;
  /** @returns the exit status. */
  readonly run: (options: Options) => Promise<number>;
}

/** Prints help, or runs it. A failure is one line: it ends with 2 where it is run in a wrong way or lacks a program, else with 1. */
export async function runBench<Options>({ help, parse, run }: Bench<Options>): Promise<void> {
  try {
    const options = parse(process.argv.slice(2));
    if (options === null) process.stdout.write(help);
    else process.exitCode = await run(options);
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/**
 * The options of a bench that is one script from top to bottom. It prints help or what is wrong, as `runBench` does, and ends the process
 * where nothing is to be run.
 */
export function optionsOrEnd<Options>({ help, parse }: Pick<Bench<Options>, 'help' | 'parse'>): Options {
  try {
    const options = parse(process.argv.slice(2));
    if (options !== null) return options;
    process.stdout.write(help);
    return process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`bench: ${error.message}\n`);
    return process.exit(2);
  }
}

/** `parseArgs`; @throws UsageError where it throws. */
export function readCommandLine<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** @throws UsageError where the text is no whole number from `min` on. */
export function wholeNumber(name: string, text: string, min: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min)
    throw new UsageError(`--${name} wants a whole number from ${min}, not '${text}'`);
  return value;
}

/** @throws UsageError where the text is no number above 0 and from `min` on. */
export function numberFrom(name: string, text: string, min = 0): number {
  const value = Number(text);
  if (!(value > 0 && value >= min))
    throw new UsageError(`--${name} wants a number ${min > 0 ? `from ${min}` : 'above 0'}, not '${text}'`);
  return value;
}

/** @returns the item of that name. @throws UsageError, with all names, where there is none. */
export function namedOne<T extends { readonly name: string }>(kind: string, all: readonly T[], name: string): T {
  const found = all.find((item) => item.name === name.trim());
  if (found === undefined)
    throw new UsageError(`no ${kind} '${name}'; there are: ${all.map((item) => item.name).join(', ')}`);
  return found;
}
