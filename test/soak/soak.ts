/**
 * The soak itself, as `npm run soak` and the tests run it:
 *
 *   start ─▶ warm-up under load ─▶ rest: measure ─▶ load ─▶ rest: measure, compare
 *
 * The load bounds itself; nothing leaves the loopback interface.
 */
import { seededRandom } from '../../bench/data/seeded-random.ts';
import { eventually } from '../support/eventually.ts';
import { Resources } from '../support/resources.ts';
import { growth, leftovers } from './assess.ts';
import { Churn } from './churn.ts';
import { startField } from './field.ts';
import type { Field } from './field.ts';
import { Load } from './load.ts';
import { pause } from './mixes/mix.ts';
import { collectGarbage, takeSample } from './sample.ts';
import type { Sample } from './sample.ts';

export interface SoakOptions {
  /** All in all, about. */
  readonly seconds: number;
  readonly seed: number;
  /** It goes on until each mix has been right so often, however long that takes; 0 unless told. */
  readonly leastOfEach?: number;
  /** The first wrong answer ends it. */
  readonly stopsAtWrong?: boolean;
  /** Told every second. */
  readonly onProgress?: (done: number, text: string) => void;
}

export interface SoakResult {
  readonly seconds: number;
  readonly seed: number;
  readonly node: string;
  /** Answers checked and right, by mix. */
  readonly checked: Readonly<Record<string, number>>;
  readonly total: number;
  readonly retried: number;
  readonly wrong: number;
  readonly failures: readonly string[];
  readonly reloads: Churn['counts'];
  /** At rest: after the warm-up, and at the end. */
  readonly before: Sample;
  readonly after: Sample;
  /** Counts that are not where they were; empty: all are. */
  readonly leftovers: readonly string[];
  /** Memory that has grown. */
  readonly growth: readonly string[];
  readonly samples: readonly Sample[];
}

const WARM_UP = { share: 0.25, leastMs: 5000, mostMs: 60_000 };
const MAX_SAMPLES = 600;
/** Looks, half a second apart, for which nothing may change at rest. */
const LOOKS_AT_REST = 4;
const LOOK_MS = 500;
const MAX_LOOKS = 60;

export async function soak(options: SoakOptions): Promise<SoakResult> {
  const resources = new Resources();
  try {
    return await run(await startField(resources), options);
  } finally {
    await resources.end();
  }
}

async function run(field: Field, options: SoakOptions): Promise<SoakResult> {
  const { seconds, seed } = options;
  const startedAt = performance.now();
  const warmUpMs = Math.min(WARM_UP.mostMs, Math.max(WARM_UP.leastMs, seconds * 1000 * WARM_UP.share));
  const churn = new Churn(field, seededRandom(seed));
  // However it ends, nothing is asked of processes that are gone.
  await using samples = new Sampler(field, startedAt, options);
  const underLoad = async (phase: number, isEnough: () => boolean): Promise<void> => {
    await using _load = new Load(field, churn, seed, phase);
    while (!isEnough() && !(options.stopsAtWrong === true && field.ledger.wrongs > 0)) await pause(LOOK_MS);
  };
  const hasPassed = (milliseconds: number): boolean => performance.now() - startedAt > milliseconds;
  await underLoad(1, () => hasPassed(warmUpMs));
  const before = await atRest(field, startedAt);
  await underLoad(2, () => hasPassed(seconds * 1000) && hasEnough(field, churn, options));
  const after = await atRest(field, startedAt, before);
  const { checked, total, retried, wrongs: wrong, failures } = field.ledger;
  return {
    seconds: Math.round((performance.now() - startedAt) / 1000),
    seed,
    node: process.version,
    checked,
    total,
    retried,
    wrong,
    failures,
    reloads: churn.counts,
    before,
    after,
    leftovers: leftovers(before, after),
    growth: growth(before, after),
    samples: samples.taken,
  };
}

function hasEnough({ ledger }: Field, { counts }: Churn, { leastOfEach = 0 }: SoakOptions): boolean {
  return (
    Math.min(...Object.values(ledger.checked)) >= leastOfEach &&
    (leastOfEach === 0 || Math.min(...Object.values(counts)) > 0)
  );
}

/**
 * When the last connection is gone and descriptors have come to rest, with the garbage collected. `before`: what it should be
 * again; timers and descriptors of an update that is under way may take a moment more.
 */
async function atRest(field: Field, startedAt: number, before: Sample | null = null): Promise<Sample> {
  await eventually(
    'no connection is left',
    async () => await takeSample(field, startedAt),
    ({ clients, upstreams }) => clients === 0 && upstreams === 0,
  );
  let [same, last] = [0, -1];
  while (same < LOOKS_AT_REST) {
    const { descriptors } = await takeSample(field, startedAt);
    same = descriptors === last ? same + 1 : 0;
    last = descriptors;
    await pause(LOOK_MS);
  }
  for (let looks = 0; ; looks++) {
    const sample = await takeSample(field, startedAt, await collectGarbage(field));
    if (before === null || leftovers(before, sample).length === 0 || looks === MAX_LOOKS) return sample;
    await pause(LOOK_MS);
  }
}

/** One sample a second, fewer in a long soak. */
class Sampler implements AsyncDisposable {
  readonly taken: Sample[] = [];
  readonly #loop: Promise<void>;
  readonly #stopped = Promise.withResolvers<void>();
  #isStopped = false;

  constructor(field: Field, startedAt: number, { seconds, onProgress }: SoakOptions) {
    this.#loop = (async () => {
      const everyMs = Math.max(1000, (seconds * 1000) / MAX_SAMPLES);
      while (!this.#isStopped) {
        const sample = await takeSample(field, startedAt);
        this.taken.push(sample);
        onProgress?.(sample.at / seconds, `${field.ledger.total} answers right, ${field.ledger.wrongs} wrong`);
        await Promise.race([pause(everyMs), this.#stopped.promise]);
      }
    })();
    // Where the process has died, that is told by whoever awaits the end.
    this.#loop.catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    this.#stopped.resolve();
    await this.#loop;
  }
}
