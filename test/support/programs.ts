/**
 * Real programs that some tests need. Where one is not installed its tests are skipped and say so; in CI, where
 * `.ci/run` installs them, they fail instead.
 */
import { describe, test } from '@jest/globals';
import { programPath } from './program-path.ts';

const IN_CI = process.env['CI'] === 'true';

/** `test` for root, who alone may make network namespaces and files of other users; `what` is skipped for anybody else, and said to be. */
export function testAsRoot(what: string): typeof test | typeof test.skip {
  if (process.getuid?.() === 0) return test;
  process.stderr.write(`not root: skipped: ${what}\n`);
  return test.skip;
}

/** `describe` where all of them are there. */
export function describeWith(programs: readonly string[]): typeof describe | typeof describe.skip {
  const missing = programs.filter((name) => programPath(name) === null);
  if (missing.length === 0 || IN_CI) return describe;
  process.stderr.write(`not installed, tests that need them are skipped: ${missing.join(', ')}\n`);
  return describe.skip;
}
