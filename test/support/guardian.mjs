/**
 * Outlives the test runner by a moment: when the runner has ended, in whatever way, this process kills what the run has
 * left behind. It hears of the end because its standard input, which only the runner writes to, is closed.
 *
 *   guardian.mjs MARK
 */
import { killAll, markedProcesses } from './process-marks.mjs';

const ROUNDS = 20;
const PAUSE_MS = 100;
const [mark = ''] = process.argv.slice(2);

// A signal to the whole group is meant for the runner: it ends, and then this process does its work.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
process.stdin
  .on('error', () => {})
  .on('end', () => void clear())
  .resume();

/** More than once: what is killed may just have started something. */
async function clear() {
  for (let round = 0; round < ROUNDS; round++) {
    if (killAll(markedProcesses(mark)) === 0) return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
