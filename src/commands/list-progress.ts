/**
 * How far a command has come that reads the lists of a configuration, each in several passes over its bytes: one bar for all of it, on
 * a terminal only (progress-bar.ts). It must not print anything else.
 */
import type { ProgressBar } from './progress-bar.ts';

/** What `of` tells one pass over one list: the bytes that it has read. */
export type ReadReport = (bytes: number) => void;

/** For whoever does not show it. */
export const NO_PROGRESS = { expect: (): void => {}, of: (): ReadReport => () => {} };

export class ListProgress {
  readonly #bar: Pick<ProgressBar, 'update'>;
  readonly #passes: number;
  /** Bytes of each list. */
  readonly #sizes = new Map<string, number>();
  /** Bytes that each pass over each list has read. */
  readonly #read = new Map<string, number>();

  /** @param bar of a total of 1. */
  constructor(bar: Pick<ProgressBar, 'update'>, passes: number) {
    this.#bar = bar;
    this.#passes = passes;
  }

  /** A list is this long. */
  expect(list: string, bytes: number): void {
    this.#sizes.set(list, bytes);
  }

  /** @param pass any name, the same for the same pass. */
  of(list: string, pass: string): ReadReport {
    return (bytes) => {
      this.#read.set(`${pass} ${list}`, bytes);
      this.#bar.update(sum(this.#read) / (sum(this.#sizes) * this.#passes));
    };
  }
}

function sum(numbers: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const number of numbers.values()) total += number;
  return total;
}
