/**
 * The gate between what is judged and what is published: a list may be read without a fault and still not be wanted. What it asks is what
 * the configuration says of the list:
 *
 *   judged ─▶ grammar, bad lines ─▶ sanity: canaries, public suffixes, protected hosts, growth, shrink ─▶ passed
 *                  └─▶ refused           └─▶ refused, and held where the list has versions; not asked of what was accepted or pinned
 *
 * It must not look into the list's bytes (sanity/ does), and what is in force stays whatever it decides.
 */
import type { GateConfig } from '../config/list-types.ts';
import { figuresOn } from './ends.ts';
import type { ListAction, SuffixPolicy } from '../lib/types.ts';
import { type ListError, listError } from './list-error.ts';
import { NOTHING_FOUND } from './sanity/findings.ts';
import type { Finding, Findings } from './sanity/findings.ts';
import { protectedRefusal } from './sanity/protected-refusal.ts';
import { refused } from './staged-list.ts';
import type { GoodList, JudgedList, PassedList, ReadList, RefusedList, VersionGate } from './staged-list.ts';

export interface GateRules {
  readonly action: ListAction;
  /** Share (0..1) of bad lines among all lines that hold something; one more refuses the list. */
  readonly maxBadLineRatio: number;
  /** What becomes of a list with entries that cover a public suffix. */
  readonly suffixes: SuffixPolicy;
  readonly gate: Pick<GateConfig, 'growth' | 'shrink'>;
}

/** What else is known of the version that is judged. */
export interface GateCase {
  readonly gate: VersionGate;
  /** Entries of what it would take the place of; null: nothing is in force, or it is the same list by other rules. */
  readonly before: number | null;
  readonly findings: Findings;
}

const FIRST: GateCase = { gate: 'ask', before: null, findings: NOTHING_FOUND };

/** Of fewer entries nobody can tell how many more are usual. */
const MIN_ENTRIES_FOR_GROWTH = 1000;
/** Of fewer entries single ones may go, and not all: a file that was emptied by a mistake is one of comments only. */
const MIN_ENTRIES_FOR_SHRINK = 20;

type Check = (judged: JudgedList, rules: GateRules, version: GateCase) => ListError | null;

/** In this order: the gravest reason is the one that is told. */
const CHECKS: readonly Check[] = [grammarError, badLinesError];

/** What an operator may overrule (list-error.ts, isSanity). */
const SANITY_CHECKS: readonly Check[] = [canaryError, suffixError, protectedError, growthError, shrinkError];

/** A version that is to be judged. */
export interface Candidate {
  readonly bytes: Uint8Array;
  readonly gate: VersionGate;
  /** As of GateCase. */
  readonly before: number | null;
}

/** @param before what it would take the place of; null: nothing. @param today UTC days since 1970-01-01: what has expired has not been removed. */
export function candidateFor({ bytes, version }: ReadList | GoodList, before: GoodList | null, today = 0): Candidate {
  const entries = before === null ? null : figuresOn(before.stats, today).entries;
  return { bytes, gate: version?.gate ?? 'ask', before: entries };
}

export type GateVerdict = PassedList | RefusedList;

/** What becomes of a list that was judged. */
export function verdictOf(
  judged: JudgedList | RefusedList,
  rules: GateRules,
  version: Partial<GateCase> = {},
): GateVerdict {
  return judged.stage === 'refused' ? judged : passGate(judged, rules, { ...FIRST, ...version });
}

function passGate(judged: JudgedList, rules: GateRules, version: GateCase): GateVerdict {
  for (const check of version.gate === 'ask' ? [...CHECKS, ...SANITY_CHECKS] : CHECKS) {
    const error = check(judged, rules, version);
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

function canaryError(_: JudgedList, __: GateRules, { findings: { canaries } }: GateCase): ListError | null {
  return canaries === null ? null : listError('canary', `${covers(canaries, 'canary', 'canaries')} (gate.canaries)`);
}

function protectedError(
  { segment }: JudgedList,
  _: GateRules,
  { findings: { protectedHosts } }: GateCase,
): ListError | null {
  if (protectedHosts === null) return null;
  return listError('protected_host', protectedRefusal(protectedHosts, segment.kind === 'shared'));
}

function covers({ count, first }: Finding, one: string, many: string): string {
  return `it covers ${count} ${count === 1 ? one : many}; the first is ${first}`;
}

function growthError(
  { stats: { entries } }: JudgedList,
  { gate: { growth } }: GateRules,
  { before }: GateCase,
): ListError | null {
  if (before === null || before < MIN_ENTRIES_FOR_GROWTH || entries <= before * (1 + growth)) return null;
  return listError('growth', `${change(before, entries)}; gate.growth permits ${percent(growth)}`);
}

function shrinkError(
  { stats: { entries } }: JudgedList,
  { action, gate: { shrink } }: GateRules,
  { before }: GateCase,
): ListError | null {
  // Exceptions are an operator's own, end by themselves, and the last one is taken back like any other.
  const isEmptied = entries === 0 && action !== 'allow';
  const isAsked = before !== null && (before >= MIN_ENTRIES_FOR_SHRINK || isEmptied);
  if (!isAsked || entries >= before * (1 - shrink)) return null;
  const wanted = entries === 0 ? "; if that is wanted, 'gate.shrink: 1' lets it be empty" : '';
  return listError('shrink', `${change(before, entries)}; gate.shrink permits ${percent(shrink)}${wanted}`);
}

function change(before: number, entries: number): string {
  const by = percent(Math.abs(entries - before) / before);
  return `it has ${entries} entries and the list in force ${before}: ${by} ${entries > before ? 'more' : 'less'}`;
}

function percent(part: number): string {
  return `${Number((part * 100).toFixed(2))} %`;
}
