/**
 * `npm run bench:explain`: what the running instance takes to explain addresses over its control socket beside full load, and what
 * that costs the load, in turns.
 *
 *   wrk ─▶ cleanfeed (two workers, a list of N entries) ─▶ an origin in this process
 *              ▲ control socket: one address; 10,000 addresses in one connection; `ctl explain` of one and of all as a process; again and again
 *
 * Load, origin and workers fill two cores alone, so that whatever else runs there takes its time from them. `--apart` keeps them on one
 * core and gives the other one to the control thread and the command: what is left is what they wait for each other in the program.
 *
 * It needs wrk, and taskset for `--apart`. It asserts nothing but that all addresses are answered.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { askControl } from '../../src/commands/control-client.ts';
import { socketLines } from '../../src/commands/socket-lines.ts';
import { startProxy } from '../../test/support/proxy-process.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { FLAG, optionsOrEnd, readCommandLine, TEXT, wholeNumber } from '../command-line.ts';
import { loadText, machineLine } from '../load/machine.ts';
import { spread } from '../load/statistics.ts';

const HELP =
  'npm run bench:explain -- [--entries N (100000)] [--addresses N (10000)] [--rounds N (5)] [--seconds N (4)] [--apart]\n';
const { entries, addresses, rounds, seconds, apart } = optionsOrEnd({ help: HELP, parse: parseOptions });
const WAIT_MS = 60_000;
const BATCH = 1000;
const PAUSE_MS = 500;
const run = promisify(execFile);
const COMMAND = join(import.meta.dirname, '..', '..', 'bin', 'cleanfeed');

const text = Array.from({ length: entries }, (_, i) => `host${i}.example/dir/${i}/*\n`).join('');
/** A third each: refused by a page's entry, on a host that has another one, on a host that no list knows. */
const asked = Array.from({ length: addresses }, (_, i) => {
  const host = (i * 3) % entries;
  const directory = i % 3 === 0 ? host : host + 1;
  return `http://${i % 3 === 2 ? 'other' : 'host'}${host}.example/dir/${directory}/page.html?x=${i}`;
});

using directory = temporaryDirectory();
const LOADED_CORE = '0';
const OTHER_CORE = '1';
if (apart) await pin(process.pid, OTHER_CORE);
// In a thread of its own: this one asks.
const origin = new Worker(
  `const { parentPort } = require('node:worker_threads');
   const server = require('node:http').createServer((_, response) => void response.end('ok'));
   server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
  { eval: true, name: 'origin' },
);
const [originPort] = (await once(origin, 'message')) as [number];
await using proxy = await startProxy({ lists: { own: text }, config: { workers: 2 } });
if (apart)
  for (const [pid, name] of [
    [process.pid, 'origin'],
    [proxy.pid, 'data-'],
  ] as const)
    await pinThreads(pid, name);
const socket = proxy.file('state/control.sock');
const script = directory.file('load.lua');
writeFileSync(
  script,
  `wrk.headers["Host"] = "origin.localhost:${originPort}"
function request() return wrk.format("GET", "http://origin.localhost:${originPort}/") end
function done(summary, latency, requests)
  io.write(string.format("RESULT %f %f\\n", latency:percentile(99) / 1000, summary.requests / summary.duration * 1e6))
end
`,
);

/** A thread, and what it starts later. */
async function pin(task: number | string, core: string): Promise<void> {
  await run('taskset', ['-c', '-p', core, String(task)]);
}

/** The threads of a process whose names begin so. */
async function pinThreads(pid: number, name: string): Promise<void> {
  const tasks = `/proc/${pid}/task`;
  for (const task of readdirSync(tasks))
    if (readFileSync(join(tasks, task, 'comm'), 'utf8').startsWith(name)) await pin(task, LOADED_CORE);
}

/** Under full load: milliseconds of the 99th percentile, and requests a second. */
async function load(): Promise<{ readonly p99: number; readonly rate: number }> {
  const args = ['-t', '1', '-c', '64', '-d', `${seconds}s`, '-s', script, `http://127.0.0.1:${proxy.port}`];
  const { stdout } = await (apart ? run('taskset', ['-c', LOADED_CORE, 'wrk', ...args]) : run('wrk', args));
  const [, p99, rate] = /RESULT (\S+) (\S+)/.exec(stdout) ?? [];
  return { p99: Number(p99), rate: Number(rate) };
}

/** Milliseconds for one address. */
async function one(): Promise<number> {
  const before = performance.now();
  const question = { listener: null, client: null, dns: false, url: asked[0] ?? '' };
  const reply = await askControl(socket, { command: 'explain', ...question }, WAIT_MS);
  if (reply.kind !== 'reply' || !reply.reply.ok) throw new Error(JSON.stringify(reply));
  return performance.now() - before;
}

/** Milliseconds for all addresses in one connection. */
async function many(): Promise<number> {
  const before = performance.now();
  const request = { command: 'explain', lines: true, brief: true };
  const { batches, send, end } = await socketLines(socket, JSON.stringify(request), WAIT_MS);
  const sending = (async () => {
    // As standard input brings them.
    for (let at = 0; at < asked.length; at += BATCH) await send(asked.slice(at, at + BATCH));
    end();
  })();
  let count = 0;
  for await (const batch of batches) count += batch.length;
  await sending;
  if (count !== asked.length) throw new Error(`${count} of ${asked.length} were answered`);
  return performance.now() - before;
}

/** What `ctl explain` prints, as whoever types it gets it. */
async function printed(url: string, input: string): Promise<string> {
  const child = spawn(COMMAND, ['ctl', 'explain', '-c', proxy.file('cleanfeed.yaml'), url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(input);
  return await readText(child.stdout);
}

/** Milliseconds for one address as a command. */
async function commandOfOne(): Promise<number> {
  const before = performance.now();
  const text = await printed(asked[0] ?? '', '');
  if (!/\bblock/i.test(text)) throw new Error(text);
  return performance.now() - before;
}

/** The same for all addresses: the process starts, reads standard input, prints. */
async function command(): Promise<number> {
  const before = performance.now();
  const lines = (await printed('-', asked.join('\n'))).split('\n');
  const blocked = lines.filter((line) => line.startsWith('block\t')).length;
  if (lines.length !== asked.length + 1 || blocked !== Math.ceil(asked.length / 3))
    throw new Error(`${lines.length - 1} of ${asked.length} were answered, ${blocked} refused`);
  return performance.now() - before;
}

const figures = {
  one: [] as number[],
  many: [] as number[],
  'command of one': [] as number[],
  command: [] as number[],
};
const LOADS = ['alone', 'connection', 'command of one', 'command'] as const;
const p99: Record<(typeof LOADS)[number], number[]> = { alone: [], connection: [], 'command of one': [], command: [] };

/** The load, while somebody asks again and again. */
async function beside(ask: () => Promise<void>): Promise<Awaited<ReturnType<typeof load>>> {
  const over = new AbortController();
  const asking = (async () => {
    while (!over.signal.aborted) {
      await ask();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  })();
  const loaded = await load();
  over.abort();
  await asking;
  return loaded;
}

console.log(`${machineLine()}\n${entries} entries, ${addresses} addresses, ${rounds} rounds`);
await load();
for (let round = 0; round < rounds; round += 1) {
  const loads = {
    alone: await load(),
    connection: await beside(async () => {
      figures.one.push(await one());
      figures.many.push(await many());
    }),
    'command of one': await beside(async () => void figures['command of one'].push(await commandOfOne())),
    command: await beside(async () => void figures.command.push(await command())),
  };
  for (const name of LOADS) p99[name].push(loads[name].p99);
  const texts = Object.entries(loads).map(
    ([name, { p99: ms, rate }]) => `${name} ${ms.toFixed(2)} ms (${rate.toFixed(0)}/s)`,
  );
  console.log(`round ${round + 1}, load ${loadText()}: p99 ${texts.join(', ')}`);
}
for (const [name, samples] of Object.entries(figures)) {
  const { median, min, max } = spread(samples) ?? { median: NaN, min: NaN, max: NaN };
  console.log(`${name.padEnd(14)} median ${median.toFixed(2)} ms, ${min.toFixed(2)} to ${max.toFixed(2)}`);
}
const medianOf = (samples: readonly number[]): number => spread(samples)?.median ?? NaN;
for (const name of LOADS.slice(1))
  console.log(`p99 beside ${name}: ${(medianOf(p99[name]) / medianOf(p99.alone)).toFixed(2)} times that alone`);
console.log(`load after ${loadText()}`);
await origin.terminate();

/** Null: help is wanted. */
function parseOptions(args: readonly string[]) {
  const options = { entries: TEXT, addresses: TEXT, rounds: TEXT, seconds: TEXT, apart: FLAG, help: FLAG };
  const { values } = readCommandLine({ args: [...args], options, strict: true });
  if (values.help === true) return null;
  return {
    entries: wholeNumber('entries', values.entries ?? '100000', 3),
    addresses: wholeNumber('addresses', values.addresses ?? '10000', 1),
    rounds: wholeNumber('rounds', values.rounds ?? '5', 1),
    seconds: wholeNumber('seconds', values.seconds ?? '4', 1),
    apart: values.apart === true,
  };
}
