/**
 * The report that may be shown to anybody: totals by list and day, and over all days. What customers asked for is rounded down to a
 * multiple of five, and one to four is `null`, so that no figure, and no difference of two, is about few people (docs/operations.md). Self-tests are
 * taken off first. It must hold nothing else about customers.
 */
import type { ListDay, Report, ReportDay, ShownCount } from '../observe/control-protocol.ts';
import { sumOf, type DayTotals } from './day-totals.ts';

const STEP = 5;

/** @param days in their order. */
export function reportOf(days: readonly DayTotals[]): Report {
  const known = days.map(withTests);
  return { roundedTo: STEP, days: known.map(reportDay), total: reportDay(sumOf(known)) };
}

/**
 * A release before this one kept of self-tests how many test requests were refused, all of them requests, and how many tests passed, each with a request that
 * did. Of a day of both releases what passed is shared out as what was refused.
 */
function withTests(day: DayTotals): DayTotals {
  const counters = { ...day.counters };
  for (const [name, refused] of Object.entries(day.counters)) {
    const [, tests] = /^(lists\.[^.]+\.selftests\.)refused$/.exec(name) ?? [];
    if (tests === undefined) continue;
    const count = (what: string): number => day.counters[`${tests}${what}`] ?? 0;
    const former = refused - count('block') - count('questions.block');
    if (former <= 0) continue;
    counters[`${tests}block`] = count('block') + former;
    counters[`${tests}pass`] = count('pass') + Math.round((count('ok') * former) / refused);
  }
  return { ...day, counters };
}

function reportDay({ day, counters, ages }: DayTotals): ReportDay {
  const count = (name: string): number => counters[name] ?? 0;
  const names = [...new Set([...Object.keys(counters), ...Object.keys(ages).map((name) => `lists.${name}.`)])];
  const lists = [...new Set(names.flatMap((name) => /^lists\.([^.]+)\./.exec(name)?.[1] ?? []))].toSorted();
  const tests = (what: string): number =>
    lists.reduce((sum, list) => sum + count(`lists.${list}.selftests.${what}`), 0);
  return {
    day,
    requests: {
      pass: shown(count('requests.pass') - tests('pass')),
      block: shown(count('requests.block') - tests('block')),
      count: shown(count('requests.count')),
      allow: shown(count('requests.allow')),
      refuse: shown(count('requests.refuse') - tests('refuse')),
      error: shown(count('requests.error') - tests('error')),
    },
    // An older release kept none of them.
    ...(names.some((name) => name.startsWith('questions.')) && { questions: questionsOf(count, tests) }),
    lists: lists.map((list) => listDay(list, ages[list] ?? null, (name) => count(`lists.${list}.${name}`))),
  };
}

function questionsOf(
  count: (name: string) => number,
  tests: (what: string) => number,
): NonNullable<ReportDay['questions']> {
  return {
    pass: shown(count('questions.pass') - tests('questions.pass')),
    block: shown(count('questions.block') - tests('questions.block')),
    count: shown(count('questions.count')),
    allow: shown(count('questions.allow')),
    refuse: shown(count('questions.refuse')),
    error: shown(count('questions.error')),
    steer: shown(count('questions.steer')),
  };
}

function listDay(list: string, age: number | null, count: (name: string) => number): ListDay {
  return {
    list,
    hits: {
      block: shown(count('hits.block') - count('selftests.refused')),
      count: shown(count('hits.count')),
      allow: shown(count('hits.allow')),
    },
    updates: {
      updated: count('syncs.updated'),
      unchanged: count('syncs.unchanged'),
      rejected: count('syncs.rejected'),
      failed: count('syncs.failed'),
    },
    selfTests: { passed: count('selftests.ok'), failed: count('selftests.failed') },
    oldestSeconds: age === null ? null : Math.round(age),
  };
}

function shown(count: number): ShownCount {
  if (count <= 0) return 0;
  return count < STEP ? null : Math.floor(count / STEP) * STEP;
}
