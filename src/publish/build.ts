/**
 * A text list → the change that it makes, or what is wrong with it. The lint comes first: what it calls an error must not be published.
 * It must not write anything.
 */
import type { SuffixPolicy } from '../lib/types.ts';
import type { LintDiagnostic } from '../list/lint/lint-diagnostic.ts';
import { lintErrors } from '../list/lint/lint-list.ts';
import type { ProtectedHosts } from '../list/sanity/protected-hosts.ts';
import type { Line } from '../list/text/lines.ts';
import { RowBound } from '../list/text/row-bound.ts';
import type { Entry } from '../match/entry.ts';
import { changeSetOf } from './change-set.ts';
import type { ChangeSet } from './change-set.ts';
import { entryLine } from './entry-line.ts';
import type { ListState } from './state/list-state.ts';

export interface BuildOptions {
  /** UTC days since 1970-01-01. */
  readonly today: number;
  readonly suffixes: SuffixPolicy;
  /** None unless told. */
  readonly protectedHosts?: ProtectedHosts;
  /** What was withdrawn is listed again where the list has it. */
  readonly isRelisted: boolean;
  /** Bytes read. */
  readonly progress?: (bytes: number) => void;
}

export type Built =
  | { readonly ok: true; readonly changeSet: ChangeSet }
  | { readonly ok: false; readonly errors: readonly LintDiagnostic[] };

/**
 * Reads a text list and says what it changes.
 * @param bytes of the list: UTF-8, at most as long as a list may be (list/text/lines.ts).
 * @returns what lint finds as errors instead, and then no change set.
 */
export function build(bytes: Uint8Array, state: ListState, options: BuildOptions): Built {
  const { isRelisted, ...lint } = options;
  const errors: LintDiagnostic[] = [];
  const lines: string[] = [];
  const bound = new RowBound(bytes.length);
  const visit = (entry: Entry, line: Line, column: number): void => {
    const text = entryLine(entry, line.text);
    const isTooMany = bound.admit(entry) === 'too many';
    if (text === null || isTooMany) errors.push(badLine(line.number, column, isTooMany ? bound.fault : UNWRITABLE));
    else lines.push(text);
  };
  for (const error of lintErrors(bytes, { action: 'block', ...lint }, visit)) errors.push(error);
  if (errors.length > 0) return { ok: false, errors };
  return { ok: true, changeSet: changeSetOf(state, lines, isRelisted) };
}

const UNWRITABLE =
  'the entry has no canonical text that is read as the same entry; write it in another way, and report it';

function badLine(line: number, column: number, message: string): LintDiagnostic {
  return { line, column, severity: 'error', rule: 'bad-line', code: 'bad_line', otherLine: null, message };
}
