/**
 * The gate between what is judged and what is published: a list may be read without a fault and still not be wanted. What it asks is what
 * the configuration says of the list; it must not look into the list's bytes, and what is in force stays whatever it decides.
 */
import type { ListError } from '../lib/errors.ts';
import type { ListAction, SuffixPolicy } from '../lib/types.ts';
import { listError } from './list-error.ts';
import { refused } from './staged-list.ts';
import type { GoodList, JudgedList, PassedList, ReadList, RefusedList, VersionGate } from './staged-list.ts';

export interface GateRules {
  readonly action: ListAction;
  /** Share (0..1) of bad lines among all lines that hold something; one more refuses the list. */
  readonly maxBadLineRatio: number;
  /** What becomes of a list with entries that cover a public suffix. */
  readonly suffixes: SuffixPolicy;
}

type Check = (judged: JudgedList, rules: GateRules) => ListError | null;

/** In this order: the gravest reason is the one that is told. */
const CHECKS: readonly Check[] = [grammarError, badLinesError];

/** What an operator may overrule (list-error.ts, isSanity). */
const SANITY_CHECKS: readonly Check[] = [suffixError];

/** A version that is to be judged. */
export interface Candidate {
  readonly bytes: Uint8Array;
  readonly gate: VersionGate;
}

export function candidateFor({ bytes, version }: ReadList | GoodList): Candidate {
  return { bytes, gate: version?.gate ?? 'ask' };
}

export type Verdict = PassedList | RefusedList;

/** What becomes of a list that was judged. @param gate of its version. */
export function verdictOf(judged: JudgedList | RefusedList, rules: GateRules, gate: VersionGate = 'ask'): Verdict {
  return judged.stage === 'refused' ? judged : passGate(judged, rules, gate);
}

function passGate(judged: JudgedList, rules: GateRules, gate: VersionGate): Verdict {
  for (const check of gate === 'ask' ? [...CHECKS, ...SANITY_CHECKS] : CHECKS) {
    const error = check(judged, rules);
    if (error !== null) return refused(error, judged);
  }
  return { ...judged, stage: 'passed' };
}

function grammarError({ grammar }: JudgedList, { action }: GateRules): ListError | null {
  if (action !== 'allow' || grammar === 'allow') return null;
  return listError(
    'unsupported',
    'it was not compiled for an allow list, whose entries need reason and expiry; compile it with --action allow',
  );
}

function badLinesError({ stats, badLines: [first] }: JudgedList, { maxBadLineRatio }: GateRules): ListError | null {
  const { lines, badLines, entries, expired } = stats;
  if (badLines <= maxBadLineRatio * (badLines + entries + expired)) return null;
  const where =
    first === undefined ? '' : `; the first is line ${first.line}, column ${first.column}: ${first.message}`;
  return listError('bad_lines', `${badLines} bad ${badLines === 1 ? 'line' : 'lines'} of ${lines}${where}`);
}

function suffixError({ stats, firstSuffix }: JudgedList, { suffixes }: GateRules): ListError | null {
  const count = stats.publicSuffixes;
  if (suffixes === 'warn' || count === 0) return null;
  const entries = count === 1 ? 'entry covers' : 'entries cover';
  const where = firstSuffix === null ? '' : `; the first is ${firstSuffix}`;
  return listError('public_suffix', `${count} ${entries} a public suffix, which 'suffixes: refuse' forbids${where}`);
}
