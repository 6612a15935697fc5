/**
 * `npm run bench:dns`: what the DNS front costs beside dnsdist with the same names, both before one Knot on this machine, in turns.
 *
 *   dnsperf ─▶ cleanfeed (a list of N names) ─┐
 *   dnsperf ─▶ dnsdist (SuffixMatchNode)     ─┼─▶ knotd
 *   dnsperf ───────────────────────────────────┘   for what latency is added
 *
 * CPU time is that of the whole process. It needs dnsperf, dnsdist and knotd; it asserts nothing but that answers come.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.ts';
import { spawnProxy, type ProxyProcess } from '../../test/support/proxy-process.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { cpuBetween, readCpu } from '../load/process-tree.ts';
import { startPinned, untilListening, type RunningProcess } from '../load/processes.ts';
import { findProgram } from '../load/programs.ts';
import { spread } from '../load/statistics.ts';
import { dnsperf, quantile, type Outcome } from './dnsperf.ts';

const { values } = parseArgs({
  options: {
    names: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    rate: { type: 'string', default: '15000' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    'npm run bench:dns -- [--names N (100000)] [--rounds N (5)] [--seconds N (4)] [--rate questions a second (15000)]',
  );
  process.exit(0);
}
const [names, rounds, seconds, rate] = [values.names, values.rounds, values.seconds, values.rate].map(Number) as [
  number,
  number,
  number,
  number,
];
/** One question of so many is for a name of the list. */
const LISTED_EVERY = 100;
const QUESTIONS = 20_000;
/** Cores: of what is measured, and of all else. */
const [MEASURED, OTHERS] = [0, 1];

interface Program extends RunningProcess {
  readonly port: number;
}

async function start(
  name: string,
  core: number,
  configuration: (port: number) => string,
  args: (file: string) => readonly string[],
): Promise<Program> {
  const program = findProgram(name);
  if (program === null) throw new Error(`${name} is not installed`);
  const port = await freePort();
  const file = directory.file(`${name}.conf`);
  writeFileSync(file, configuration(port));
  const command = [program, ...args(file)];
  const running = startPinned({ name, cores: [core], command, logFile: directory.file(`${name}.log`) });
  await untilListening(running, port);
  return { ...running, port };
}

async function startKnot(): Promise<Program> {
  writeFileSync(
    directory.file('test.zone'),
    '$TTL 60\n@ SOA ns h 1 60 60 60 60\n@ NS ns\nns A 192.0.2.1\n* A 192.0.2.2\n',
  );
  const configuration = (port: number): string =>
    [
      'server:',
      `  listen: 127.0.0.1@${port}`,
      '  udp-workers: 1',
      '  tcp-workers: 1',
      `  rundir: ${directory.path}`,
      'database:',
      `  storage: ${directory.path}`,
      'zone:',
      '  - domain: test',
      `    file: ${directory.file('test.zone')}`,
      '    journal-content: none',
      '    zonefile-sync: -1',
      '',
    ].join('\n');
  return await start('knotd', OTHERS, configuration, (file) => ['-c', file]);
}

async function startDnsdist(backend: number, list: string): Promise<Program> {
  const configuration = (port: number): string =>
    [
      `setLocal("127.0.0.1:${port}")`,
      `newServer({ address = "127.0.0.1:${backend}", healthCheckMode = "up" })`,
      'local listed = newSuffixMatchNode()',
      `for name in io.lines("${list}") do listed:add(newDNSName(name)) end`,
      'addAction(SuffixMatchNodeRule(listed), RCodeAction(DNSRCode.NXDOMAIN))',
      'setSecurityPollSuffix("")',
      '',
    ].join('\n');
  return await start('dnsdist', MEASURED, configuration, (file) => ['--supervised', '--disable-syslog', '-C', file]);
}

async function startFront(upstream: number, list: string): Promise<ProxyProcess> {
  const listeners = [{ name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [`127.0.0.1:${upstream}`] }];
  const front = await spawnProxy({
    config: { listeners },
    lists: { names: list },
    under: ['taskset', '-c', `${MEASURED}`],
  });
  await front.ready();
  return front;
}

interface Measured extends Outcome {
  readonly usPerAnswer: number;
}

async function measured(pid: number, run: () => Promise<Outcome>): Promise<Measured> {
  const before = readCpu(pid);
  const outcome = await run();
  return { ...outcome, usPerAnswer: cpuBetween(before, readCpu(pid)) / 1000 / Math.max(1, outcome.answered) };
}

function line(what: string, figures: readonly number[], unit: string): void {
  const of = spread(figures);
  if (of !== null)
    console.log(`${what}: ${of.median.toFixed(2)} ${unit} (${of.min.toFixed(2)} to ${of.max.toFixed(2)})`);
}

const directory = temporaryDirectory();
const listed = Array.from({ length: names }, (_, i) => `host${i}.list${i % 977}.test`);
writeFileSync(directory.file('names.txt'), `${listed.join('\n')}\n`);
const list = `${listed.map((name) => `${name} dns`).join('\n')}\n`;
const questions = Array.from({ length: QUESTIONS }, (_, i) =>
  i % LISTED_EVERY === 0 ? `${listed[i % listed.length]} A` : `www.n${i}.test A`,
);
writeFileSync(directory.file('questions'), `${questions.join('\n')}\n`);

const knot = await startKnot();
const dnsdist = await startDnsdist(knot.port, directory.file('names.txt'));
const front = await startFront(knot.port, list);
const load = { core: OTHERS, questions: directory.file('questions'), seconds, outstanding: 1000, each: false };
const all = { front: [] as Measured[], dnsdist: [] as Measured[] };
for (let round = 0; round < rounds; round++) {
  all.front.push(await measured(front.pid, async () => await dnsperf({ ...load, port: front.port, rate })));
  all.dnsdist.push(await measured(dnsdist.pid, async () => await dnsperf({ ...load, port: dnsdist.port, rate })));
}
console.log(
  `${names} names, ${rounds} rounds of ${seconds} s at ${rate} questions a second, load ${loadavg()[0]?.toFixed(1)}`,
);
for (const [name, runs] of Object.entries(all)) {
  line(
    `${name}, CPU a question`,
    runs.map(({ usPerAnswer }) => usPerAnswer),
    'µs',
  );
  console.log(`${name}: ${sum(runs, 'answered')} of ${sum(runs, 'sent')} answered, ${sum(runs, 'lost')} lost`);
}
line(
  'front ÷ dnsdist',
  all.front.map(({ usPerAnswer }, i) => usPerAnswer / (all.dnsdist[i]?.usPerAnswer ?? NaN)),
  '×',
);

// Latency at half of that rate.
const half = { ...load, rate: rate / 2, each: true };
const direct: Outcome[] = [];
const through: Outcome[] = [];
for (let round = 0; round < rounds; round++) {
  direct.push(await dnsperf({ ...half, port: knot.port }));
  through.push(await dnsperf({ ...half, port: front.port }));
}
for (const share of [0.5, 0.99, 0.999]) {
  const [without, with_] = [direct, through].map((runs) => runs.map(({ latencies }) => quantile(latencies, share)));
  line(
    `latency added, p${share * 100}`,
    (with_ ?? []).map((ms, i) => ms - (without?.[i] ?? NaN)),
    'ms',
  );
  line(`  directly`, without ?? [], 'ms');
}

// While lists are swapped.
const swapping = dnsperf({ ...half, port: front.port, seconds: 3 * seconds });
for (let swap = 0; swap < seconds; swap++) {
  await pause(1000);
  writeFileSync(front.file('names.new'), `${list}more${swap}.test dns\n`);
  renameSync(front.file('names.new'), front.file('names.txt'));
  front.signal('SIGHUP');
}
const swapped = await swapping;
console.log(
  `during ${seconds} swaps of the list: p99 ${quantile(swapped.latencies, 0.99).toFixed(2)} ms, p99.9 ${quantile(swapped.latencies, 0.999).toFixed(2)} ms, longest ${quantile(swapped.latencies, 1).toFixed(2)} ms; ${swapped.lost} of ${swapped.sent} lost`,
);
await front.stop();
for (const { stop } of [dnsdist, knot]) await stop();
directory[Symbol.dispose]();

function sum(runs: readonly Measured[], key: 'answered' | 'sent' | 'lost'): number {
  return runs.reduce((total, run) => total + run[key], 0);
}
