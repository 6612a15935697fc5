/**
 * Loaded into a process before the program (`node --import`): each asynchronous corner of its main thread can be made to throw
 * or to reject, once, when SIGUSR2 comes; FAULT_FILE names the corner. What is thrown quotes a secret, as errors do.
 */
import fs, { readFileSync } from 'node:fs';
import http from 'node:http';
import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { isMainThread, Worker } from 'node:worker_threads';

const SECRET = 'c4nary-5ecret-0f-7he-0perator';
let armed = null;

const fault = () => new Error(`cannot fetch https://user:${SECRET}@lists.example/`);

/** What `act` gives; if this corner is armed, it throws afterwards. */
function spoilt(corner, act) {
  const value = act();
  if (armed === corner) {
    armed = null;
    throw fault();
  }
  return value;
}

const AT_ONCE = {
  'a rejection that nobody handles': () => void Promise.reject(fault()),
  'a rejection with no error in it': () => void Promise.reject(SECRET),
  'a promise callback': () =>
    void Promise.resolve().then(() => {
      throw fault();
    }),
  'an error event without a listener': () => setImmediate(() => new EventEmitter().emit('error', fault())),
  'a stream that is destroyed with an error': () => {
    const socket = new net.Socket();
    socket.destroy(fault());
  },
  'next tick': () =>
    process.nextTick(() => {
      throw fault();
    }),
  'a microtask': () =>
    queueMicrotask(() => {
      throw fault();
    }),
  'an abort listener': () => {
    const controller = new AbortController();
    controller.signal.addEventListener('abort', () => {
      throw fault();
    });
    controller.abort();
  },
  'a file system callback': () =>
    fs.stat('/', () => {
      throw fault();
    }),
  'a message port': () => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      throw fault();
    };
    port2.postMessage(1);
  },
};

if (isMainThread && process.env['FAULT_FILE'] !== undefined) install();

function install() {
  process.on('SIGUSR2', () => {
    armed = readFileSync(process.env['FAULT_FILE'], 'utf8');
    const act = AT_ONCE[armed];
    if (act === undefined) return;
    armed = null;
    act();
  });
  for (const name of ['setTimeout', 'setInterval']) {
    const real = globalThis[name];
    globalThis[name] = Object.assign(
      (callback, ...rest) => real((...args) => spoilt(`a callback of ${name}`, () => callback(...args)), ...rest),
      real,
    );
  }
  const { watch } = fs;
  fs.watch = (path, options, listener) =>
    watch(path, options, (...args) => spoilt('the watch of a folder', () => listener(...args)));
  const { createServer } = http;
  http.createServer = (options, listener) =>
    createServer(options, (...args) => spoilt('the admin server', () => listener(...args)));
  const { createServer: createNetServer } = net;
  net.createServer = (options, listener) =>
    createNetServer(options, (...args) => spoilt('the control socket', () => listener(...args)));
  const { on } = Worker.prototype;
  Worker.prototype.on = function (event, listener) {
    return on.call(
      this,
      event,
      event === 'message' ? (...args) => spoilt('a message of a worker', () => listener(...args)) : listener,
    );
  };
  const { on: onSignal } = process;
  process.on = function (event, listener) {
    return onSignal.call(
      this,
      event,
      event === 'SIGHUP' ? (...args) => spoilt('a signal', () => listener(...args)) : listener,
    );
  };
  syncBuiltinESMExports();
}
