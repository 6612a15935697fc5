/**
 * A text list → the change that it makes, or what is wrong with it. The lint comes first: what it calls an error must not be published.
 * It must not write anything.
 */
import { lintList } from '../list/lint/lint-list.ts';
import type { LintDiagnostic } from '../list/lint/lint-diagnostic.ts';
import type { SuffixPolicy } from '../lib/types.ts';
import { inForce } from '../list/text/compile.ts';
import { parseLine } from '../list/text/grammar.ts';
import { readLines } from '../list/text/lines.ts';
import { changeSetOf } from './change-set.ts';
import type { ChangeSet } from './change-set.ts';
import { entryLine } from './entry-line.ts';
import type { ListState } from './state/list-state.ts';

export interface BuildOptions {
  /** UTC days since 1970-01-01. */
  readonly today: number;
  readonly suffixes: SuffixPolicy;
  /** What was withdrawn is listed again where the list has it. */
  readonly isRelisted: boolean;
  /** Bytes read, of three times the list. */
  readonly progress?: (bytes: number) => void;
}

export type Built =
  | { readonly ok: true; readonly changeSet: ChangeSet }
  | { readonly ok: false; readonly errors: readonly LintDiagnostic[] };

export function build(bytes: Uint8Array, state: ListState, options: BuildOptions): Built {
  const { today, suffixes, isRelisted, progress } = options;
  const errors: LintDiagnostic[] = [];
  const lint = lintList(bytes, { action: 'block', today, suffixes, ...(progress === undefined ? {} : { progress }) });
  for (const finding of lint) if (finding.severity === 'error') errors.push(finding);
  if (errors.length > 0) return { ok: false, errors };
  const lines: string[] = [];
  for (const line of readLines(bytes)) {
    const outcome = parseLine(line, { list: 0, action: 'block' });
    if (outcome.kind !== 'entry' || !inForce(outcome.entry, today)) continue;
    const text = entryLine(outcome.entry, line.text);
    if (text === null) return { ok: false, errors: [unwritable(line.number, outcome.column)] };
    lines.push(text);
  }
  return { ok: true, changeSet: changeSetOf(state, lines, isRelisted) };
}

function unwritable(line: number, column: number): LintDiagnostic {
  return {
    line,
    column,
    severity: 'error',
    rule: 'bad-line',
    code: 'bad_line',
    otherLine: null,
    message: 'the entry has no canonical text that is read as the same entry; write it in another way, and report it',
  };
}
