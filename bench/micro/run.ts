/**
 * `npm run bench`: the micro benches, all or those named. Progress on standard error, tables on standard output.
 *
 * Ends with 1 where a check fails (what is measured is wrong), never because a figure is over its target: machines differ.
 */
import { readdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { FLAG, optionsOrEnd, readCommandLine, TEXT, UsageError, wholeNumber } from '../command-line.ts';
import { describeMachine, revision } from '../load/machine.ts';
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

const { files, out, isJson, ...options } = optionsOrEnd({ help: HELP, parse: parseOptions });
await run(options);

/** Null: help is wanted. */
function parseOptions(args: readonly string[]) {
  const options = { rounds: TEXT, large: FLAG, out: TEXT, json: FLAG, help: FLAG };
  const { values, positionals } = readCommandLine({ args: [...args], options, strict: true, allowPositionals: true });
  if (values.help === true) return null;
  return {
    files: benchFiles(positionals),
    rounds: wholeNumber('rounds', values.rounds ?? '15', 1),
    large: values.large === true,
    out: values.out ?? null,
    isJson: values.json === true,
  };
}

async function run(options: RunOptions): Promise<void> {
  const before = loadavg()[0]!;
  const commit = revision();
  const figures: Figure[] = [];
  for (const file of files) {
    process.stderr.write(`${basename(file, '.ts')} …\n`);
    const module = (await import(join(import.meta.dirname, file))) as BenchModule;
    if (module.bench !== undefined) figures.push(...measure(await module.bench(options), options.rounds));
    if (module.figures !== undefined) figures.push(...(await module.figures(options)));
  }
  const report = {
    date: new Date().toISOString().slice(0, 10),
    revision: commit,
    machine: describeMachine(),
    ...options,
    load: { before, after: loadavg()[0]! },
    figures,
  };
  console.log(isJson ? JSON.stringify({ ...report, consumed: consumed() }, null, 1) : textReport(report));
  if (out !== null) writeReports(report, resolve(process.env['INIT_CWD'] ?? '.', out));
}

function benchFiles(names: readonly string[] = []): readonly string[] {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts') && !NOT_BENCHES.has(file));
  const unknown = names.filter((name) => !files.includes(`${name}.ts`));
  if (unknown.length > 0)
    throw new UsageError(
      `no bench named ${unknown.join(', ')}; there are ${files.map((file) => basename(file, '.ts')).join(', ')}`,
    );
  return files.filter((file) => names.length === 0 || names.includes(basename(file, '.ts'))).sort();
}
