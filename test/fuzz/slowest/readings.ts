/**
 * `npm run fuzz -- slowest-readings`: searches the paths whose readings take longest to look up (requirement 59), on a host that has
 * entries under every fold. The time of refused ones counts too: who is refused has been read first.
 *
 *   tricks, put together ─▶ the slowest of each outcome ─▶ changed ─▶ measured ─┬─ slower: takes its place
 *                                  ▲                                          └─ forgotten
 *
 * It must not judge by one run: what else the machine does only adds, so the least of several counts.
 */
import { seededInteger, seededRandom } from '../../../bench/data/seeded-random.ts';
import { judgedByAllFolds } from '../../../bench/data/all-folds.ts';
import { RawPath } from '../../../src/url/path-keys.ts';

/** Of one path, warm. */
const MAX_US = 200;
/** Of one that everybody reads alike, which is looked up whatever it takes: by its length. */
const MAX_US_A_BYTE = 0.25;
const MAX_BYTES = 2048;
/** Of each outcome. */
const KEPT = 8;
const RUNS = 3;
const RUNS_TO_BE_SURE = 60;
const WARM_UP = 3000;

const TRICKS = [
  '/',
  '//',
  '\\',
  '/../',
  '/./',
  '..',
  '.',
  '%2e',
  '%2e%2e',
  '%2f',
  '%5c',
  '%252f',
  '%252e%252e',
  '%255c',
  '%25252e',
  '%25252f',
  ';',
  ';a',
  ';/',
  '%3b',
  '%253b',
  '/;a/..',
  '/..;a/',
  '%2f..%2f',
  '%252f..%252f',
  '/%2e%2e%2f',
  '\\..\\',
  '%5c..%5c',
  '%255c..%255c',
  '/a',
  '/b',
  '/x/y',
  'z',
  'user@host',
  '//h/',
  '/%2fh/',
  '/%5ch/',
  '/.//',
  '%%32f',
  '%',
  '%25',
  '%2',
  '%3f',
  'A',
  'dir/',
];

interface Measured {
  readonly path: string;
  readonly outcome: string;
  readonly us: number;
}

/** @returns whether all paths found are fast enough. */
export function searchSlowestReadings({ seconds, seed }: { readonly seconds: number; readonly seed: number }): boolean {
  const random = seededRandom(seed);
  const below = (limit: number): number => seededInteger(random, limit);
  const judge = judgedByAllFolds();
  for (let i = 0; i < WARM_UP; i += 1) judge(made(below));
  const slowest: Record<string, Measured[]> = {};
  const keep = (quick: Measured): void => {
    const kept = (slowest[quick.outcome] ??= []);
    if (kept.some(({ path }) => path === quick.path)) return;
    if (kept.length === KEPT && quick.us <= kept.at(-1)!.us) return;
    kept.push(measure(judge, quick.path, RUNS_TO_BE_SURE));
    kept.sort((x, y) => y.us - x.us);
    kept.length = Math.min(kept.length, KEPT);
  };
  for (let i = 0; i < KEPT * KEPT; i += 1) keep(measure(judge, made(below), RUNS));
  const until = performance.now() + seconds * 1000;
  let tried = 0;
  for (; performance.now() < until; tried += 1) {
    const known = Object.values(slowest);
    const kept = known[below(known.length)]!;
    const [from, other] = [kept[below(kept.length)]!, kept[below(kept.length)]!];
    keep(measure(judge, changed(from.path, other.path, below), RUNS));
  }
  const sure = Object.values(slowest).flat();
  return report(
    sure.map(({ path }) => measure(judge, path, RUNS_TO_BE_SURE)),
    tried,
    seed,
  );
}

function measure(judge: (path: string) => string, path: string, runs: number): Measured {
  let us = Infinity;
  let outcome = '';
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    outcome = judge(path);
    us = Math.min(us, (performance.now() - start) * 1000);
  }
  return { path, outcome, us };
}

function made(below: (limit: number) => number): string {
  let path = '/';
  for (let left = 1 + below(90); left > 0; left -= 1) path += TRICKS[below(TRICKS.length)]!;
  return path.slice(0, MAX_BYTES);
}

/** One to five changes. */
function changed(path: string, other: string, below: (limit: number) => number): string {
  let text = path;
  for (let left = 1 + below(5); left > 0; left -= 1) {
    const at = below(text.length + 1);
    const end = Math.min(text.length, at + 1 + below(12));
    const trick = TRICKS[below(TRICKS.length)]!;
    const choice = below(6);
    if (choice === 0) text = text.slice(0, at) + text.slice(end);
    else if (choice === 1) text = text.slice(0, at) + trick + text.slice(end);
    else if (choice === 2) text = text.slice(0, at) + text.slice(at, end) + text.slice(at);
    else if (choice === 3) text = text.slice(0, at) + other.slice(at);
    else if (choice === 4) text = text.slice(0, at) + 'z'.repeat(1 + below(60)) + text.slice(at);
    else text = text.slice(0, at) + trick + text.slice(at);
  }
  return `/${text.replace(/^\//, '')}`.slice(0, MAX_BYTES);
}

function report(found: readonly Measured[], tried: number, seed: number): boolean {
  say(`slowest-readings: ${tried.toLocaleString('en')} paths tried (seed ${seed}); microseconds, outcome, bytes, path`);
  for (const { path, outcome, us } of found.toSorted((a, b) => b.us - a.us))
    say(`${us.toFixed(0).padStart(6)} ${outcome.padEnd(6)} ${String(path.length).padStart(5)} ${JSON.stringify(path)}`);
  const tooLong = found.filter(({ path, us }) => us > mostOf(path)).length;
  say(`${tooLong} above ${MAX_US} µs (ordinary ones: ${MAX_US_A_BYTE} µs a byte)`);
  return tooLong === 0;
}

function mostOf(path: string): number {
  return new RawPath(path).isOrdinary ? Math.max(MAX_US, path.length * MAX_US_A_BYTE) : MAX_US;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
