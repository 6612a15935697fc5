/** The program that whole-process tests run: the build, as an operator has it. What is about a checkout names `src/cli.ts` itself. */
import { join } from 'node:path';
import { wholeRelease } from './built-release.ts';

let release: string | null = null;

/** The path of the program. */
export function program(): string {
  release ??= wholeRelease();
  return join(release, 'dist', 'cleanfeed.mjs');
}
