/**
 * Loaded into a process before the program (`node --require`, which threads heed that are started from text): when the file that HANG_FILE names appears, one of its other threads takes it
 * and stands still for ever.
 */
const { unlinkSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

const LOOK_MS = 20;
const file = process.env['HANG_FILE'];

if (!isMainThread && file !== undefined) setInterval(look, LOOK_MS).unref();

function look() {
  try {
    // It succeeds in one thread.
    unlinkSync(file);
  } catch {
    return;
  }
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
