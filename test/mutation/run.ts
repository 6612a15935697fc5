/**
 * `npm run mutate -- src/url/path.ts [--count 20] [--seed N] [--minutes 30]`: makes small changes to a module, one at a time,
 * and runs the module's own tests against each: what they let live is not tested. A folder stands for all its modules.
 *
 *   the tree ──copied──▶ one file mutated ──▶ tests of its name ──passed──▶ the other tests of its module ──passed──▶ "lives"
 *
 * Own tests are those in the mirror of the module (src/url → test/url) that import the module, at whatever distance, and those that
 * test/docs/tested-through.ts names for it, behind them. The
 * checkout itself is never written to. Ends with 1 where a mutation lives that is not shown to be equivalent (equivalent.ts).
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, sep } from 'node:path';
import { FLAG, readCommandLine, TEXT } from '../../bench/command-line.ts';
import { TESTED_THROUGH } from '../docs/tested-through.ts';
import { graphOfTree, importsIn, testsReaching } from '../rings/import-graph.ts';
import type { Graph } from '../rings/import-graph.ts';
import { whyEquivalent } from './equivalent.ts';
import { mutated, mutationsOf } from './mutations.ts';
import type { Mutation } from './mutations.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Neither is written to by a test; the one is large, the other is no part of the tree. */
const NOT_COPIED: ReadonlySet<string> = new Set(['node_modules', '.git']);
const MINUTE_MS = 60_000;
/** A mutation that waits for ever is found by then: this many times what the tests take without one, and what a start takes. */
const TIMES_AS_LONG = 5;
const START_MS = 30_000;

/** Modules whose files are tested together: what an exchange does is recorded where the connection is that it runs in. */
const TESTED_TOGETHER: Readonly<Record<string, readonly string[]>> = {
  accept: ['accept', 'forward'],
  forward: ['forward', 'accept'],
};

interface Place {
  readonly file: string;
  readonly mutation: Mutation;
}

interface Outcome {
  readonly passed: boolean;
  readonly output: string;
  readonly milliseconds: number;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  const files = positionals.flatMap(filesAt);
  const [count, seed, minutes] = [values.count, values.seed, values.minutes].map(Number);
  const usage = 'npm run mutate -- FILE|FOLDER… [--count 20] [--seed N] [--minutes 30]; files are modules below src/';
  if (values.help) return say(usage, 0);
  if (files.length === 0 || !isCount(count) || !isCount(minutes) || !Number.isInteger(seed)) return say(usage, 64);
  const copy = mkdtempSync(join(tmpdir(), 'cleanfeed-mutate-'));
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  copyTree(copy);
  const places = drawn(files.flatMap(placesIn), count, seed ?? 0);
  say(`${places.length} mutations of ${files.length} modules, seed ${seed}`, 0);
  return await tryAll(copy, places, Date.now() + minutes * MINUTE_MS);
}

function readArguments() {
  const seed = String(Math.floor(Math.random() * 2 ** 31));
  return readCommandLine({
    allowPositionals: true,
    options: {
      count: { ...TEXT, default: '20' },
      seed: { ...TEXT, default: seed },
      minutes: { ...TEXT, default: '30' },
      help: { ...FLAG, default: false },
    },
  });
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && value > 0;
}

/** @returns the modules at a path, relative to the root. */
function filesAt(path: string): readonly string[] {
  const absolute = join(ROOT, path);
  if (statSync(absolute).isFile()) return [path];
  return readdirSync(absolute, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => relative(ROOT, join(absolute, name)))
    .toSorted();
}

function placesIn(file: string): readonly Place[] {
  return mutationsOf(readFileSync(join(ROOT, file), 'utf8')).map((mutation) => ({ file, mutation }));
}

/** @returns `count` of all places, chosen by the seed, in their order. */
function drawn(places: readonly Place[], count: number, seed: number): readonly Place[] {
  let state = seed;
  const ranked = places.map((place) => {
    // A linear congruential generator of 32 bits: the choice is the same on each machine.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return { place, rank: state };
  });
  const chosen = new Set(
    ranked
      .toSorted((a, b) => a.rank - b.rank)
      .slice(0, count)
      .map(({ place }) => place),
  );
  return places.filter((place) => chosen.has(place));
}

function copyTree(copy: string): void {
  cpSync(ROOT, copy, {
    recursive: true,
    filter: (path) => !NOT_COPIED.has(relative(ROOT, path).split(sep)[0] ?? ''),
  });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
}

async function tryAll(copy: string, places: readonly Place[], deadline: number): Promise<number> {
  const counts = { killed: 0, equivalent: 0, lives: 0 };
  const graph = graphOfTree(importsIn);
  const byFile = Map.groupBy(places, ({ file }) => file);
  for (const [file, group] of byFile) {
    const tests = ownTests(graph, file);
    const first = await runTests(copy, tests, Infinity);
    // A test that fails now and then, on a busy machine, is no reason to end.
    const whole = first.passed ? first : await runTests(copy, tests, Infinity);
    if (!whole.passed) return say(`${file}: its own tests fail without a mutation:\n${whole.output}`, 1);
    say(`${file}: ${group.length} mutations, ${tests.join(' ') || 'NO TESTS OF ITS OWN'}`, 0);
    for (const { mutation } of group) {
      if (Date.now() > deadline) return say(`the time is over; ${summary(counts)}`, 1);
      const why = whyEquivalent(file, mutation);
      const lives = why === null && (await survives(copy, file, mutation, tests, whole.milliseconds));
      counts[why !== null ? 'equivalent' : lives ? 'lives' : 'killed'] += 1;
      if (lives)
        say(
          `LIVES ${file}:${mutation.line}  ${mutation.was} → ${mutation.now || '(nothing)'}\n    ${mutation.text}`,
          0,
        );
    }
  }
  return say(summary(counts), counts.lives > 0 ? 1 : 0);
}

function summary({ killed, equivalent, lives }: Readonly<Record<'killed' | 'equivalent' | 'lives', number>>): string {
  return `${killed} killed, ${equivalent} equivalent, ${lives} live`;
}

/** The tests of its module that import it, the one that is named for it first, and the one elsewhere that reaches it. */
function ownTests(graph: Graph, file: string): readonly string[] {
  const [, module = ''] = file.split('/');
  const name = basename(file, '.ts');
  const folders = (TESTED_TOGETHER[module] ?? [module]).map((one) => `test/${one}/`);
  const own = testsReaching(graph, [file])
    .filter((test) => folders.some((folder) => test.startsWith(folder)))
    .toSorted((a, b) => Number(b.includes(`/${name}.`)) - Number(a.includes(`/${name}.`)) || (a < b ? -1 : 1));
  const elsewhere = Object.keys(TESTED_THROUGH).filter((test) => TESTED_THROUGH[test]?.includes(file) === true);
  return [...new Set([...own, ...elsewhere])];
}

async function survives(
  copy: string,
  file: string,
  mutation: Mutation,
  tests: readonly string[],
  usualMs: number,
): Promise<boolean> {
  const source = readFileSync(join(copy, file), 'utf8');
  writeFileSync(join(copy, file), mutated(source, mutation));
  try {
    const boundMs = START_MS + TIMES_AS_LONG * usualMs;
    const first = await runTests(copy, tests.slice(0, 1), boundMs);
    return first.passed && (await runTests(copy, tests.slice(1), boundMs)).passed;
  } finally {
    writeFileSync(join(copy, file), source);
  }
}

async function runTests(copy: string, tests: readonly string[], boundMs: number): Promise<Outcome> {
  if (tests.length === 0) return { passed: true, output: '', milliseconds: 0 };
  return await jest(copy, ['--runInBand', '--runTestsByPath', ...tests], boundMs);
}

/** Jest in the copy, in a process group of its own: what hangs is killed with all that it has started. */
async function jest(copy: string, args: readonly string[], boundMs: number): Promise<Outcome> {
  const began = Date.now();
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(copy, 'node_modules', 'jest', 'bin', 'jest.js'),
      ...args,
    ],
    { cwd: copy, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const kill = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  // Whoever ends this ends that: a mutation that turns round and round would go on without us.
  process.once('exit', kill);
  const timer = Number.isFinite(boundMs) ? setTimeout(kill, boundMs) : undefined;
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('close', resolve).once('error', reject),
  );
  clearTimeout(timer);
  process.removeListener('exit', kill);
  return { passed: code === 0, output, milliseconds: Date.now() - began };
}

function say(message: string, code: number): number {
  process.stderr.write(`mutate: ${message}\n`);
  return code;
}
