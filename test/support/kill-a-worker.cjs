/**
 * Loaded into a process before the program (`node --require`, which threads heed that are started from text): when the file that KILL_FILE
 * names appears, one of its other threads takes it and dies of an exception.
 */
const { whenTold } = require('./told-thread.cjs');

whenTold(process.env['KILL_FILE'], () => {
  throw new Error('this thread was told to die');
});
