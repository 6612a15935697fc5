/**
 * `npm run bench`: every micro bench, or those named. Prints median and spread in ns per operation, with machine and
 * version; `--json` prints the same as JSON; `--rounds=N` (odd) changes how often each case is measured.
 *
 * Ends with 1 where a check fails (what is measured is wrong), never because a figure is over its budget: machines differ.
 */
import { readdirSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { consumed, measure } from './harness.ts';
import type { BenchModule, CaseResult } from './harness.ts';

const NOT_BENCHES = new Set(['run.ts', 'harness.ts']);
const DEFAULT_ROUNDS = 15;

const options = process.argv.slice(2);
const json = options.includes('--json');
const rounds = Number(options.find((option) => option.startsWith('--rounds='))?.slice('--rounds='.length) ?? DEFAULT_ROUNDS);
const wanted = options.filter((option) => !option.startsWith('--'));
if (!(rounds >= 1 && Number.isInteger(rounds))) throw new Error('--rounds=N wants a whole number');
const results: CaseResult[] = [];

for (const file of benchFiles(wanted)) {
  const { bench } = (await import(join(import.meta.dirname, file))) as BenchModule;
  if (!json) process.stderr.write(`${basename(file, '.ts')} …\n`);
  results.push(...measure(await bench(), rounds));
}
console.log(json ? JSON.stringify({ machine: machine(), rounds, unit: 'ns/op', results, consumed: consumed() }, null, 2) : table(results));

function benchFiles(names: readonly string[]): readonly string[] {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts') && !NOT_BENCHES.has(file));
  const unknown = names.filter((name) => !files.includes(`${name}.ts`));
  if (unknown.length > 0) throw new Error(`no bench named ${unknown.join(', ')}; there are ${files.map((file) => basename(file, '.ts')).join(', ')}`);
  return files.filter((file) => names.length === 0 || names.includes(basename(file, '.ts'))).sort();
}

function machine(): { readonly cpu: string; readonly cores: number; readonly memoryGiB: number; readonly node: string; readonly platform: string } {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

function table(rows: readonly CaseResult[]): string {
  const { cpu, cores, memoryGiB, node, platform } = machine();
  const lines = rows.map((row) => [row.bench, row.name, nanoseconds(row.median), `${nanoseconds(row.min)} .. ${nanoseconds(row.max)}`, row.budget === null ? '' : budget(row)]);
  const head = ['bench', 'case', 'median ns', 'min .. max', 'budget'];
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]!.length)));
  const text = [head, ...lines].map((line) => line.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ').trimEnd());
  return [`${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node}; ${rounds} interleaved rounds`, '', ...text].join('\n');
}

function budget(row: CaseResult): string {
  return `${row.budget} ${row.median <= row.budget! ? 'kept' : 'OVER'}`;
}

function nanoseconds(value: number): string {
  return value < 100 ? value.toFixed(1) : String(Math.round(value));
}
