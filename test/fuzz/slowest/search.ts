/**
 * `npm run fuzz -- slowest`: searches the heads that take longest for what they weigh, through everything that happens before
 * another connection gets its turn (bench/heads/whole-path.ts), and says where that is too long.
 *
 *   seeds ─▶ the slowest of each part and outcome ─▶ changed ─▶ measured ─┬─ slower: takes its place
 *                     ▲                                                 └─ forgotten
 *
 * A head is measured by the least of several runs: what else the machine does only adds. Ends with 1 where a head within the
 * limits takes more than a millisecond, or twice the head more than two and a half times as long.
 */
import { writeFileSync } from 'node:fs';
import { bytesOf, scaled, slowestHeads, SLOWEST_FILE, type SlowHead } from '../../../bench/heads/pieces.ts';
import { WholePath } from '../../../bench/heads/whole-path.ts';
import { Mutator } from './mutate.ts';
import { SEEDS } from './seeds.ts';

/** Of one head, warm. */
const MAX_US = 1000;
const MAX_GROWTH = 2.5;
/** Below this a ratio of two times is noise. */
const MIN_US_FOR_GROWTH = 100;
/** What a short head costs whatever is in it, in bytes of a long one: small heads are not the slowest for being small. */
const FIXED_BYTES = 4000;
const RUNS = 5;
const RUNS_TO_BE_SURE = 40;
const SHOWN = 25;
const SAVED = 16;

interface Measured {
  readonly head: SlowHead;
  readonly outcome: string;
  readonly bytes: number;
  readonly us: number;
}

const path = new WholePath();

/** @returns whether all heads found are fast enough. */
export function searchSlowest({
  seconds,
  seed,
  save,
}: {
  readonly seconds: number;
  readonly seed: number;
  readonly save: boolean;
}): boolean {
  const slowest = new Map<string, Measured>();
  const keep = (found: Measured): void => {
    const best = slowest.get(keyOf(found));
    if (best === undefined || score(found) > score(best)) slowest.set(keyOf(found), found);
  };
  // Twice: the first time the code is not compiled.
  for (let round = 0; round < 2; round += 1)
    for (const head of [...SEEDS, ...slowestHeads()]) keep(measure(head, RUNS));
  const mutator = new Mutator(seed);
  const until = performance.now() + seconds * 1000;
  let tried = 0;
  while (performance.now() < until) {
    const known = [...slowest.values()];
    const { head } = known[mutator.below(known.length)]!;
    const other = known[mutator.below(known.length)]!.head;
    const found = measure(mutator.changed(head, other), RUNS);
    const best = slowest.get(keyOf(found));
    if (best === undefined || score(found) > score(best)) keep(measure(found.head, RUNS * 3));
    tried += 1;
  }
  const sure = [...slowest.values()].map(({ head }) => measure(head, RUNS_TO_BE_SURE)).toSorted((a, b) => b.us - a.us);
  if (save) saveSlowest(sure);
  return report(sure, tried, seed);
}

/** The least of `runs` times, in microseconds. */
function measure(head: SlowHead, runs: number): Measured {
  const bytes = bytesOf(head);
  let us = Infinity;
  let outcome = '';
  for (let run = 0; run < runs; run += 1) {
    path.forget();
    const start = performance.now();
    outcome = path[head.side](bytes);
    us = Math.min(us, (performance.now() - start) * 1000);
  }
  return { head, outcome, bytes: bytes.length, us };
}

/** One of each is kept: of a part, an outcome and a size, so that the long ones do not drive out the others. */
function keyOf({ head, outcome, bytes }: Measured): string {
  return `${head.part} → ${outcome} ${Math.floor(Math.log2(bytes) / 2)}`;
}

function score({ us, bytes }: Measured): number {
  return us / (bytes + FIXED_BYTES);
}

/**
 * How many times as long a head takes as one half of it; the lesser of what the whole and the half show: where a half is
 * read in another way (it ends before a limit) one of the two is high and means nothing. 0: cannot be told.
 */
function growth(head: SlowHead): number {
  const sizes = [head, scaled(head, 0.5), scaled(head, 0.25)];
  let found = sizes.map((size) => measure(size, RUNS));
  // In turns, so that what slows one down slows the others down too.
  for (let turn = 0; turn < RUNS_TO_BE_SURE; turn += RUNS)
    found = found.map((before) => faster(before, measure(before.head, RUNS)));
  const [whole, half, quarter] = found as [Measured, Measured, Measured];
  if (whole.us < MIN_US_FOR_GROWTH || whole.outcome !== half.outcome || half.outcome !== quarter.outcome) return 0;
  return Math.min(timesForTwice(whole, half), timesForTwice(half, quarter));
}

/** As if the one had exactly twice the bytes of the other. */
function timesForTwice(more: Measured, less: Measured): number {
  return more.bytes < less.bytes * 1.5 ? 0 : (more.us / less.us) * (2 / (more.bytes / less.bytes));
}

function faster(a: Measured, b: Measured): Measured {
  return b.us < a.us ? b : a;
}

function report(found: readonly Measured[], tried: number, seed: number): boolean {
  say(
    `slowest: ${tried.toLocaleString('en')} heads tried from ${SEEDS.length} seeds (seed ${seed}); microseconds, bytes, nanoseconds a byte, times a half, what`,
  );
  const tooLong = found.filter(({ us }) => us > MAX_US);
  const growing = found.map((one) => ({ ...one, times: growth(one.head) }));
  for (const { head, outcome, bytes, us, times } of growing.slice(0, SHOWN)) {
    const pieces = head.pieces.map(
      ([unit, count]) =>
        `${JSON.stringify(unit.length > 40 ? `${unit.slice(0, 40)}…` : unit)}${count === 1 ? '' : ` × ${count}`}`,
    );
    say(
      [
        us.toFixed(0).padStart(6),
        String(bytes).padStart(7),
        ((us * 1000) / bytes).toFixed(1).padStart(6),
        times === 0 ? '     ' : times.toFixed(2).padStart(5),
        ` ${head.part} → ${outcome}: ${pieces.join(' ')}`,
      ].join(' '),
    );
  }
  const superlinear = growing.filter(({ times }) => times > MAX_GROWTH);
  for (const { head, outcome, times } of superlinear)
    say(`grows ${times.toFixed(1)} times with twice the bytes: ${head.part} → ${outcome}`);
  say(`${tooLong.length} above ${MAX_US} µs, ${superlinear.length} that grow more than ${MAX_GROWTH} times`);
  return tooLong.length + superlinear.length === 0;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The slowest of each side: what benches and the load on a whole process start from. */
function saveSlowest(found: readonly Measured[]): void {
  const kept = (['request', 'response'] as const).flatMap((side) =>
    found.filter(({ head }) => head.side === side).slice(0, SAVED),
  );
  writeFileSync(SLOWEST_FILE, `[\n${kept.map(({ head }) => ` ${asciiJson(head)}`).join(',\n')}\n]\n`);
}

/** Byte strings in a text file. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
