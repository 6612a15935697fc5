/** Rows of tests of formats: lines of a file, and what an import makes of them. */
import type { ImportFrom } from '../../../src/lib/list-formats.ts';
import { imported, summary } from './imported.ts';
import type { ImportedOptions } from './imported.ts';

export interface Row {
  readonly lines: readonly string[];
  readonly entries?: readonly string[];
  /** `LINE:COLUMN code` */
  readonly said?: readonly string[];
  readonly options?: ImportedOptions;
}

export interface Made {
  readonly entries: readonly string[];
  readonly said: readonly string[];
}

export function made(from: ImportFrom, { lines, options = {} }: Row): Made {
  return summary(imported(from, lines.map((line) => `${line}\n`).join(''), options));
}

export function wanted({ entries = [], said = [] }: Row): Made {
  return { entries, said };
}

/** With a name for each, as `test.each` takes them. */
export function table(rows: readonly Row[]): readonly (readonly [string, Row])[] {
  return rows.map((row) => [nameOf(row), row]);
}

function nameOf({ lines, options }: Row): string {
  const told = JSON.stringify(options, (_, value: unknown) => (value instanceof Set ? [...value] : value));
  return options === undefined ? lines.join(' | ') : `${lines.join(' | ')} ${told}`;
}

export function withOptions({ lines, entries = [], said = [] }: Row, options: ImportedOptions): Row {
  return { lines, entries, said, options };
}
