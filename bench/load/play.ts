/**
 * One scene: round by round, start a peer, check its answers (first round), warm it up, measure, stop it; then the next
 * peer. A peer that gives a wrong answer or breaks is out of the scene, with a remark; the others go on.
 */
import { withRunning, type Entrant, type PeerSetup } from './field.ts';
import type { Options } from './options.ts';
import type { Progress } from './progress.ts';
import type { Sample } from './samples.ts';
import type { Scene, Target } from './scenes/scene.ts';
import { rotated } from './schedule.ts';

/** A JIT is not done sooner; what is measured is a proxy that has been running. */
const WARM_UP_SECONDS = 3;

export interface Play {
  readonly options: Options;
  readonly setup: PeerSetup;
  readonly entrants: readonly Entrant[];
  readonly progress: Progress;
  /** Appended to. */
  readonly failures: string[];
}

export async function playScene(scene: Scene, play: Play): Promise<Sample[]> {
  const { options, progress } = play;
  const samples: Sample[] = [];
  const out = new Set<Entrant>();
  const pace = await commonPace(scene, play, out);
  for (let round = 0; round < options.rounds; round++) {
    for (const entrant of rotated(play.entrants, round)) {
      const peer = entrant.peer.name;
      progress.step(`${scene.name}, round ${round + 1}: ${peer}`);
      if (out.has(entrant)) continue;
      const figures = await attempt(scene, play, { entrant, pace, out }, async (target) => {
        if (round === 0) await scene.check(target);
        await scene.warmUp(target, Math.min(WARM_UP_SECONDS, options.seconds));
        return scene.measure(target, options.seconds);
      });
      if (figures !== null) samples.push({ scene: scene.name, peer, round, figures });
    }
  }
  return samples;
}

/** Requests/s: half of what the slowest reaches; 0 where the scene has no pace. */
async function commonPace(scene: Scene, play: Play, out: Set<Entrant>): Promise<number> {
  const { saturate } = scene;
  if (saturate === undefined) return 0;
  let lowest = Infinity;
  for (const entrant of play.entrants) {
    const rate = await attempt(scene, play, { entrant, pace: 0, out }, (target) =>
      saturate(target, play.options.seconds),
    );
    lowest = Math.min(lowest, rate ?? Infinity);
  }
  return lowest / 2;
}

interface Turn {
  readonly entrant: Entrant;
  readonly pace: number;
  /** Who has failed is added. */
  readonly out: Set<Entrant>;
}

/** Null: it failed. */
async function attempt<T>(
  scene: Scene,
  { setup, failures, progress }: Play,
  { entrant, pace, out }: Turn,
  use: (target: Target) => Promise<T>,
): Promise<T | null> {
  try {
    return await withRunning(entrant, setup, pace, use);
  } catch (error) {
    out.add(entrant);
    const message = `${entrant.peer.name}, scene ${scene.name}: ${error instanceof Error ? error.message : String(error)}`;
    failures.push(message);
    progress.remark(message);
    return null;
  }
}
