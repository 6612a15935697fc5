/**
 * Preloaded into every thread of the proxy under soak (`--import`): tells what only the thread itself knows, as a small
 * file a thread. It must not keep a thread alive nor touch anything of the proxy.
 *
 *   <directory>/want   a number: collect garbage, then report with that number
 *   <directory>/<thread>.json   the latest report
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { threadId } from 'node:worker_threads';

const EVERY_MS = 500;

const directory = process.env['CLEANFEED_SOAK_PROBE'];
let collected = 0;

if (directory !== undefined) setInterval(() => report(directory), EVERY_MS).unref();

function report(directory: string): void {
  try {
    const wanted = Number(readFileSync(join(directory, 'want'), 'latin1'));
    if (wanted !== collected) collectGarbage();
    collected = wanted;
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    // Timers that keep the thread alive; this probe's own does not.
    const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const file = join(directory, `${threadId}.json`);
    writeFileSync(`${file}.new`, JSON.stringify({ at: Date.now(), collected, heapUsed, external, arrayBuffers, timers }));
    renameSync(`${file}.new`, file);
  } catch {
    // The soak is over and its directory gone.
  }
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  // What the first round finalizes, the second frees.
  gc();
  gc();
}
