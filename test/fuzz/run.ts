/**
 * `npm run fuzz -- TARGET [--seconds 60] [--save]`: coverage-guided fuzzing (jazzer.js, libFuzzer) of test/fuzz/targets/TARGET.ts;
 * `slowest`, `slowest-readings` and `slowest-texts` are none of these: they have no promises but time, and searches of their own (slowest/).
 *
 *   sources ──types stripped──▶ a copy in JavaScript (jazzer sees no coverage in TypeScript) ──▶ fuzzer, two legs
 *
 * Leg 1 starts from nothing and must see coverage rise: without that the fuzzer is blind and finds nothing however long
 * it runs. Leg 2 starts from the saved corpus. Ends with 1 where a promise is broken (the input is left in the working
 * directory) or coverage does not rise. `--save` adds what leg 2 found to the corpus (corpus.ts), reduced to what covers
 * something new.
 */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { FLAG, readCommandLine, TEXT, UsageError } from '../../bench/command-line.ts';
import { packCorpus, unpackCorpus } from './corpus.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const TARGETS = join(import.meta.dirname, 'targets');
const JAZZER = join(ROOT, 'node_modules', '@jazzer.js', 'core', 'dist', 'cli.js');
const COPIED = ['src', 'test/support/reference', 'test/fuzz/targets'];
/** What modules read from beside `src`. */
const LINKED = ['node_modules', 'config', 'package.json'];
const SEARCHES: Readonly<Record<string, (options: SearchOptions) => Promise<boolean>>> = {
  slowest: async (options) => (await import('./slowest/search.ts')).searchSlowest(options),
  'slowest-readings': async (options) => (await import('./slowest/readings.ts')).searchSlowestReadings(options),
  'slowest-texts': async (options) => (await import('./slowest/texts.ts')).searchSlowestTexts(options),
};
const BLIND_CHECK_SECONDS = 5;
const MAX_INPUT_BYTES = 2048;
/** Node, jazzer and the corpus take about 250; what grows with the inputs passes it within the minute. */
const MAX_MEMORY_MB = 768;

interface SearchOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly save: boolean;
}

interface Options {
  readonly target: string;
  readonly seconds: number;
  readonly save: boolean;
}

interface Leg {
  readonly code: number;
  /** Edges covered, at the beginning and at the end. */
  readonly first: number;
  readonly last: number;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const names = [...readdirSync(TARGETS).map((file) => file.replace(/\.ts$/, '')), ...Object.keys(SEARCHES)];
  const usage = `npm run fuzz -- TARGET [--seconds 60] [--save]; targets: ${names.join(', ')}; more than ${BLIND_CHECK_SECONDS} seconds`;
  try {
    const options = parseOptions(names);
    return options === null ? say(usage, 0) : await runTarget(options);
  } catch (error) {
    if (error instanceof UsageError) return say(`${error.message}\n${usage}`, 64);
    throw error;
  }
}

/** Null: help is wanted. @throws UsageError */
function parseOptions(names: readonly string[]): Options | null {
  const { values, positionals } = readCommandLine({
    allowPositionals: true,
    options: { seconds: TEXT, save: FLAG, help: FLAG },
  });
  if (values.help === true) return null;
  const [target = '', ...others] = positionals;
  if (!names.includes(target) || others.length > 0)
    throw new UsageError(`one target is wanted, not '${positionals.join(' ')}'`);
  const seconds = Number(values.seconds ?? '60');
  if (!(seconds > BLIND_CHECK_SECONDS))
    throw new UsageError(`--seconds wants a number above ${BLIND_CHECK_SECONDS}, not '${values.seconds ?? ''}'`);
  return { target, seconds, save: values.save === true };
}

async function runTarget({ target, seconds, save }: Options): Promise<number> {
  const search = SEARCHES[target];
  if (search !== undefined) return (await search({ seconds, seed: randomSeed(), save })) ? 0 : 1;
  const copy = mkdtempSync(join(tmpdir(), 'cleanfeed-fuzz-'));
  try {
    copySources(copy);
    return await fuzz(copy, target, { seconds, save });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function randomSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}

async function fuzz(
  copy: string,
  target: string,
  { seconds, save }: { readonly seconds: number; readonly save: boolean },
): Promise<number> {
  const saved = join(copy, 'saved');
  const found = join(copy, 'found');
  unpackCorpus(target, saved);
  mkdirSync(found);
  const blind = await run(copy, target, [], [`-max_total_time=${BLIND_CHECK_SECONDS}`]);
  if (blind.code !== 0) return say(`${target}: a promise is broken, see above`, 1);
  if (!(blind.last > blind.first)) return say(`${target}: coverage stays at ${blind.last}: the fuzzer is blind`, 1);
  const main = await run(copy, target, [found, saved], [`-max_total_time=${seconds - BLIND_CHECK_SECONDS}`]);
  if (main.code !== 0) return say(`${target}: a promise is broken, see above`, 1);
  const told = `${target}: coverage ${blind.first} → ${blind.last} from nothing, ${main.last} with the corpus; ${readdirSync(found).length} new inputs`;
  if (!save) return say(told, 0);
  const merge = await run(copy, target, [saved, found], ['-merge=1']);
  if (merge.code !== 0) return say(`${told}; not saved, see above`, 1);
  packCorpus(target, saved);
  return say(`${told}, corpus now ${readdirSync(saved).length}`, 0);
}

/** The fuzzer in a process of its own; its output goes to standard error. */
async function run(copy: string, target: string, corpus: readonly string[], flags: readonly string[]): Promise<Leg> {
  const file = join(copy, 'test', 'fuzz', 'targets', `${target}.js`);
  const args = [
    JAZZER,
    file,
    ...corpus,
    '--sync',
    '-i',
    `${copy}/src/`,
    '-e',
    'nothing',
    '--disable_bug_detectors',
    '.*',
    '--',
    `-max_len=${MAX_INPUT_BYTES}`,
    '-timeout=10',
    `-rss_limit_mb=${MAX_MEMORY_MB}`,
    ...flags,
  ];
  const child = spawn(process.execPath, args, { cwd: process.cwd(), stdio: ['ignore', 'inherit', 'pipe'] });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    process.stderr.write(text);
  });
  const code = await new Promise<number>((resolve) => child.on('close', (exit) => resolve(exit ?? 1)));
  const covered = [...output.matchAll(/ cov: (\d+)/g)].map((match) => Number(match[1]));
  return { code, first: covered[0] ?? 0, last: covered.at(-1) ?? 0 };
}

function copySources(copy: string): void {
  for (const folder of COPIED) {
    for (const entry of readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && entry.name.endsWith('.ts')) copySource(copy, join(entry.parentPath, entry.name));
    }
  }
  for (const name of LINKED) if (existsSync(join(ROOT, name))) symlinkSync(join(ROOT, name), join(copy, name));
}

function copySource(copy: string, file: string): void {
  const to = join(copy, relative(ROOT, file)).replace(/\.ts$/, '.js');
  const code = stripTypeScriptTypes(readFileSync(file, 'utf8'), { mode: 'strip' });
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, code.replaceAll(/(from|import)(\s*\(?\s*)'(\.[^']*)\.ts'/g, "$1$2'$3.js'"));
}

function say(message: string, code: number): number {
  process.stderr.write(`fuzz: ${message}\n`);
  return code;
}
