/**
 * `explain -` and `ctl explain -`: many addresses from standard input, one a line, and a line for each, in order, as they come.
 * A line without anything is skipped. It must not keep all of them.
 */
import type { Readable } from 'node:stream';
import { CleanfeedError, errnoOf, fileReason } from '../lib/errors.ts';
import { lineBatches } from './line-batches.ts';
import type { BriefExplanation, NotExplained } from '../observe/explanation.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { exitOfVerdict, explanationLine } from './explain-print.ts';
import { counted, print, printError } from './terminal.ts';

/** Characters. No request has a longer address (limits.requestLineBytes), and no list; without a bound a file of one line took 4 GB. */
export const MAX_ADDRESS = 1_048_576;
/** On the command line, for standard input. */
export const MANY = '-';

/** As many at a time as have come; no batch is empty. One of more than MAX_ADDRESS may not be whole. @throws CleanfeedError `standard_input` where there may be more of them. */
export async function* addressBatches(input: Readable = process.stdin): AsyncGenerator<readonly string[]> {
  for await (const lines of inputLines(input)) {
    const addresses = lines.map((line) => line.trim()).filter((address) => address !== '');
    if (addresses.length > 0) yield addresses;
  }
}

/** As they come, the empty ones too. Throws as `addressBatches`. */
export async function* inputLines(input: Readable): AsyncGenerator<readonly string[]> {
  try {
    yield* lineBatches(input, MAX_ADDRESS);
  } catch (error) {
    const message = `standard input cannot be read: ${fileReason(errnoOf(error))}`;
    throw new CleanfeedError('config', 'standard_input', message, { cause: error });
  }
}

/** @param count addresses that have their line. @throws what is no fault of the input. */
export function inputFailed(error: unknown, count: number): ExitCode {
  if (!(error instanceof CleanfeedError) || error.code !== 'standard_input') throw error;
  printError(`${error.message}; ${counted(count, 'address', 'addresses')} came before that`);
  return EXIT.noVerdict;
}

/** A line for each, printed when `flush` is called, and what all of them come to. */
export class ManyExplained {
  readonly #json: boolean;
  #lines: string[] = [];
  readonly #exits = new Set<ExitCode>();
  #failed = false;
  count = 0;

  constructor(json: boolean) {
    this.#json = json;
  }

  get exit(): ExitCode {
    if (this.#failed) return EXIT.noVerdict;
    return [EXIT.refused, EXIT.neverPasses].find((exit) => this.#exits.has(exit)) ?? EXIT.ok;
  }

  add(explained: BriefExplanation): void {
    this.count += 1;
    this.#exits.add(exitOfVerdict(explained));
    this.#lines.push(this.#json ? JSON.stringify(explained) : explanationLine(explained));
  }

  /** There is no verdict on this one. */
  addFault(fault: NotExplained): void {
    this.count += 1;
    this.#failed = true;
    this.#lines.push(this.#json ? JSON.stringify(fault) : `error\t-\t${fault.message}`);
  }

  /** At once: one write for each of ten thousand lines would be one system call each. */
  flush(): void {
    if (this.#lines.length > 0) print(this.#lines.join('\n'));
    this.#lines = [];
  }
}
