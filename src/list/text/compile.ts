/**
 * A text list as a whole: its faults, its figures, and whether it is good enough to be used. Then its entries.
 *
 *   bytes ──▶ compileList: judge (faults, stats, accepted) ──▶ listEntries: the entries in force, one by one
 *
 * Two passes over the bytes instead of an array of a million entries: parsing costs a microsecond a line, memory more.
 * Pure: no file, no thread (compile-thread.ts runs it aside). A list that is refused must not be used in part.
 */
import type { SuffixPolicy } from '../../lib/types.ts';
import type { Entry } from '../../match/entry.ts';
import type { LineDiagnostic } from './diagnostic.ts';
import { coversPublicSuffix, suffixMessage } from './public-suffix.ts';
import { RowBound, TOO_MANY_ENTRIES } from './row-bound.ts';
import { countEntry, emptyStats } from '../stats.ts';
import { isCutOff } from './lines.ts';
import type { ListStats } from '../stats.ts';
import { parseTextList } from './grammar.ts';
import type { TextListOptions } from './grammar.ts';

export interface CompileOptions extends TextListOptions {
  /** Share (0..1) of bad lines among all lines that hold something; one more refuses the list. */
  readonly maxBadLineRatio: number;
  /** What becomes of a list with entries that cover a public suffix; `refuse` unless told. */
  readonly suffixes?: SuffixPolicy;
  /** UTC days since 1970-01-01. */
  readonly today: number;
  /** How many faults of each kind are kept; all are counted. Unbounded unless told. */
  readonly maxFaults?: number;
  /** Called with each entry that is in force, also where the list turns out to be refused. */
  readonly visit?: (entry: Entry) => void;
}

export interface CompiledList {
  readonly accepted: boolean;
  /** Why it is not, by the graver reason; null: it is. */
  readonly refusal: 'truncated' | 'bad_lines' | 'public_suffix' | null;
  /** Not null: it may be the first part of a longer list, and is refused whatever share of bad lines is tolerated. */
  readonly cut: LineDiagnostic | null;
  /** Bad lines, in order; see `maxFaults`. */
  readonly faults: readonly LineDiagnostic[];
  /** Lines whose entries cover a public suffix, likewise; `stats.publicSuffixes` counts them. */
  readonly suffixes: readonly LineDiagnostic[];
  readonly stats: ListStats;
}

const MS_PER_DAY = 86_400_000;

/** UTC days since 1970-01-01 of a time in milliseconds. */
export function utcDay(time: number): number {
  return Math.floor(time / MS_PER_DAY);
}

export function compileList(bytes: Uint8Array, options: CompileOptions): CompiledList {
  const stats = emptyStats();
  const faults: LineDiagnostic[] = [];
  const suffixes: LineDiagnostic[] = [];
  const maxFaults = options.maxFaults ?? Number.POSITIVE_INFINITY;
  const bound = new RowBound();
  let last: LineDiagnostic | null = null;
  for (const outcome of parseTextList(bytes, options)) {
    stats.lines += 1;
    if (outcome.kind === 'error') {
      stats.badLines += 1;
      last = outcome.diagnostic;
      if (faults.length < maxFaults) faults.push(outcome.diagnostic);
    } else if (outcome.kind === 'entry') {
      if (!inForce(outcome.entry, options.today)) {
        stats.expired += 1;
        continue;
      }
      const admitted = bound.admit(outcome.entry);
      if (admitted === 'too many') {
        stats.badLines += 1;
        last = { code: 'bad_line', line: Number(outcome.entry.id), column: outcome.column, message: TOO_MANY_ENTRIES };
        if (faults.length < maxFaults) faults.push(last);
        continue;
      }
      countEntry(stats, outcome.entry);
      if (coversPublicSuffix(outcome.entry)) {
        stats.publicSuffixes += 1;
        if (suffixes.length < maxFaults) suffixes.push(suffixFault(outcome.entry, outcome.column));
      }
      if (admitted === 'taken') options.visit?.(outcome.entry);
    }
  }
  const cut = isCutOff(bytes) ? last : null;
  const refusal = cut === null ? refusalOf(stats, options) : 'truncated';
  return { accepted: refusal === null, refusal, cut, faults, suffixes, stats };
}

function refusalOf(
  { badLines, entries, expired, publicSuffixes }: ListStats,
  { maxBadLineRatio, suffixes }: CompileOptions,
): CompiledList['refusal'] {
  if (badLines > maxBadLineRatio * (badLines + entries + expired)) return 'bad_lines';
  return suffixes !== 'warn' && publicSuffixes > 0 ? 'public_suffix' : null;
}

function suffixFault(entry: Entry, column: number): LineDiagnostic {
  return { code: 'public_suffix', line: Number(entry.id), column, message: suffixMessage(entry) };
}

/** The entries of a list that was accepted; bad lines within the tolerated share are left out, and what says nothing new. */
export function* listEntries(
  bytes: Uint8Array,
  options: TextListOptions & { readonly today: number },
): Generator<Entry> {
  const bound = new RowBound();
  for (const outcome of parseTextList(bytes, options)) {
    if (outcome.kind === 'entry' && inForce(outcome.entry, options.today) && bound.admit(outcome.entry) === 'taken')
      yield outcome.entry;
  }
}

/** Valid through its last day. */
export function inForce(entry: Entry, today: number): boolean {
  return entry.expires === 0 || entry.expires >= today;
}
