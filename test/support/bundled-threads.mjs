/** In tests in place of src/lib/bundled-sources.ts: threads were bundled before the first test file (built-release.ts). It must not start a process. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export async function bundledSources(entries) {
  const folder = process.env['CLEANFEED_TEST_RELEASE'] ?? '';
  return entries.map(({ href }) => [href, readFileSync(join(folder, basename(href, '.ts')), 'utf8')]);
}
