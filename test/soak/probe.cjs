/**
 * Preloaded into every thread of the proxy under soak (`--require`, which threads that start from memory heed too): tells what only the thread itself knows, as a small
 * file a thread. It must not keep a thread alive nor touch anything of the proxy.
 *
 *   <directory>/want   a number: collect garbage, then report with that number
 *   <directory>/<thread>.json   the latest report
 */
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');
const { threadId } = require('node:worker_threads');

const EVERY_MS = 500;

const directory = process.env['CLEANFEED_SOAK_PROBE'];
let collected = 0;

if (directory !== undefined) setInterval(() => report(directory), EVERY_MS).unref();

/** @param {string} directory */
function report(directory) {
  try {
    const wanted = Number(readFileSync(join(directory, 'want'), 'latin1'));
    if (wanted !== collected) collectGarbage();
    collected = wanted;
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    // Timers that keep the thread alive; this probe's own does not.
    const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const file = join(directory, `${threadId}.json`);
    writeFileSync(
      `${file}.new`,
      JSON.stringify({ at: Date.now(), collected, heapUsed, external, arrayBuffers, timers }),
    );
    renameSync(`${file}.new`, file);
  } catch {
    // The soak is over and its directory gone.
  }
}

function collectGarbage() {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  // What the first round finalizes, the second frees.
  gc();
  gc();
}
