/**
 * `npm run bench:dns`: what the DNS front costs and loses beside dnsdist with the same names, both before one Unbound on this machine, in turns.
 *
 *   core 1           core 0                                    core 1
 *   dnsperf ─▶ cleanfeed (a list of N names, one worker) ─┐
 *   dnsperf ─▶ dnsdist (SuffixMatchNode)                 ─┼─▶ unbound, which answers by itself
 *   dnsperf ───────────────────────────────────────────────┘   for what latency is added
 *
 * All have receive buffers of 4 MiB, but for dnsdist's sockets to the resolver, of which it has 64 as the front has, so that what is lost is lost where
 * somebody was too slow: it says where. CPU time is that of the whole process. It needs dnsperf, dnsdist and unbound; it asserts nothing but that answers come.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.ts';
import { spawnProxy, type ProxyProcess } from '../../test/support/proxy-process.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { FLAG, numberFrom, optionsOrEnd, readCommandLine, TEXT, wholeNumber } from '../command-line.ts';
import { loadText, machineLine } from '../load/machine.ts';
import { cpuBetween, readCpu } from '../load/process-tree.ts';
import { startPinned, untilListening, type RunningProcess } from '../load/processes.ts';
import { findProgram } from '../load/programs.ts';
import { spread } from '../load/statistics.ts';
import { dnsperf, quantile, type Outcome } from './dnsperf.ts';
import { machineDrops, socketDrops } from './socket-drops.ts';

const HELP = `npm run bench:dns -- [--names N (100000)] [--rounds N (5)] [--seconds N (4)] [--rate questions a second (15000)]
  [--under 'chrt -r 1' | 'nice -n -19': words before each program, on a machine that has other things to do]
The threads that compile a list give way by their niceness, which chrt takes from them: latency during swaps is to be measured with nice.
`;
const { names, rounds, seconds, rate, under } = optionsOrEnd({ help: HELP, parse: parseOptions });
/** One question of so many is for a name of the list. */
const LISTED_EVERY = 100;
const QUESTIONS = 20_000;
/** Questions that may wait at once: half a second of them, so that whoever stands still does not slow down the generator. */
const OUTSTANDING = Math.max(1000, Math.ceil(rate / 2));
const BUFFER = 4 * 1024 * 1024;
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
  const command = [...under, program, ...args(file)];
  const running = startPinned({ name, cores: [core], command, logFile: directory.file(`${name}.log`) });
  await untilListening(running, port);
  return { ...running, port };
}

/** Not Knot, whose receive buffer is the system's default, whatever it is told: the losses there were taken for those of what was measured. */
async function startResolver(): Promise<Program> {
  const configuration = (port: number): string =>
    [
      'server:',
      `  interface: 127.0.0.1@${port}`,
      '  access-control: 127.0.0.0/8 allow',
      '  num-threads: 1',
      `  so-rcvbuf: ${BUFFER}`,
      '  module-config: "iterator"',
      '  local-zone: "test." redirect',
      '  local-data: "test. 60 A 192.0.2.2"',
      `  directory: "${directory.path}"`,
      '  chroot: ""',
      '  username: ""',
      '  pidfile: ""',
      '  use-syslog: no',
      'remote-control:',
      '  control-enable: no',
      '',
    ].join('\n');
  return await start('unbound', OTHERS, configuration, (file) => ['-d', '-c', file]);
}

async function startDnsdist(backend: number, list: string): Promise<Program> {
  const configuration = (port: number): string =>
    [
      `setUDPSocketBufferSizes(${BUFFER}, ${BUFFER})`,
      `setLocal("127.0.0.1:${port}")`,
      // As many as the front has: what they hold cannot be set.
      `newServer({ address = "127.0.0.1:${backend}", healthCheckMode = "up", sockets = 64 })`,
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
    under: ['taskset', '-c', `${MEASURED}`, ...under],
  });
  await front.ready();
  return front;
}

interface Measured extends Outcome {
  readonly usPerAnswer: number;
  /** Datagrams for which the kernel had no room at its own sockets, at those of the resolver, and anywhere on this machine. */
  readonly atOwn: number;
  readonly atResolver: number;
  readonly anywhere: number;
}

async function measured(pid: number, run: () => Promise<Outcome>): Promise<Measured> {
  const drops = (): readonly [own: number, ofResolver: number, ofAll: number] => [
    socketDrops(pid),
    socketDrops(resolver.pid),
    machineDrops(),
  ];
  const [own, ofResolver, ofAll] = drops();
  const before = readCpu(pid);
  const outcome = await run();
  const usPerAnswer = cpuBetween(before, readCpu(pid)) / 1000 / Math.max(1, outcome.answered);
  const after = drops();
  return {
    ...outcome,
    usPerAnswer,
    atOwn: after[0] - own,
    atResolver: after[1] - ofResolver,
    anywhere: after[2] - ofAll,
  };
}

function line(what: string, figures: readonly number[], unit: string): void {
  const of = spread(figures);
  if (of !== null)
    console.log(`${what}: ${of.median.toFixed(2)} ${unit} (${of.min.toFixed(2)} to ${of.max.toFixed(2)})`);
}

console.log(machineLine());
const directory = temporaryDirectory();
const listed = Array.from({ length: names }, (_, i) => `host${i}.list${i % 977}.test`);
writeFileSync(directory.file('names.txt'), `${listed.join('\n')}\n`);
const list = `${listed.map((name) => `${name} dns`).join('\n')}\n`;
const questions = Array.from({ length: QUESTIONS }, (_, i) =>
  i % LISTED_EVERY === 0 ? `${listed[i % listed.length]} A` : `www.n${i}.test A`,
);
writeFileSync(directory.file('questions'), `${questions.join('\n')}\n`);

const resolver = await startResolver();
const dnsdist = await startDnsdist(resolver.port, directory.file('names.txt'));
const front = await startFront(resolver.port, list);
const load = {
  core: OTHERS,
  questions: directory.file('questions'),
  seconds,
  outstanding: OUTSTANDING,
  each: false,
  under,
};
const all = { front: [] as Measured[], dnsdist: [] as Measured[] };
for (let round = 0; round < rounds; round++) {
  const turns = [
    async () =>
      all.front.push(await measured(front.pid, async () => await dnsperf({ ...load, port: front.port, rate }))),
    async () =>
      all.dnsdist.push(await measured(dnsdist.pid, async () => await dnsperf({ ...load, port: dnsdist.port, rate }))),
  ];
  for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
}
console.log(`${names} names, ${rounds} rounds of ${seconds} s at ${rate} questions a second, load ${loadText()}`);
for (const [name, runs] of Object.entries(all)) {
  line(
    `${name}, CPU a question`,
    runs.map(({ usPerAnswer }) => usPerAnswer),
    'µs',
  );
  console.log(`${name}: ${sum(runs, 'answered')} of ${sum(runs, 'sent')} answered, ${sum(runs, 'lost')} lost`);
  console.log(
    `  no room at: its own sockets ${sum(runs, 'atOwn')}, the resolver's ${sum(runs, 'atResolver')}, dnsperf's ${sum(runs, 'dropped')}; on the whole machine ${sum(runs, 'anywhere')}`,
  );
}
const counted = [...(await front.metrics())].filter(
  ([name, value]) => value > 0 && /^cleanfeed_dns_(?:dropped|upstream_errors)_total/.test(name),
);
console.log(`front says: ${counted.map(([name, value]) => `${name} ${value}`).join(', ') || 'nothing dropped'}`);
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
  direct.push(await dnsperf({ ...half, port: resolver.port }));
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
for (const { stop } of [dnsdist, resolver]) await stop();
directory[Symbol.dispose]();

/** Null: help is wanted. */
function parseOptions(args: readonly string[]) {
  const options = { names: TEXT, rounds: TEXT, seconds: TEXT, rate: TEXT, under: TEXT, help: FLAG };
  const { values } = readCommandLine({ args: [...args], options, strict: true });
  if (values.help === true) return null;
  return {
    names: wholeNumber('names', values.names ?? '100000', 1),
    rounds: wholeNumber('rounds', values.rounds ?? '5', 1),
    seconds: wholeNumber('seconds', values.seconds ?? '4', 1),
    rate: numberFrom('rate', values.rate ?? '15000'),
    under: (values.under ?? '').split(' ').filter((word) => word !== ''),
  };
}

function sum(runs: readonly Measured[], key: Exclude<keyof Measured, 'latencies' | 'usPerAnswer'>): number {
  return runs.reduce((total, run) => total + run[key], 0);
}
