/**
 * `npm run bench:import`: what `list import` costs, as a whole command, on files of a million lines: time, CPU, peak of memory. Each list that
 * was written is counted before its time counts.
 *
 * Ends with 1 where a result is wrong, never because a figure is over its target: machines differ.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, openSync, readFileSync, rmSync, writeSync, closeSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { readCommandLine, TEXT, FLAG, wholeNumber } from '../command-line.ts';
import { seededInteger, seededRandom } from '../data/seeded-random.ts';
import { describeMachine } from '../load/machine.ts';

const HELP = `npm run bench:import -- [options]

  --lines N     of each file (1000000)
  --runs N      of each format; the median is shown, and the spread (3)
  --help
`;
const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
const TARGET_SECONDS = 10;
const LINES_PER_WRITE = 10_000;
const POLL_MS = 20;

interface Format {
  readonly name: string;
  readonly args: readonly string[];
  readonly line: (name: string, i: number) => string;
  /** Entries that a line gives. */
  readonly entries: number;
}

const FORMATS: readonly Format[] = [
  { name: 'hosts', args: ['--from', 'hosts'], line: (name) => `0.0.0.0 ${name}`, entries: 1 },
  { name: 'adblock', args: ['--from', 'adblock', '--match', 'dns'], line: (name) => `||${name}^`, entries: 1 },
  { name: 'rpz', args: ['--from', 'rpz'], line: (name, i) => `${i % 2 === 0 ? '' : '*.'}${name} CNAME .`, entries: 1 },
  { name: 'dnsmasq', args: ['--from', 'dnsmasq'], line: (name) => `address=/${name}/#`, entries: 1 },
  { name: 'unbound', args: ['--from', 'unbound'], line: (name) => `local-zone: "${name}" always_nxdomain`, entries: 1 },
  { name: 'squid', args: ['--from', 'squid', '--match', 'dstdomain'], line: (name) => `.${name}`, entries: 1 },
  {
    name: 'squidguard urls',
    args: ['--from', 'squidguard', '--match', 'urls'],
    line: (name, i) => `${name}/dir/page${i}.html`,
    entries: 4,
  },
  {
    name: 'haproxy',
    args: ['--from', 'haproxy', '--match', 'str', '--sample', 'hdr'],
    line: (name) => name,
    entries: 2,
  },
  {
    name: 'csv',
    args: ['--from', 'csv', '--column', '2'],
    line: (name, i) => `${i},"http://${name}/page${i}?a=1",2026`,
    entries: 1,
  },
];

interface Taken {
  /** Seconds. */
  readonly wall: number;
  readonly cpu: number;
  /** Of memory, at its peak, in MiB. */
  readonly memory: number;
}

const { values } = readCommandLine({
  options: {
    lines: { ...TEXT, default: '1000000' },
    runs: { ...TEXT, default: '3' },
    help: { ...FLAG, default: false },
  },
});
if (values.help) console.log(HELP);
else await measure(wholeNumber('lines', values.lines, 2), wholeNumber('runs', values.runs, 1));

async function measure(lines: number, runs: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cleanfeed-bench-'));
  try {
    const { cpu, cores, memoryGB, node } = describeMachine();
    const date = new Date().toISOString().slice(0, 10);
    console.log(
      `${cpu}, ${cores} cores, ${memoryGB} GB, Node ${node}, ${date}; load before ${loadavg()[0]?.toFixed(1)}\n`,
    );
    console.log(`| ${lines} lines | wall, s | CPU, s | peak of memory, MiB | target, s | |\n|---|---|---|---|---|---|`);
    for (const format of FORMATS) {
      const file = join(folder, 'in');
      writeLines(file, lines, format);
      const taken: Taken[] = [];
      for (let run = 0; run < runs; run += 1) taken.push(await importOnce(folder, file, format, lines));
      row(format.name, taken);
    }
    console.log(`\nload after ${loadavg()[0]?.toFixed(1)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Names that share nothing but their end; of an RPZ each stands twice, with `*.` the second time. */
function writeLines(file: string, lines: number, { line, name: format }: Format): void {
  const random = seededRandom(16);
  const out = openSync(file, 'w');
  let held = '';
  let name = '';
  for (let i = 0; i < lines; i += 1) {
    if (format !== 'rpz' || i % 2 === 0)
      name = `${seededInteger(random, 1 << 30).toString(36)}${i.toString(36)}.example`;
    held += `${line(name, i)}\n`;
    if (i % LINES_PER_WRITE !== 0 && i !== lines - 1) continue;
    writeSync(out, held);
    held = '';
  }
  closeSync(out);
}

async function importOnce(folder: string, file: string, { args, entries }: Format, lines: number): Promise<Taken> {
  const output = join(folder, 'out.txt');
  const started = performance.now();
  const child = spawn(process.execPath, [CLI, 'list', 'import', ...args, file, '-o', output], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const used = { cpu: 0, memory: 0 };
  const poll = setInterval(() => Object.assign(used, usage(child.pid, used)), POLL_MS);
  const [, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  clearInterval(poll);
  const wall = (performance.now() - started) / 1000;
  const written = await countLines(output);
  if (code !== 0 || written !== lines * entries + 1)
    throw new Error(`${args.join(' ')}: ended with ${String(code)}, ${written} lines written`);
  return { wall, ...used };
}

/** What the kernel says of a process that still runs; of one that has ended it knows no memory, or nothing: what was known before. */
function usage(pid: number | undefined, before: Omit<Taken, 'wall'>): Omit<Taken, 'wall'> {
  try {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    // utime and stime, in hundredths of a second.
    return {
      cpu: (Number(fields[11]) + Number(fields[12])) / 100,
      memory: peak === undefined ? before.memory : Number(peak) / 1024,
    };
  } catch {
    return before;
  }
}

async function countLines(file: string): Promise<number> {
  let count = 0;
  for await (const piece of createReadStream(file) as AsyncIterable<Buffer>)
    for (let at = piece.indexOf(0x0a); at !== -1; at = piece.indexOf(0x0a, at + 1)) count += 1;
  return count;
}

function row(name: string, taken: readonly Taken[]): void {
  const wall = medianOf(taken.map((one) => one.wall));
  const cells = [
    name,
    `${wall.toFixed(1)} (${Math.min(...taken.map((one) => one.wall)).toFixed(1)}–${Math.max(...taken.map((one) => one.wall)).toFixed(1)})`,
    medianOf(taken.map((one) => one.cpu)).toFixed(1),
    Math.max(...taken.map((one) => one.memory)).toFixed(0),
    String(TARGET_SECONDS),
    wall <= TARGET_SECONDS ? 'yes' : 'no',
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
