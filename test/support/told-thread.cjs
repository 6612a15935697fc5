/** A thread of a process that a test tells by a file to do something. It must not know what that is. */
const { unlinkSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

const LOOK_MS = 20;

/** `act` is called in one of the other threads, the first that sees the file, and takes it. Without a file nothing happens. */
exports.whenTold = (file, act) => {
  if (!isMainThread && file !== undefined) setInterval(() => isMine(file) && act(), LOOK_MS).unref();
};

function isMine(file) {
  try {
    // It succeeds in one thread.
    unlinkSync(file);
    return true;
  } catch {
    return false;
  }
}
