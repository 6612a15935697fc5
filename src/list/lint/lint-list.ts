/**
 * A text list → what is wrong or doubtful about it, line by line.
 *
 *   pass 1: every entry in force ─▶ EntryIndex        pass 2: each line ─▶ errors, rules on the entry, duplicateOf, coveredBy
 *
 * Two passes over the bytes, because a line may stand under one that comes later. Pure, and says nothing that quotes a
 * line. It must not decide what a list may hold: that is the grammar's business, and every finding but a bad line may be
 * meant.
 */
import type { SuffixPolicy } from '../../lib/types.ts';
import type { Entry } from '../../match/entry.ts';
import { inForce, listEntries } from '../text/compile.ts';
import type { LineDiagnostic } from '../text/diagnostic.ts';
import { FOREIGN_FORMATS } from '../text/foreign-formats.ts';
import { columnAt, readLines } from '../text/lines.ts';
import type { Line } from '../text/lines.ts';
import { addressText, parseLine } from '../text/grammar.ts';
import type { TextListOptions } from '../text/grammar.ts';
import { EntryIndex } from './entry-index.ts';
import { entryErrors, entryMessages } from './entry-rules.ts';
import { lintMessage } from './lint-diagnostic.ts';
import type { LintDiagnostic, LintMessage } from './lint-diagnostic.ts';
import { Habits } from './habits.ts';

export interface LintOptions extends Omit<TextListOptions, 'list'> {
  /** UTC days since 1970-01-01. */
  readonly today: number;
  /** `warn`: as a list whose configuration says so; `refuse` unless told. */
  readonly suffixes?: SuffixPolicy;
}

/** Its share of the time. */
const FIRST_PASS = 0.4;

/** Findings in the order of the lines, those about the whole list last, at its beginning. */
export function* lintList(bytes: Uint8Array, options: LintOptions): Generator<LintDiagnostic> {
  const { action, today, suffixes = 'refuse', progress } = options;
  const index = new EntryIndex();
  const habits = new Habits();
  const report = (read: number): void => progress?.(read);
  // The first pass takes less than the second: what is told moves all the time.
  const first = { list: 0, ...options, progress: (read: number) => report(read * FIRST_PASS) };
  for (const entry of listEntries(bytes, first)) index.add(entry);
  for (const line of readLines(bytes)) {
    const outcome = parseLine(line, { list: 0, action });
    if (outcome.kind === 'error') yield badLine(outcome.diagnostic);
    if (outcome.kind === 'entry') yield* entryFindings(line, outcome.entry, { index, today, suffixes });
    if (outcome.kind === 'entry') habits.add(outcome.entry, addressText(line).text);
    if (line.number % 4096 === 0) report(bytes.length * FIRST_PASS + line.start * (1 - FIRST_PASS));
  }
  for (const found of habits.messages()) yield { line: 1, column: 1, ...found };
}

/**
 * Only what must not go live: one pass, without the index that relations between lines need.
 * @param visit called with every entry in force, whatever is found.
 */
export function* lintErrors(
  bytes: Uint8Array,
  options: LintOptions,
  visit: (entry: Entry, line: Line, column: number) => void,
): Generator<LintDiagnostic> {
  const { action, today, suffixes = 'refuse', progress } = options;
  for (const line of readLines(bytes)) {
    if (progress !== undefined && line.number % 4096 === 0) progress(line.start);
    const outcome = parseLine(line, { list: 0, action });
    if (outcome.kind === 'error') yield badLine(outcome.diagnostic);
    if (outcome.kind !== 'entry' || !inForce(outcome.entry, today)) continue;
    for (const found of entryErrors(outcome.entry, addressText(line).text, suffixes))
      yield { line: line.number, column: outcome.column, ...found };
    visit(outcome.entry, line, outcome.column);
  }
}

function badLine(fault: LineDiagnostic): LintDiagnostic {
  return {
    ...fault,
    severity: 'error',
    rule: fault.code in FOREIGN_FORMATS ? 'foreign-line' : 'bad-line',
    otherLine: null,
  };
}

interface Beside {
  readonly index: EntryIndex;
  readonly today: number;
  readonly suffixes: SuffixPolicy;
}

function* entryFindings(line: Line, entry: Entry, { index, today, suffixes }: Beside): Generator<LintDiagnostic> {
  const address = addressText(line);
  const column = columnAt(line.text, address.at);
  const messages = inForce(entry, today)
    ? [...entryMessages(entry, address.text, suffixes), ...relations(entry, index)]
    : [lintMessage('warning', 'expired', 'its last day is over: it is skipped')];
  for (const found of messages) yield { line: line.number, column, ...found };
}

function relations(entry: Entry, index: EntryIndex): readonly LintMessage[] {
  const duplicate = index.duplicateOf(entry);
  if (duplicate !== null)
    return [
      lintMessage(
        'warning',
        'duplicate',
        `the same address as line ${duplicate.line}${duplicate.count === entry.count && duplicate.expires === entry.expires ? '' : ', with other attributes: the stricter of both holds'}`,
        duplicate.line,
      ),
    ];
  const cover = index.coveredBy(entry);
  return cover === null ? [] : [lintMessage('warning', 'covered', `line ${cover.line} covers it already`, cover.line)];
}
