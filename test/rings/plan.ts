/** What a run of a ring consists of, by its name and its arguments: static checks, arguments of jest, what is left out and why. It runs no test. */
import { changedFiles, lastChange } from './change.ts';
import { readRunArguments } from './arguments.ts';
import type { RunArguments } from './arguments.ts';
import { changedTests } from './changed-tests.ts';
import type { NotRun } from './closing.ts';
import { graphOfTree } from './import-graph.ts';
import { longTestsOf } from './long-selection.ts';
import { LONG_TESTS } from './long-tests.ts';
import { CHECKS } from './static-checks.ts';

export interface Plan {
  readonly checks: readonly string[];
  /** Null: no test is to be run. */
  readonly jest: readonly string[] | null;
  /** Files that were picked one by one; empty: a whole ring. */
  readonly picked: readonly string[];
  readonly notRun: NotRun;
  /** Whether it is all of a ring: such a run counts among those for which a test is remembered. */
  readonly isWhole: boolean;
  readonly isListOnly: boolean;
  /** Whether the files that took most CPU are named at the end. */
  readonly wantsCosts: boolean;
  readonly seed: number | null;
}

/** Asks which files differ. */
export interface Change {
  /** Takes the last day where there is no base. */
  readonly since: (base?: string) => readonly string[];
  readonly last: () => readonly string[];
}

interface Ring {
  readonly flags: readonly string[];
  readonly values: readonly string[];
  readonly plan: (given: RunArguments, change: Change) => Partial<Plan>;
}

const BY_GIT: Change = { since: changedFiles, last: lastChange };
/** The bound of estimated time for the long tests of a change. */
const LONG_MINUTES = 15;

const RINGS: Readonly<Record<string, Ring>> = {
  test: {
    flags: [],
    values: [],
    plan: ({ rest }) => ({
      isWhole: rest.length === 0,
      checks: rest.length === 0 ? CHECKS : [],
      jest: [...rest, '--testPathIgnorePatterns', '[.](?:real|long)[.]test[.]ts$'],
    }),
  },
  'test:real': {
    flags: [],
    values: [],
    plan: ({ rest }) => ({ isWhole: rest.length === 0, jest: onlyEnding('real', rest) }),
  },
  'test:long': { flags: ['--changed'], values: ['--minutes'], plan: longPlan },
  'test:changed': { flags: ['--list', '--real'], values: ['--base'], plan: changedPlan },
};

export const RING_NAMES = Object.keys(RINGS);

/** @returns null where there is no such ring, or an argument has no value or a wrong one */
export function planOf(ring: string, args: readonly string[], change: Change = BY_GIT): Plan | null {
  const how = RINGS[ring];
  if (how === undefined) return null;
  const given = readRunArguments(args, { flags: [...how.flags, '--costs'], values: [...how.values, '--seed'] });
  const [seed, minutes] = ['--seed', '--minutes'].map((name) => Number(given?.values.get(name) ?? 0));
  if (given === null || !Number.isInteger(seed) || Number.isNaN(minutes)) return null;
  return {
    checks: [],
    jest: null,
    picked: [],
    notRun: {},
    isWhole: false,
    isListOnly: false,
    wantsCosts: given.flags.has('--costs'),
    seed: given.values.has('--seed') ? (seed ?? null) : null,
    ...how.plan(given, change),
  };
}

function longPlan({ flags, values, rest }: RunArguments, change: Change): Partial<Plan> {
  if (!flags.has('--changed')) return { isWhole: rest.length === 0, jest: onlyEnding('long', rest) };
  const { files, notRun } = longTestsOf(LONG_TESTS, change.since(), Number(values.get('--minutes') ?? LONG_MINUTES));
  return { jest: byPath(files, rest), picked: files, notRun };
}

function changedPlan({ flags, values, rest }: RunArguments, change: Change): Partial<Plan> {
  const base = values.get('--base');
  const changed = base === undefined ? change.last() : change.since(base);
  const { files, leftOut } = changedTests(graphOfTree(), changed, { isReal: flags.has('--real') });
  const counts = [...leftOut].map(([ending, count]) => `${count} *.${ending}.test.ts`);
  return {
    checks: ['typecheck'],
    jest: byPath(files, rest),
    picked: files,
    notRun: { 'they start whole processes, and are not changed themselves': counts },
    isListOnly: flags.has('--list'),
  };
}

/** Jest takes all paths behind `--testPathIgnorePatterns` as patterns of it: it stands last. `--testPathPatterns` would add to a folder that is named. */
function onlyEnding(ending: string, rest: readonly string[]): readonly string[] {
  return [...rest, '--testPathIgnorePatterns', `(?<![.]${ending})[.]test[.]ts$`];
}

function byPath(files: readonly string[], rest: readonly string[]): readonly string[] | null {
  return files.length === 0 ? null : ['--runTestsByPath', ...files, ...rest];
}
