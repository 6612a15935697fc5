/**
 * Loaded into a process before the program (`node --require`, which threads heed that are started from text). One of its other threads opens the pipe that HOLD_PIPE
 * names, which the system lets it do when somebody writes there: until then nothing ends that thread. Which one:
 *
 *   HOLD_FILE    the first that sees this file, and takes it
 *   HOLD_ENTRY   each that has a module whose address ends so, as soon as it starts; a file beside the pipe, PIPE.held, tells that one does
 */
const { openSync, writeFileSync } = require('node:fs');
const { isMainThread, workerData } = require('node:worker_threads');
const { whenTold } = require('./told-thread.cjs');

const { HOLD_FILE: file, HOLD_ENTRY: entry, HOLD_PIPE: pipe } = process.env;

whenTold(file, () => openSync(pipe, 'r'));
if (!isMainThread && entry !== undefined && hasModule(entry)) setImmediate(hold);

function hold() {
  writeFileSync(`${pipe}.held`, '');
  openSync(pipe, 'r');
}

function hasModule(end) {
  const modules = workerData?.modules;
  return modules instanceof Map && [...modules.keys()].some((name) => name.endsWith(end));
}
