/**
 * `npm run bench`: the micro benches, all or those named. Progress on standard error, tables on standard output.
 *
 * Ends with 1 where a check fails (what is measured is wrong), never because a figure is over its target: machines differ.
 */
import { readdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from '../load/machine.ts';
import { consumed, measure } from './harness.ts';
import type { BenchModule, RunOptions } from './harness.ts';
import type { Figure } from './report/figure.ts';
import { writeReports } from './report/write.ts';
import { textReport } from './report/text.ts';

const NOT_BENCHES = new Set(['run.ts', 'harness.ts']);
const HELP = `npm run bench -- [options] [names]

Time, memory and allocation of each module, with spread; the whole takes about three minutes.

  --rounds N     samples of each figure (15); odd
  --large        lists of 10^7 entries too: 4 GB of memory, some minutes more
  --out FOLDER   write micro.json, micro.md and micro.svg there (bench/results has those of a full run)
  --json         the figures as JSON on standard output
  --help

Benches: ${benchFiles()
  .map((file) => basename(file, '.ts'))
  .join(', ')}
`;

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    large: { type: 'boolean', default: false },
    out: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
if (values.help) console.log(HELP);
else await run({ rounds: wholeNumber(values.rounds), large: values.large });

async function run(options: RunOptions): Promise<void> {
  const before = loadavg()[0]!;
  const figures: Figure[] = [];
  for (const file of benchFiles(positionals)) {
    process.stderr.write(`${basename(file, '.ts')} …\n`);
    const module = (await import(join(import.meta.dirname, file))) as BenchModule;
    if (module.bench !== undefined) figures.push(...measure(await module.bench(options), options.rounds));
    if (module.figures !== undefined) figures.push(...(await module.figures(options)));
  }
  const report = {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    ...options,
    load: { before, after: loadavg()[0]! },
    figures,
  };
  console.log(values.json ? JSON.stringify({ ...report, consumed: consumed() }, null, 1) : textReport(report));
  if (values.out !== undefined) writeReports(report, resolve(process.env['INIT_CWD'] ?? '.', values.out));
}

function benchFiles(names: readonly string[] = []): readonly string[] {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts') && !NOT_BENCHES.has(file));
  const unknown = names.filter((name) => !files.includes(`${name}.ts`));
  if (unknown.length > 0)
    throw new Error(
      `no bench named ${unknown.join(', ')}; there are ${files.map((file) => basename(file, '.ts')).join(', ')}`,
    );
  return files.filter((file) => names.length === 0 || names.includes(basename(file, '.ts'))).sort();
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--rounds wants a whole number from 1, not '${text}'`);
  return value;
}
