/** The program that whole-process tests run: the build, as an operator has it. What is about a checkout names `src/cli.ts` itself. */
import { join } from 'node:path';
import { wholeRelease } from './built-release.ts';

const ROOT = join(import.meta.dirname, '..', '..');

let release: string | null = null;

/** The path of the program. What runs outside of jest (conformance, soaks) has no set-up that makes a build, and runs the sources. */
export function program(): string {
  if (process.env['CLEANFEED_TEST_RELEASE'] === undefined) return join(ROOT, 'src', 'cli.ts');
  release ??= wholeRelease();
  return join(release, 'dist', 'cleanfeed.mjs');
}
