/**
 * One pair under load: `serve` of both versions on the proxy's core, the same load for each in turns, CPU of the whole process
 * (all threads) per request, or per 100 MB. Scenes, their checks and their load generator are those of the load bench.
 */
import { withRunning, type Entrant, type PeerSetup } from '../load/field.ts';
import type { Scene, Target } from '../load/scenes/scene.ts';
import type { Pair } from './ratio.ts';

/** A JIT is not done sooner. */
const WARM_UP_SECONDS = 2;

export interface LoadPair extends Pair {
  /** Share of the proxy's core that somebody else took. */
  readonly othersPercent: number;
}

export interface Versions {
  readonly base: Entrant;
  readonly now: Entrant;
}

/** The first figure of each scene. `isFirst`: answers are checked before anything is measured; `isReversed`: B A A B. */
export async function loadPair(
  { base, now }: Versions,
  setup: PeerSetup,
  play: { readonly scenes: readonly Scene[]; readonly seconds: number; readonly pair: number },
): Promise<ReadonlyMap<string, LoadPair>> {
  const measured = new Map<string, LoadPair>();
  await withRunning(base, setup, 0, async (ofBase) => {
    await withRunning(now, setup, 0, async (ofNow) => {
      for (const scene of play.scenes) measured.set(scene.name, await measureScene(scene, [ofBase, ofNow], play));
    });
  });
  return measured;
}

async function measureScene(
  scene: Scene,
  targets: readonly [Target, Target],
  { seconds, pair }: { readonly seconds: number; readonly pair: number },
): Promise<LoadPair> {
  for (const target of targets) {
    if (pair === 0) await scene.check(target);
    await scene.warmUp(target, WARM_UP_SECONDS);
  }
  const means = [0, 0];
  let others = 0;
  const order = pair % 2 === 0 ? ([0, 1, 1, 0] as const) : ([1, 0, 0, 1] as const);
  for (const which of order) {
    const figures = await scene.measure(targets[which], seconds);
    const figure = figures[scene.primary];
    if (figure === undefined) throw new Error(`scene ${scene.name} measures no CPU`);
    means[which]! += figure / 2;
    others += (figures.othersPercent ?? 0) / order.length;
  }
  return { base: means[0]!, now: means[1]!, othersPercent: others };
}
