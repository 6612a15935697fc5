/**
 * A text list → what is wrong or doubtful about it, line by line.
 *
 *   each line ─▶ errors, rules on the entry; an entry in force ─▶ EntryIndex ─▶ each of them once more: duplicate? covered?
 *
 * A line may stand under one that comes later, so what two lines have to do with each other is known at the end only. Lines are read once:
 * that takes most of the time. Pure, and says nothing that quotes a line. It must not decide what a list may hold: that is the grammar's
 * business, and every finding but a bad line may be meant.
 */
import type { SuffixPolicy } from '../../lib/types.ts';
import type { Entry } from '../../match/entry.ts';
import { IntColumn } from '../../match/columns.ts';
import { NO_PROTECTED_HOSTS } from '../sanity/protected-hosts.ts';
import type { ProtectedHosts } from '../sanity/protected-hosts.ts';
import { inForce } from '../text/compile.ts';
import type { LineDiagnostic } from '../text/diagnostic.ts';
import { FOREIGN_FORMATS } from '../text/foreign-formats.ts';
import { readLines } from '../text/lines.ts';
import type { Line } from '../text/lines.ts';
import { addressText, parseLine } from '../text/grammar.ts';
import type { TextListOptions } from '../text/grammar.ts';
import { RowBound } from '../text/row-bound.ts';
import { EntryIndex } from './entry-index.ts';
import { entryErrors, entryMessages } from './entry-rules.ts';
import type { EntryTerms } from './entry-rules.ts';
import { lintMessage } from './lint-diagnostic.ts';
import type { LintDiagnostic, LintMessage } from './lint-diagnostic.ts';
import { Habits } from './habits.ts';

export interface LintOptions extends Omit<TextListOptions, 'list'> {
  /** UTC days since 1970-01-01. */
  readonly today: number;
  /** `warn`: as a list whose configuration says so; `refuse` unless told. */
  readonly suffixes?: SuffixPolicy;
  /** None unless told. An allow list may let them through. */
  readonly protectedHosts?: ProtectedHosts;
}

/** What reading the lines takes, of all the time. */
const READING = 0.85;
const LINES_PER_REPORT = 4096;

/** Findings about one line in the order of the lines, then those about two, likewise, then those about the whole list, at its beginning. */
export function* lintList(bytes: Uint8Array, options: LintOptions): Generator<LintDiagnostic> {
  const { action, today, progress } = options;
  const terms = termsOf(options);
  const entries = { index: new EntryIndex(), bound: new RowBound(bytes.length), columns: new IntColumn() };
  const habits = new Habits();
  for (const line of readLines(bytes)) {
    if (line.number % LINES_PER_REPORT === 0) progress?.(line.start * READING);
    const outcome = parseLine(line, { list: 0, action });
    if (outcome.kind === 'error') yield badLine(outcome.diagnostic);
    if (outcome.kind !== 'entry') continue;
    const { entry, column } = outcome;
    const address = addressText(line).text;
    habits.add(entry, address);
    const isInForce = inForce(entry, today);
    const messages = isInForce ? entryMessages(entry, address, terms) : [EXPIRED];
    for (const found of messages) yield { line: line.number, column, ...found };
    if (!isInForce) continue;
    entries.index.add(entry, entries.bound.admit(entry) === 'taken');
    entries.columns.push(column);
  }
  yield* relations(entries, (share) => progress?.(bytes.length * (READING + share * (1 - READING))));
  for (const found of habits.messages()) yield { line: 1, column: 1, ...found };
}

const EXPIRED = lintMessage('warning', 'expired', 'its last day is over: it is skipped');

/**
 * Only what must not go live: one pass, without the index that relations between lines need.
 * @param visit called with every entry in force, whatever is found.
 */
export function* lintErrors(
  bytes: Uint8Array,
  options: LintOptions,
  visit: (entry: Entry, line: Line, column: number) => void,
): Generator<LintDiagnostic> {
  const { action, today, progress } = options;
  const terms = termsOf(options);
  for (const line of readLines(bytes)) {
    if (line.number % LINES_PER_REPORT === 0) progress?.(line.start);
    const outcome = parseLine(line, { list: 0, action });
    if (outcome.kind === 'error') yield badLine(outcome.diagnostic);
    if (outcome.kind !== 'entry' || !inForce(outcome.entry, today)) continue;
    for (const found of entryErrors(outcome.entry, addressText(line).text, terms))
      yield { line: line.number, column: outcome.column, ...found };
    visit(outcome.entry, line, outcome.column);
  }
}

function termsOf({ action, suffixes = 'refuse', protectedHosts = NO_PROTECTED_HOSTS }: LintOptions): EntryTerms {
  return { action, suffixes, protectedHosts: action === 'allow' ? NO_PROTECTED_HOSTS : protectedHosts };
}

function badLine(fault: LineDiagnostic): LintDiagnostic {
  return {
    ...fault,
    severity: 'error',
    rule: fault.code in FOREIGN_FORMATS ? 'foreign-line' : 'bad-line',
    otherLine: null,
  };
}

function* relations(
  { index, columns }: { readonly index: EntryIndex; readonly columns: IntColumn },
  progress: (share: number) => void,
): Generator<LintDiagnostic> {
  for (let row = 0; row < columns.length; row += 1) {
    if (row % LINES_PER_REPORT === 0) progress(row / columns.length);
    const message = relation(index, row);
    if (message !== null) yield { line: index.at(row).line, column: columns.get(row), ...message };
  }
}

function relation(index: EntryIndex, row: number): LintMessage | null {
  const duplicate = index.duplicateOf(row);
  if (duplicate !== null) {
    const { count, expires } = index.at(row);
    const isSame = duplicate.count === count && duplicate.expires === expires;
    return lintMessage(
      'warning',
      'duplicate',
      `the same address as line ${duplicate.line}${isSame ? '' : ', with other attributes: the stricter of both holds'}`,
      duplicate.line,
    );
  }
  const cover = index.coveredBy(row);
  return cover === null ? null : lintMessage('warning', 'covered', `line ${cover.line} covers it already`, cover.line);
}
