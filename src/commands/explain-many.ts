/**
 * `explain -` and `ctl explain -`: many addresses from standard input, one a line, and a line for each, in order, as they come.
 * A line without anything is skipped. It must not keep all of them.
 */
import { createInterface } from 'node:readline';
import type { Explanation, NotExplained } from '../observe/explanation.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { exitOfVerdict, explanationLine } from './explain-print.ts';
import { print } from './terminal.ts';

/** On the command line, for standard input. */
export const MANY = '-';

export async function* addresses(input: NodeJS.ReadableStream = process.stdin): AsyncGenerator<string> {
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const address = line.trim();
    if (address !== '') yield address;
  }
}

/** Prints each, and what all of them come to. */
export class ManyExplained {
  readonly #json: boolean;
  #refused = false;
  #failed = false;
  count = 0;

  constructor(json: boolean) {
    this.#json = json;
  }

  get exit(): ExitCode {
    if (this.#failed) return EXIT.noVerdict;
    return this.#refused ? EXIT.refused : EXIT.ok;
  }

  add(explained: Explanation): void {
    this.count += 1;
    if (exitOfVerdict(explained) === EXIT.refused) this.#refused = true;
    print(this.#json ? JSON.stringify(explained) : explanationLine(explained));
  }

  /** There is no verdict on this one. */
  addFault(fault: NotExplained): void {
    this.count += 1;
    this.#failed = true;
    print(this.#json ? JSON.stringify(fault) : `error\t-\t${fault.message}`);
  }
}
