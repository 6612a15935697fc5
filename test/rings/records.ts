/** What a run of tests has noted (test/support/test-records.ts), read back. */
import { existsSync, readFileSync } from 'node:fs';
import type { InconclusiveKind } from '../support/inconclusive.ts';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Failure {
  readonly file: string;
  /** Full name; null: of a hook, or of the file as a whole. */
  readonly test: string | null;
  /** Null: the failure tells of a fault. */
  readonly inconclusive: InconclusiveKind | null;
  readonly message: string;
}

export interface Skip {
  /** What was not tested. */
  readonly what: string;
  readonly why: string;
  /** Those that are missing. */
  readonly programs: readonly string[];
}

export interface Cost {
  readonly file: string;
  /** Seconds of CPU: of the file itself, and of the processes that it has started. */
  readonly own: number;
  readonly children: number;
  readonly started: boolean;
}

interface FailedFile {
  readonly file: string;
  /** Tests as jest counts them: 1 for a file that failed as a whole. */
  readonly failed: number;
  readonly failsWhole: boolean;
  readonly message: string;
}

export interface Records {
  /** Null: the runner ended before it could count. */
  readonly counts: (Counts & { readonly isComplete: boolean }) | null;
  readonly failures: readonly Failure[];
  readonly failedFiles: readonly FailedFile[];
  readonly skips: readonly Skip[];
  readonly costs: readonly Cost[];
}

/** The records of a run in which there was nothing to test. */
export const NO_TESTS: Records = {
  counts: { passed: 0, failed: 0, skipped: 0, isComplete: true },
  failures: [],
  failedFiles: [],
  skips: [],
  costs: [],
};

type Line = { readonly kind: string } & Readonly<Record<string, unknown>>;

/** @param file may be missing: nothing was noted. */
export function readRecords(file: string): Records {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const records = lines.map(parsed);
  const of = <T>(kind: string): T[] => records.filter((record) => record.kind === kind) as T[];
  const failures = [...of<Failure>('failure'), ...lostFailures(records)];
  const failedFiles = of<FailedFile>('failed file');
  return {
    counts: of<Counts & { isComplete: boolean }>('counts').at(-1) ?? null,
    failures: [...failures, ...failedFiles.filter((one) => isUntold(one, failures)).map(wholeFailure)],
    failedFiles,
    skips: of('skip'),
    costs: of('cost'),
  };
}

/** A line that was cut says that its writer ended; a file that has begun twice lost its process, and jest began it again. */
function lostFailures(records: readonly Line[]): readonly Failure[] {
  const begun = records.filter(({ kind }) => kind === 'begun').map((record) => String(record['file']));
  const again = [...new Set(begun.filter((file, at) => begun.indexOf(file) !== at))];
  return [
    ...again.map((file) => wholeFailure({ file, message: 'its process ended, and jest began it again' })),
    ...records
      .filter(({ kind }) => kind === 'cut')
      .map(() => wholeFailure({ file: 'records', message: 'a line was cut' })),
  ];
}

function parsed(line: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return { kind: 'cut' };
  }
}

/** What no test and no hook has told of: a file that cannot run, a process that it left, a worker that was killed. */
function isUntold({ file, failsWhole }: FailedFile, failures: readonly Failure[]): boolean {
  return failsWhole || failures.every((failure) => failure.file !== file);
}

function wholeFailure({ file, message }: Pick<FailedFile, 'file' | 'message'>): Failure {
  return { file, test: null, inconclusive: null, message };
}
