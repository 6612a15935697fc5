/**
 * Requirement 70: which files of a run may be run again. Only a file that starts processes, only where each of its failures is
 * inconclusive by type, never where the change touches its folder, and never more than two. Pure: it runs nothing.
 */
import { dirname } from 'node:path';
import type { Failure } from './records.ts';
import type { PastRun } from './history.ts';

/** More of them are no chance any more. */
export const MAX_RETRIED = 2;
/** How many runs a test is remembered for. */
export const REMEMBERED_RUNS = 20;

export interface Retry {
  readonly file: string;
  /** The first failure, and those behind it. */
  readonly failures: readonly Failure[];
}

export interface Judgement {
  readonly retry: readonly Retry[];
  /** Why the run stays red: a line each; if there is any, nothing is run again. */
  readonly refused: readonly string[];
}

export interface Surroundings {
  readonly ring: string;
  /** Files that did start processes. */
  readonly started: ReadonlySet<string>;
  /** Folders of `src` and `test` that the change touches, as `src/list`, `test/list`. */
  readonly changed: ReadonlySet<string>;
  readonly history: readonly PastRun[];
  /** Why a test is known to be inconclusive at times, by `FILE TEST`. */
  readonly causes: Readonly<Record<string, string>>;
}

const STARTS_PROCESSES = /\.(?:process|real|long)\.test\.ts$/;

export function judgeFailures(failures: readonly Failure[], around: Surroundings): Judgement {
  const files = [...new Set(failures.map(({ file }) => file))];
  const of = (file: string): readonly Failure[] => failures.filter((failure) => failure.file === file);
  const refused = files.flatMap((file) => {
    const why = whyConclusive(file, of(file), around);
    return why === null ? [] : [`${file}: ${why}`];
  });
  if (files.length > MAX_RETRIED) refused.push(`${files.length} files failed; ${MAX_RETRIED} at most are run again`);
  if (refused.length > 0) return { retry: [], refused };
  return {
    retry: files.map((file) => ({ file, failures: of(file) })),
    refused,
  };
}

function whyConclusive(file: string, failures: readonly Failure[], around: Surroundings): string | null {
  if (!STARTS_PROCESSES.test(file) || !around.started.has(file)) return 'it runs inside the test process';
  const wrong = failures.find(({ inconclusive }) => inconclusive === null);
  if (wrong !== undefined) return `${wrong.test ?? 'the file'} is no inconclusive failure`;
  const folder = topFolder(file);
  if (around.changed.has(folder) || around.changed.has(folder.replace(/^test/, 'src')))
    return `the change touches its folder (${folder})`;
  const again = failures.find((failure) => isKnown(failure, around));
  return again === undefined
    ? null
    : `${again.test ?? 'its set-up'} was run again within the last ${REMEMBERED_RUNS} runs, and no cause is named (test/rings/causes.ts)`;
}

function isKnown({ file, test }: Failure, { ring, history, causes }: Surroundings): boolean {
  if (causes[`${file} ${test ?? ''}`.trim()] !== undefined) return false;
  return history
    .filter((run) => run.ring === ring)
    .slice(-(REMEMBERED_RUNS - 1))
    .some(({ retried }) => retried.some((one) => one.file === file && one.test === test));
}

/** `test/list/source/x.test.ts` → `test/list`. */
export function topFolder(file: string): string {
  return dirname(file).split('/').slice(0, 2).join('/');
}
