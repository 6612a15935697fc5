/** The gate: which list that could be judged is used all the same, and which reason is told of several. */
import { expect, test } from '@jest/globals';
import { ListError } from '../../src/list/list-error.ts';
import { verdictOf } from '../../src/list/gate.ts';
import type { GateCase, GateRules } from '../../src/list/gate.ts';
import { refused } from '../../src/list/staged-list.ts';
import type { JudgedList } from '../../src/list/staged-list.ts';
import { emptyStats } from '../../src/list/stats.ts';
import type { ListStats } from '../../src/list/stats.ts';

const RULES: GateRules = {
  action: 'block',
  maxBadLineRatio: 0,
  suffixes: 'refuse',
  gate: { growth: 0.5, shrink: 0.5 },
};
const LINE = { code: 'bad_line', line: 3, column: 7, message: 'told so' } as const;

function judged(stats: Partial<ListStats>, more: Partial<JudgedList> = {}): JudgedList {
  return {
    stage: 'judged',
    bytes: new Uint8Array(),
    segment: { kind: 'shared', kept: null },
    stats: { ...emptyStats(), ...stats },
    tests: [],
    grammar: 'block',
    badLines: [],
    suffixLines: [],
    protectedLines: [],
    firstSuffix: null,
    ...more,
  };
}

test.each<{ name: string; list: JudgedList; rules: Partial<GateRules>; want: string }>([
  { name: 'nothing is wrong', list: judged({ entries: 1 }), rules: {}, want: 'passed' },
  { name: 'an empty list', list: judged({}), rules: {}, want: 'passed' },
  {
    name: 'bad lines up to the ratio',
    list: judged({ badLines: 1, entries: 2, expired: 1 }),
    rules: { maxBadLineRatio: 0.25 },
    want: 'passed',
  },
  {
    name: 'one more bad line',
    list: judged({ badLines: 2, entries: 3, expired: 2, lines: 9 }, { badLines: [LINE] }),
    rules: { maxBadLineRatio: 0.25 },
    want: 'bad_lines: 2 bad lines of 9; the first is line 3, column 7: told so',
  },
  {
    name: 'a bad line that is not named',
    list: judged({ badLines: 1, lines: 1 }),
    rules: {},
    want: 'bad_lines: 1 bad line of 1',
  },
  {
    name: 'public suffixes',
    list: judged({ entries: 2, publicSuffixes: 2 }, { firstSuffix: 'line 4' }),
    rules: {},
    want: "public_suffix: 2 entries cover a public suffix, which 'suffixes: refuse' forbids; the first is line 4",
  },
  {
    name: 'a public suffix that is not named',
    list: judged({ entries: 1, publicSuffixes: 1 }),
    rules: {},
    want: "public_suffix: 1 entry covers a public suffix, which 'suffixes: refuse' forbids",
  },
  {
    name: 'public suffixes that are wanted',
    list: judged({ entries: 1, publicSuffixes: 1 }),
    rules: { suffixes: 'warn' },
    want: 'passed',
  },
  {
    name: 'bad lines and public suffixes: the bad lines are told',
    list: judged({ badLines: 1, publicSuffixes: 1, lines: 2 }),
    rules: {},
    want: 'bad_lines: 1 bad line of 2',
  },
  {
    name: 'another grammar for an allow list, whatever else is wrong',
    list: judged({ badLines: 1 }),
    rules: { action: 'allow' },
    want: 'unsupported: it was not compiled for an allow list, whose entries need reason and expiry; compile it with --action allow',
  },
  {
    name: 'the grammar of an allow list',
    list: judged({}, { grammar: 'allow' }),
    rules: { action: 'allow' },
    want: 'passed',
  },
  { name: 'a stricter grammar than is needed', list: judged({}, { grammar: 'allow' }), rules: {}, want: 'passed' },
  { name: 'a list that only counts', list: judged({}), rules: { action: 'count' }, want: 'passed' },
])('$name', ({ list, rules, want }) => {
  const verdict = verdictOf(list, { ...RULES, ...rules });
  expect(verdict.stage === 'passed' ? 'passed' : `${verdict.error.code}: ${verdict.error.message}`).toBe(want);
  if (verdict.stage === 'refused') expect(verdict.judged).toBe(list);
});

test('what was refused while it was judged stays refused', () => {
  const list = refused(new ListError('corrupt', 'damaged'));
  expect(verdictOf(list, RULES)).toBe(list);
});

test.each<{ name: string; before: number | null; entries: number; growth?: number; shrink?: number; want: string }>([
  { name: 'nothing was in force', before: null, entries: 9000, want: 'passed' },
  { name: 'of fewer than 1,000 nobody can tell how many more are usual', before: 999, entries: 9000, want: 'passed' },
  { name: 'as much larger as it may be', before: 1000, entries: 1500, want: 'passed' },
  {
    name: 'larger than it may be',
    before: 1000,
    entries: 1501,
    want: 'growth: it has 1501 entries and the list in force 1000: 50.1 % more; gate.growth permits 50 %',
  },
  { name: 'larger, and that is wanted', before: 1000, entries: 11_000, growth: 10, want: 'passed' },
  { name: 'as much smaller as it may be', before: 1000, entries: 500, want: 'passed' },
  {
    name: 'smaller than it may be',
    before: 1000,
    entries: 499,
    want: 'shrink: it has 499 entries and the list in force 1000: 50.1 % less; gate.shrink permits 50 %',
  },
  { name: 'it vanishes, and that is wanted', before: 1000, entries: 0, shrink: 1, want: 'passed' },
  { name: 'of fewer than 20 as many may go as do', before: 19, entries: 1, want: 'passed' },
  { name: 'of 20 half', before: 20, entries: 10, want: 'passed' },
  {
    name: 'of 20 no more than half',
    before: 20,
    entries: 9,
    want: 'shrink: it has 9 entries and the list in force 20: 55 % less; gate.shrink permits 50 %',
  },
  {
    name: 'of fewer than 20 not all',
    before: 1,
    entries: 0,
    want: "shrink: it has 0 entries and the list in force 1: 100 % less; gate.shrink permits 50 %; if that is wanted, 'gate.shrink: 1' lets it be empty",
  },
  { name: 'a short one vanishes, and that is wanted', before: 1, entries: 0, shrink: 1, want: 'passed' },
  { name: 'it had none', before: 0, entries: 0, want: 'passed' },
])('size: $name', ({ before, entries, growth = 0.5, shrink = 0.5, want }) => {
  const verdict = verdictOf(judged({ entries }), { ...RULES, gate: { growth, shrink } }, { before });
  expect(verdict.stage === 'passed' ? 'passed' : `${verdict.error.code}: ${verdict.error.message}`).toBe(want);
});

test.each([
  {
    findings: { canaries: { count: 2, first: 'line 1 of canaries.txt, by entry 7' }, protectedHosts: null },
    want: 'canary: it covers 2 canaries; the first is line 1 of canaries.txt, by entry 7 (gate.canaries)',
  },
  {
    findings: {
      canaries: null,
      protectedHosts: {
        count: 3,
        first: 'x',
        named: ['line 3 of hosts.txt, by entry 7', 'line 4 of hosts.txt, by entry 7'],
      },
    },
    want: 'protected_host: it covers 3 protected hosts (gate.protected): line 3 of hosts.txt, by entry 7; line 4 of hosts.txt, by entry 7 and 1 more; take these entries out, or a host that is meant off the protected ones (!HOST in the file of gate.protected), or have them left out (gate.protectedEntries: leaveOut)',
  },
])('what it should not cover: $want', ({ findings, want }) => {
  const verdict = verdictOf(judged({ entries: 1 }), RULES, { findings });
  expect(verdict.stage === 'refused' && `${verdict.error.code}: ${verdict.error.message}`).toBe(want);
});

test.each(['accepted', 'pinned'] as const)('%s: no sanity rule is asked, faults are', (gate) => {
  const version: Partial<GateCase> = {
    gate,
    before: 1000,
    findings: { canaries: { count: 1, first: 'x' }, protectedHosts: { count: 1, first: 'x' } },
  };
  expect(verdictOf(judged({ publicSuffixes: 1 }), RULES, version).stage).toBe('passed');
  expect(verdictOf(judged({ badLines: 1, lines: 1 }), RULES, version).stage).toBe('refused');
});

test('the last exceptions of a short list that allows may be taken back; of a longer one not all at once', () => {
  const stage = (before: number): string =>
    verdictOf(judged({}, { grammar: 'allow' }), { ...RULES, action: 'allow' }, { before }).stage;
  expect([stage(1), stage(19), stage(20)]).toEqual(['passed', 'passed', 'refused']);
});
