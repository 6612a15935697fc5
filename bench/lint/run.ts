/**
 * `npm run bench:lint`: what `list lint` costs, as a whole command, on lists of a million lines: time, CPU, peak of memory. What it finds is
 * checked before its time counts.
 *
 * Ends with 1 where a result is wrong, never because a figure is over its target: machines differ.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COST_HEADINGS, costCells, runMeasured } from '../command-cost.ts';
import type { Cost } from '../command-cost.ts';
import { FLAG, namedOne, readCommandLine, runBench, TEXT, wholeNumber } from '../command-line.ts';
import { seededInteger, seededRandom } from '../data/seeded-random.ts';
import { loadText, machineLine } from '../load/machine.ts';

const HELP = `npm run bench:lint -- [options]

  --lines N     of each list (1000000)
  --runs N      of each list; the median is shown, and the spread (3)
  --list NAME   this one only
  --help
`;
const TARGET_SECONDS = 8;
const LINES_PER_WRITE = 10_000;

interface List {
  readonly name: string;
  readonly args: readonly string[];
  readonly line: (name: string, i: number) => string;
  /** What lint says in its last line, of that many lines. */
  readonly found: (lines: number) => string;
}

/** In an allow list, or where a resolver refuses names, lines are longer. */
const WHY = 'dns expires=2099-12-31 reason="court order 2026-17, section 4"';

const LISTS: readonly List[] = [
  { name: 'hosts', args: [], line: (name) => name, found: () => '0 errors, 1 warning, 0 notes' },
  { name: 'hosts and below', args: [], line: (name) => `*.${name}`, found: () => '0 errors, 0 warnings, 0 notes' },
  {
    name: 'pages',
    args: [],
    line: (name, i) => `${name}/dir/page${i}.html`,
    found: (lines) => `0 errors, 0 warnings, ${lines} notes`,
  },
  {
    name: 'pages of few hosts',
    args: [],
    line: (name, i) => `http://host${i % 1000}.example/${name}/index.html?q=%20${i}`,
    found: (lines) => `0 errors, 0 warnings, ${lines} notes`,
  },
  {
    name: 'allow list',
    args: ['--action', 'allow'],
    line: (name) => `${name} ${WHY}`,
    found: () => '0 errors, 1 warning, 0 notes',
  },
  {
    name: 'every second line covered by another',
    args: [],
    line: (name, i) => (i % 2 === 0 ? `*.h${i}.example` : `${name.slice(0, 5)}.h${i - 1}.example`),
    found: (lines) => `0 errors, ${Math.floor(lines / 2)} warnings, 0 notes`,
  },
];

await runBench({ help: HELP, parse: parseOptions, run: measure });

/** Null: help is wanted. */
function parseOptions(args: readonly string[]) {
  const options = { lines: TEXT, runs: TEXT, list: TEXT, help: FLAG };
  const { values } = readCommandLine({ args: [...args], options, strict: true });
  if (values.help === true) return null;
  return {
    lines: wholeNumber('lines', values.lines ?? '1000000', 20),
    runs: wholeNumber('runs', values.runs ?? '3', 1),
    only: values.list ?? '',
  };
}

async function measure({ lines, runs, only }: NonNullable<ReturnType<typeof parseOptions>>): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'cleanfeed-bench-'));
  try {
    console.log(`${machineLine()}\n`);
    console.log(`| ${[`${lines} lines`, ...COST_HEADINGS].join(' | ')} |\n|---|---|---|---|---|---|`);
    for (const list of only === '' ? LISTS : [namedOne('list', LISTS, only)]) {
      const file = join(folder, 'list.txt');
      writeLines(file, lines, list);
      const costs: Cost[] = [];
      for (let run = 0; run < runs; run += 1) costs.push(await lintOnce(file, list, lines));
      console.log(`| ${[list.name, ...costCells(costs, TARGET_SECONDS)].join(' | ')} |`);
    }
    console.log(`\nload after ${loadText()}`);
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeLines(file: string, lines: number, { line }: List): void {
  const random = seededRandom(16);
  const out = openSync(file, 'w');
  let held = '';
  for (let i = 0; i < lines; i += 1) {
    held += `${line(`${seededInteger(random, 1 << 30).toString(36)}${i.toString(36)}.example`, i)}\n`;
    if (i % LINES_PER_WRITE !== 0 && i !== lines - 1) continue;
    writeSync(out, held);
    held = '';
  }
  closeSync(out);
}

async function lintOnce(file: string, { args, found }: List, lines: number): Promise<Cost> {
  const { code, stdout, ...cost } = await runMeasured(['list', 'lint', ...args, file]);
  const told = stdout.trimEnd().split('\n').at(-1);
  const wanted = `${file}: ${found(lines)}`;
  if (code !== 0 || told !== wanted) throw new Error(`ended with ${code}: '${told}' instead of '${wanted}'`);
  return cost;
}
