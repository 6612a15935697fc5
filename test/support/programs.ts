/**
 * Real programs that some tests need. Where one is not installed its tests are skipped and say so; in CI, where
 * `.ci/run` installs them, they fail instead.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, test } from '@jest/globals';

const PATHS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin'];
const IN_CI = process.env['CI'] === 'true';

/** `test` for root, who alone may make network namespaces and files of other users; `what` is skipped for anybody else, and said to be. */
export function testAsRoot(what: string): typeof test | typeof test.skip {
  if (process.getuid?.() === 0) return test;
  process.stderr.write(`not root: skipped: ${what}\n`);
  return test.skip;
}

/** Full path of a program, or of a file that is named by its path; null: not installed. */
export function programPath(name: string): string | null {
  if (name.startsWith('/')) return existsSync(name) ? name : null;
  return PATHS.map((directory) => join(directory, name)).find((path) => existsSync(path)) ?? null;
}

/** `describe` where all of them are there. */
export function describeWith(programs: readonly string[]): typeof describe | typeof describe.skip {
  const missing = programs.filter((name) => programPath(name) === null);
  if (missing.length === 0 || IN_CI) return describe;
  process.stderr.write(`not installed, tests that need them are skipped: ${missing.join(', ')}\n`);
  return describe.skip;
}
