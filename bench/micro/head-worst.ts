/**
 * The worst heads that the search has found (`npm run fuzz -- slowest`), each through everything that happens before another
 * connection gets its turn: none may take a millisecond (requirement 60). Time on the clock, the least of several runs a
 * sample: a head is too rare for processor time to tell.
 */
import { bytesOf, slowestHeads } from '../heads/pieces.ts';
import type { SlowHead } from '../heads/pieces.ts';
import { WholePath } from '../heads/whole-path.ts';
import type { RunOptions } from './harness.ts';
import { figure } from './report/figure.ts';
import type { Figure } from './report/figure.ts';

const BENCH = 'worst heads';
const MAX_NS = 1_000_000;
const WARM_UP_RUNS = 20;
const RUNS_A_SAMPLE = 5;

export function figures({ rounds }: RunOptions): readonly Figure[] {
  const path = new WholePath();
  const heads = slowestHeads();
  if (heads.length === 0) throw new Error('there are no heads in bench/heads/slowest.json');
  for (const head of heads) for (let run = 0; run < WARM_UP_RUNS; run += 1) timed(path, head, bytesOf(head));
  return heads.map((head, i) => {
    const bytes = bytesOf(head);
    const samples = Array.from({ length: rounds }, () => leastOf(path, head, bytes));
    return figure(
      {
        bench: BENCH,
        name: `${i + 1}. ${head.side}, ${head.part}, ${bytes.length.toLocaleString('en')} bytes: ${path[head.side](bytes)}`,
        unit: 'ns',
        target: MAX_NS,
      },
      samples,
    );
  });
}

function leastOf(path: WholePath, head: SlowHead, bytes: Buffer): number {
  let least = Infinity;
  for (let run = 0; run < RUNS_A_SAMPLE; run += 1) least = Math.min(least, timed(path, head, bytes));
  return least;
}

function timed(path: WholePath, { side }: SlowHead, bytes: Buffer): number {
  path.forget();
  const start = process.hrtime.bigint();
  path[side](bytes);
  return Number(process.hrtime.bigint() - start);
}
