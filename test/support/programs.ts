/**
 * Real programs that some tests need. Where one is not installed its tests are skipped, which the end of the run tells; in CI, where
 * `.ci/run` installs them, they fail instead.
 */
import { relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { programPath } from './program-path.ts';
import { noteRecord } from './test-records.ts';

const IN_CI = process.env['CI'] === 'true';

/** `test` for root, who alone may make network namespaces and files of other users; `what` is skipped for anybody else, and said to be. */
export function testAsRoot(what: string): typeof test | typeof test.skip {
  if (process.getuid?.() === 0) return test;
  noteSkipped({ what, why: 'for root alone' });
  return test.skip;
}

/** `describe` where all of them are there. */
export function describeWith(programs: readonly string[]): typeof describe | typeof describe.skip {
  const missing = programs.filter((name) => programPath(name) === null);
  if (missing.length === 0 || IN_CI) return describe;
  noteSkipped({ why: `not installed: ${missing.join(', ')}`, programs: missing });
  return describe.skip;
}

interface Skipped {
  /** Empty: all of the file. */
  readonly what?: string;
  readonly why: string;
  /** Those that are missing. */
  readonly programs?: readonly string[];
}

/** For the list at the end of the run. */
export function noteSkipped({ what = '', why, programs = [] }: Skipped): void {
  const file = relative(process.cwd(), expect.getState().testPath ?? 'a test');
  noteRecord({ kind: 'skip', what: what === '' ? file : `${file} (${what})`, why, programs });
}
