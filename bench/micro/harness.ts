/**
 * What a micro bench is, and how one is measured. A file bench/micro/MODULE.ts exports `bench` (times of operations) or
 * `figures` (anything else, measured its own way); run.ts finds it.
 *
 *   check every case ─▶ warm up ─▶ rounds: case 1, case 2, … case 1, case 2, … ─▶ one sample a round of each case
 *
 * Rounds are interleaved because machines drift: what slows one case down for a second slows its neighbours down too.
 *
 * Time is processor time of the whole process, garbage collection on helper threads included: on a machine that does other
 * work as well, the clock on the wall measures that. On an idle machine the two agree, or processor time is the larger.
 */
import { figure } from './report/figure.ts';
import type { Figure, Point } from './report/figure.ts';

export interface Bench {
  /** Module or path that is measured. */
  readonly name: string;
  readonly cases: readonly BenchCase[];
  /** Figures that follow from those of the cases, which come in order: ratios, differences. */
  readonly derived?: (figures: readonly Figure[]) => readonly Figure[];
}

export interface BenchCase {
  readonly name: string;
  /** Target in ns per operation, from the issue; null where there is none. */
  readonly budget: number | null;
  /** Where it stands in the chart over list size; absent: nowhere. */
  readonly point?: Point;
  /** Throws if what will be measured does not do what it should. */
  readonly check: () => void;
  /** Does `iterations` operations and returns something computed from each, so that none is optimised away. */
  readonly run: (iterations: number) => number;
}

export interface RunOptions {
  /** Odd, so that the median is a sample. */
  readonly rounds: number;
  /** Lists of 10^7 entries too: gigabytes and minutes. */
  readonly large: boolean;
}

/** Set-up belongs inside the function, so that importing a bench costs nothing. */
export interface BenchModule {
  readonly bench?: (options: RunOptions) => Bench | Promise<Bench>;
  readonly figures?: (options: RunOptions) => readonly Figure[] | Promise<readonly Figure[]>;
}

const NS_PER_US = 1000;
const WARM_UP_NS = 100e6;
const ROUND_NS = 20e6;

/** Keeps results alive across rounds. */
let sink = 0;

/** Checks all cases first: nothing is measured that is wrong. */
export function measure(bench: Bench, rounds: number): readonly Figure[] {
  for (const item of bench.cases) item.check();
  const iterations = bench.cases.map(warmUp);
  const samples = bench.cases.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, item] of bench.cases.entries()) samples[i]!.push(timed(item, iterations[i]!) / iterations[i]!);
  }
  const figures = bench.cases.map((item, i) =>
    figure(
      { bench: bench.name, name: item.name, unit: 'ns', target: item.budget, point: item.point ?? null },
      samples[i]!,
    ),
  );
  return [...figures, ...(bench.derived?.(figures) ?? [])];
}

/** For `check`: the bench stops where this fails. */
export function expectEqual(actual: unknown, wanted: unknown, what: string): void {
  if (actual !== wanted) throw new Error(`${what}: is ${String(actual)}, should be ${String(wanted)}`);
}

/** Runs the case until it is compiled, and returns how many operations fill a round. */
function warmUp(item: BenchCase): number {
  let iterations = 1000;
  let spent = 0;
  let last = 0;
  while (spent < WARM_UP_NS) {
    last = timed(item, iterations);
    spent += last;
    if (last < ROUND_NS) iterations *= 2;
  }
  return Math.max(1000, Math.round((iterations * ROUND_NS) / Math.max(last, ROUND_NS)));
}

function timed(item: BenchCase, iterations: number): number {
  return cpuNs(() => item.run(iterations));
}

/** Processor time of `run` in ns, to the microsecond. */
export function cpuNs(run: () => number): number {
  const start = process.cpuUsage();
  sink += run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) * NS_PER_US;
}

/** What was computed; printing it in no report is fine, reading it keeps the work from being removed. */
export function consumed(): number {
  return sink;
}
