/**
 * `npm run bench:import`: what `list import` costs, as a whole command, on files of a million lines: time, CPU, peak of memory. Each list that
 * was written is counted before its time counts.
 *
 * Ends with 1 where a result is wrong, never because a figure is over its target: machines differ.
 */
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COST_HEADINGS, costCells, runMeasured } from '../command-cost.ts';
import type { Cost } from '../command-cost.ts';
import { FLAG, namedOne, readCommandLine, runBench, TEXT, wholeNumber } from '../command-line.ts';
import { seededInteger, seededRandom } from '../data/seeded-random.ts';
import { loadText, machineLine } from '../load/machine.ts';

const HELP = `npm run bench:import -- [options]

  --lines N     of each file (1000000)
  --runs N      of each format; the median is shown, and the spread (3)
  --format NAME this one only
  --help
`;
const TARGET_SECONDS = 10;
const LINES_PER_WRITE = 10_000;

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

await runBench({ help: HELP, parse: parseOptions, run: measure });

/** Null: help is wanted. */
function parseOptions(args: readonly string[]) {
  const options = { lines: TEXT, runs: TEXT, format: TEXT, help: FLAG };
  const { values } = readCommandLine({ args: [...args], options, strict: true });
  if (values.help === true) return null;
  return {
    lines: wholeNumber('lines', values.lines ?? '1000000', 2),
    runs: wholeNumber('runs', values.runs ?? '3', 1),
    only: values.format ?? '',
  };
}

async function measure({ lines, runs, only }: NonNullable<ReturnType<typeof parseOptions>>): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'cleanfeed-bench-'));
  try {
    console.log(`${machineLine()}\n`);
    console.log(`| ${[`${lines} lines`, ...COST_HEADINGS].join(' | ')} |\n|---|---|---|---|---|---|`);
    for (const format of only === '' ? FORMATS : [namedOne('format', FORMATS, only)]) {
      const file = join(folder, 'in');
      writeLines(file, lines, format);
      const costs: Cost[] = [];
      for (let run = 0; run < runs; run += 1) costs.push(await importOnce(folder, file, format, lines));
      console.log(`| ${[format.name, ...costCells(costs, TARGET_SECONDS)].join(' | ')} |`);
    }
    console.log(`\nload after ${loadText()}`);
    return 0;
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

async function importOnce(folder: string, file: string, { args, entries }: Format, lines: number): Promise<Cost> {
  const output = join(folder, 'out.txt');
  const { code, stdout: _, ...cost } = await runMeasured(['list', 'import', ...args, file, '-o', output]);
  const written = await countLines(output);
  if (code !== 0 || written !== lines * entries + 1)
    throw new Error(`${args.join(' ')}: ended with ${String(code)}, ${written} lines written`);
  return cost;
}

async function countLines(file: string): Promise<number> {
  let count = 0;
  for await (const piece of createReadStream(file) as AsyncIterable<Buffer>)
    for (let at = piece.indexOf(0x0a); at !== -1; at = piece.indexOf(0x0a, at + 1)) count += 1;
  return count;
}
