/** Reference data that lies beside the checkout; absent in most clones. Tests that need it skip and say so. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from '@jest/globals';
import { noteSkipped } from './programs.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', 'shared', 'corpora');

/** Where a file of the corpora would be. */
export function corpusPath(file: string): string {
  return join(ROOT, file);
}

/** `test`, or a skipped test whose name says what is missing. */
export function testWithCorpus(name: string, file: string, body: (text: string) => void): void {
  const path = corpusPath(file);
  const isThere = existsSync(path);
  if (!isThere) noteSkipped({ what: name, why: `${file} is not beside this checkout` });
  const run = isThere ? test : test.skip;
  run(isThere ? name : `${name} (skipped: ${file} is not beside this checkout)`, () =>
    body(readFileSync(path, 'utf8')),
  );
}
