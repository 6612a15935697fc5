/**
 * Loaded into a process before the program (`node --require`, which threads heed that are started from text): none of its other threads ever
 * finishes opening a listener, and each goes on with all else.
 */
const { Server } = require('node:net');
const { isMainThread } = require('node:worker_threads');

if (!isMainThread)
  Server.prototype.listen = function listen() {
    process.stderr.write('{"event":"test.not_listening"}\n');
    return this;
  };
