/**
 * What a micro bench is, and how one is measured. A file bench/micro/ROOM.ts exports `bench`; run.ts finds it.
 *
 *   check every case ─▶ warm up ─▶ rounds: case 1, case 2, … case 1, case 2, … ─▶ median and spread of each case
 *
 * Rounds are interleaved because machines drift: what slows one case down for a second slows its neighbours down too.
 */
export interface Bench {
  /** Room or path that is measured. */
  readonly name: string;
  readonly cases: readonly BenchCase[];
}

export interface BenchCase {
  readonly name: string;
  /** Target in ns per operation, from the issue; null where there is none. */
  readonly budget: number | null;
  /** Throws if what will be measured does not do what it should. */
  readonly check: () => void;
  /** Does `iterations` operations and returns something computed from each, so that none is optimised away. */
  readonly run: (iterations: number) => number;
}

/** Each bench file: `export function bench(): Bench`, its set-up inside, so that importing it costs nothing. */
export interface BenchModule {
  readonly bench: () => Bench | Promise<Bench>;
}

/** Nanoseconds per operation over all rounds. */
export interface CaseResult {
  readonly bench: string;
  readonly name: string;
  readonly budget: number | null;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
  readonly iterations: number;
}

const WARM_UP_NS = 100e6;
const ROUND_NS = 20e6;

/** Keeps results alive across rounds. */
let sink = 0;

/** Checks all cases first: nothing is measured that is wrong. */
export function measure(bench: Bench, rounds: number): readonly CaseResult[] {
  for (const item of bench.cases) item.check();
  const iterations = bench.cases.map(warmUp);
  const samples = bench.cases.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, item] of bench.cases.entries()) samples[i]!.push(timed(item, iterations[i]!) / iterations[i]!);
  }
  return bench.cases.map((item, i) => {
    const sorted = samples[i]!.toSorted((a, b) => a - b);
    return { bench: bench.name, name: item.name, budget: item.budget, median: sorted[Math.floor(rounds / 2)]!, min: sorted[0]!, max: sorted[rounds - 1]!, rounds, iterations: iterations[i]! };
  });
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
  const start = process.hrtime.bigint();
  sink += item.run(iterations);
  return Number(process.hrtime.bigint() - start);
}

/** What was computed; printing it in no report is fine, reading it keeps the work from being removed. */
export function consumed(): number {
  return sink;
}
