/**
 * Measures the micro benches of one version in a process of its own, a round each time it is told to:
 * `micro-process.ts ROOT BENCH…`, over an IPC channel. Case and set-up are the version's own files below ROOT/bench/micro; time is
 * processor time of the whole process, as in bench/micro/harness.ts.
 */
import { join } from 'node:path';
import type { BenchCase, BenchModule } from '../micro/harness.ts';
import type { FromMicro } from './micro.ts';

const NS_PER_US = 1000;
const WARM_UP_NS = 200e6;
const ROUND_NS = 20e6;
/** Of the verdict: the rest is the same work over lists of other sizes. */
const VERDICTS = new Set(
  ['cached host', 'host never seen', 'listed host seen first', 'path that passes', 'path that is blocked'].map(
    (name) => `${name}, 10^6`,
  ),
);

/** Keeps results alive across rounds. */
let sink = 0;

const cases = await wantedCases(process.argv[2] ?? '', process.argv.slice(3));
const iterations = cases.map(({ item }) => warmUp(item));
process.on('message', () =>
  say({ ns: cases.map(({ item }, index) => timed(item, iterations[index]!) / iterations[index]!) }),
);
say({ names: cases.map(({ name }) => name) });

/** What it does is checked before it is measured. */
async function wantedCases(
  root: string,
  benches: readonly string[],
): Promise<readonly { readonly name: string; readonly item: BenchCase }[]> {
  const found: { readonly name: string; readonly item: BenchCase }[] = [];
  for (const file of benches) {
    const module = (await import(join(root, 'bench', 'micro', `${file}.ts`))) as BenchModule;
    const bench = await module.bench?.({ rounds: 1, large: false });
    const wanted = bench?.cases.filter(({ name }) => file !== 'verdict' || VERDICTS.has(name)) ?? [];
    for (const item of wanted) {
      item.check();
      found.push({ name: `${bench!.name}: ${item.name}`, item });
    }
  }
  return found;
}

function warmUp(item: BenchCase): number {
  let [count, spent, last] = [1000, 0, 0];
  while (spent < WARM_UP_NS) {
    last = timed(item, count);
    spent += last;
    if (last < ROUND_NS) count *= 2;
  }
  return Math.max(1000, Math.round((count * ROUND_NS) / Math.max(last, ROUND_NS)));
}

function timed(item: BenchCase, count: number): number {
  const start = process.cpuUsage();
  sink += item.run(count);
  const { user, system } = process.cpuUsage(start);
  return (user + system) * NS_PER_US;
}

function say(message: FromMicro): void {
  process.send?.({ ...message, sink });
}
