/**
 * Loaded into a process before the program (`node --require`, which threads heed that are started from text): when the file that HANG_FILE names appears, one of its other threads takes it
 * and stands still for ever.
 */
const { whenTold } = require('./told-thread.cjs');

whenTold(process.env['HANG_FILE'], () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
