/**
 * Runs commands one after another in one process: src/cli.ts from its begin to its end for each, with a folder, variables and streams of its
 * own. What it imports is loaded once, which is most of what a short command costs. Told what to run by commands-in-one-process.ts.
 */
import { Writable } from 'node:stream';
import type { HostAnswer, HostOrder } from './commands-in-one-process.ts';

const CLI = new URL('../../src/cli.ts', import.meta.url);

const OWN = { ...process.env };

let runs = 0;
let isRunning = false;
const waiting: HostOrder[] = [];

process.on('message', (order: HostOrder) => {
  waiting.push(order);
  if (!isRunning) void runAll();
});

/** One at a time: folder, variables and streams are the process's. */
async function runAll(): Promise<void> {
  isRunning = true;
  for (let order = waiting.shift(); order !== undefined; order = waiting.shift()) process.send!(await answered(order));
  isRunning = false;
}

async function answered({ number, args, cwd, environment }: HostOrder): Promise<HostAnswer> {
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, OWN, environment);
  process.argv.splice(2, Infinity, ...args);
  process.exitCode = undefined;
  const [stdout, stderr] = [captured('stdout'), captured('stderr')];
  // Another address is another module: it is evaluated again.
  await import(`${CLI.href}?${(runs += 1)}`);
  return { number, code: exitCode(), stdout: stdout(), stderr: stderr() };
}

/** @returns what has been written to it since. */
function captured(name: 'stdout' | 'stderr'): () => string {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  Object.defineProperty(process, name, { value: stream, configurable: true });
  return () => Buffer.concat(chunks).toString();
}

function exitCode(): number {
  return Number(process.exitCode);
}
