/**
 * A text list as a whole: its bad lines and its figures. Then its entries.
 *
 *   bytes ──▶ compileText: lines, figures ──▶ gate ──▶ listEntries: the entries in force, one by one
 *
 * Two passes over the bytes instead of an array of a million entries: parsing once more costs less than so much memory
 * (bench/micro/list-file.ts: time and peak of a million lines).
 * Pure: no file, no thread (compile-thread.ts runs it aside). It must not decide whether the list is used.
 */
import type { Entry } from '../../match/entry.ts';
import type { LineDiagnostic } from './diagnostic.ts';
import { coversPublicSuffix, suffixMessage } from './public-suffix.ts';
import { RowBound } from './row-bound.ts';
import { EndCounter, withEnds } from '../ends.ts';
import type { CoveringLines } from '../sanity/covering-lines.ts';
import { countEntry, emptyStats } from '../stats.ts';
import { isCutOff } from './lines.ts';
import { MAX_TEST_ADDRESSES, markedAddress, type MarkedAddress } from './test-address.ts';
import type { ListStats } from '../stats.ts';
import { parseTextList } from './grammar.ts';
import type { TextListOptions } from './grammar.ts';

export interface CompileOptions extends TextListOptions {
  /** UTC days since 1970-01-01. */
  readonly today: number;
  /** How many lines of each kind are named; all are counted. Unbounded unless told. */
  readonly maxDiagnostics?: number;
  /** Called with each entry that is in force, and the column where it begins, also where the list turns out to be refused. */
  readonly visit?: (entry: Entry, column: number) => void;
  /** Called with each entry that the text states as it should: also with what is over, so that a list says the same on every day, and with what is said twice. */
  readonly stated?: (entry: Entry) => void;
  /** Names what is on protected hosts, and says whether that is left out: then it is as if it were not there. */
  readonly covering?: CoveringLines;
}

export interface CompiledText {
  /** Not null: it may be the first part of a longer list, and is refused whatever share of bad lines is tolerated. */
  readonly cut: LineDiagnostic | null;
  /** The reason that nothing came of converting it; absent, or null: nothing is known against it. */
  readonly refusal?: string | null;
  /** In order; see `maxDiagnostics`. */
  readonly badLines: readonly LineDiagnostic[];
  /** Lines whose entries cover a public suffix, likewise; `stats.publicSuffixes` counts them. */
  readonly suffixLines: readonly LineDiagnostic[];
  /** Lines whose entries are on a protected host, used or left out, likewise. */
  readonly protectedLines: readonly LineDiagnostic[];
  readonly stats: ListStats;
  /** The first of the entries in force that are marked `test`. */
  readonly tests: readonly MarkedAddress[];
}

const MS_PER_DAY = 86_400_000;

/** UTC days since 1970-01-01 of a time in milliseconds. */
export function utcDay(time: number): number {
  return Math.floor(time / MS_PER_DAY);
}

/** It is as long as what is counted of a line. */
export function compileText(bytes: Uint8Array, options: CompileOptions): CompiledText {
  const { today, maxDiagnostics = Number.POSITIVE_INFINITY, visit, stated, covering } = options;
  const stats = emptyStats();
  const badLines: LineDiagnostic[] = [];
  const suffixLines: LineDiagnostic[] = [];
  const tests: MarkedAddress[] = [];
  const bound = new RowBound(bytes.length);
  const ends = new EndCounter();
  let last: LineDiagnostic | null = null;
  const bad = (diagnostic: LineDiagnostic): void => {
    stats.badLines += 1;
    last = diagnostic;
    if (badLines.length < maxDiagnostics) badLines.push(diagnostic);
  };
  for (const outcome of parseTextList(bytes, options)) {
    stats.lines += 1;
    if (outcome.kind === 'error') bad(outcome.diagnostic);
    if (outcome.kind !== 'entry') continue;
    const { entry, column } = outcome;
    const admitted = inForce(entry, today) ? bound.admit(entry) : 'over';
    if (admitted === 'too many') {
      bad({ code: 'bad_line', line: Number(entry.id), column, message: bound.fault });
      continue;
    }
    const isLeftOut = covering?.leavesOut(entry) === true;
    if (!isLeftOut) stated?.(entry);
    if (admitted === 'over') {
      stats.expired += 1;
      continue;
    }
    covering?.add(outcome);
    if (isLeftOut) {
      stats.leftOut += 1;
      continue;
    }
    countEntry(stats, entry);
    if (entry.test && tests.length < MAX_TEST_ADDRESSES) tests.push(markedAddress(entry));
    const coversSuffix = coversPublicSuffix(entry);
    ends.add(entry, coversSuffix);
    if (coversSuffix) {
      stats.publicSuffixes += 1;
      if (suffixLines.length < maxDiagnostics) suffixLines.push(suffixDiagnostic(entry, column));
    }
    if (admitted === 'taken') visit?.(entry, column);
  }
  return {
    cut: isCutOff(bytes) ? last : null,
    badLines,
    suffixLines,
    protectedLines: covering?.lines ?? [],
    stats: withEnds(stats, ends.all),
    tests,
  };
}

function suffixDiagnostic(entry: Entry, column: number): LineDiagnostic {
  return { code: 'public_suffix', line: Number(entry.id), column, message: suffixMessage(entry) };
}

/** The entries of a list that was accepted; bad lines within the tolerated share are left out, and what says nothing new. */
export function* listEntries(
  bytes: Uint8Array,
  options: TextListOptions & { readonly today: number },
): Generator<Entry> {
  const bound = new RowBound(bytes.length);
  for (const outcome of parseTextList(bytes, options)) {
    if (outcome.kind === 'entry' && inForce(outcome.entry, options.today) && bound.admit(outcome.entry) === 'taken')
      yield outcome.entry;
  }
}

/** Valid through its last day. */
export function inForce(entry: Entry, today: number): boolean {
  return entry.expires === 0 || entry.expires >= today;
}
