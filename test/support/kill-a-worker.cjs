/**
 * Loaded into a process before the program (`node --require`, which threads heed that are started from text): when the file that KILL_FILE
 * names appears, one of its other threads takes it and dies of an exception.
 */
const { unlinkSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

const LOOK_MS = 20;
const file = process.env['KILL_FILE'];

if (!isMainThread && file !== undefined) setInterval(look, LOOK_MS).unref();

function look() {
  try {
    // It succeeds in one thread.
    unlinkSync(file);
  } catch {
    return;
  }
  throw new Error('this thread was told to die');
}
