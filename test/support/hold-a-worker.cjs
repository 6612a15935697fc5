/**
 * Loaded into a process before the program (`node --require`, which threads heed that are started from text). One of its other threads opens the pipe that HOLD_PIPE
 * names, which the system lets it do when somebody writes there: until then nothing ends that thread. Which one:
 *
 *   HOLD_FILE    the first that sees this file, and takes it
 *   HOLD_ENTRY   each that is called so (lib/threads.ts), as soon as it starts; a file beside the pipe, PIPE.held, tells that one does
 */
const { openSync, writeFileSync } = require('node:fs');
const { isMainThread, threadName } = require('node:worker_threads');
const { whenTold } = require('./told-thread.cjs');

const { HOLD_FILE: file, HOLD_ENTRY: entry, HOLD_PIPE: pipe } = process.env;

whenTold(file, () => openSync(pipe, 'r'));
if (!isMainThread && threadName === entry) setImmediate(hold);

function hold() {
  writeFileSync(`${pipe}.held`, '');
  openSync(pipe, 'r');
}
