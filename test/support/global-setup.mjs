/**
 * Before the first test file: the mark of this run, the guardian that clears up behind it, what tests run in place of the sources, and the cache of compiled modules
 * that `npm run cleanfeed` uses too: with it a start of `serve` costs half as much, and a run of the tests starts hundreds.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtRelease } from './built-release.ts';
import { MARK } from './process-marks.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const GUARDIAN = fileURLToPath(new URL('guardian.mjs', import.meta.url));

export default async function setUp() {
  const mark = `run-${process.pid}-${randomUUID()}`;
  // Without the mark: it must not find itself. In a session of its own: what ends the runner's group leaves it alone.
  const env = { ...process.env, NODE_OPTIONS: '', [MARK]: '' };
  const guardian = spawn(process.execPath, [GUARDIAN, mark], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env,
  });
  // It must not keep the runner from ending: that is what it waits for.
  guardian.unref();
  guardian.stdin.on('error', () => {}).unref();
  process.env[MARK] = mark;
  process.env['NODE_COMPILE_CACHE'] ??= join(ROOT, 'node_modules', '.cleanfeed-cache');
  process.env['CLEANFEED_TEST_RELEASE'] = await builtRelease();
}
