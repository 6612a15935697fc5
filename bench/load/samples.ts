/** What a run measured, and how it is looked at: by scene, peer and metric, over all rounds. */
import type { Figures, Metric } from './scenes/scene.ts';
import { spread, type Spread } from './statistics.ts';

export interface Sample {
  readonly scene: string;
  readonly peer: string;
  readonly round: number;
  readonly figures: Figures;
}

export function spreadOf(samples: readonly Sample[], scene: string, peer: string, metric: Metric): Spread | null {
  return spread([...valuesByRound(samples, scene, peer, metric).values()]);
}

/** `a` over `b`, round by round: both were measured within a minute, so slow drift of the machine cancels out. */
export function ratioOf(
  samples: readonly Sample[],
  scene: string,
  metric: Metric,
  a: string,
  b: string,
): Spread | null {
  const over = valuesByRound(samples, scene, b, metric);
  const ratios: number[] = [];
  for (const [round, value] of valuesByRound(samples, scene, a, metric)) {
    const other = over.get(round);
    if (other !== undefined && other > 0) ratios.push(value / other);
  }
  return spread(ratios);
}

function valuesByRound(samples: readonly Sample[], scene: string, peer: string, metric: Metric): Map<number, number> {
  const values = new Map<number, number>();
  for (const sample of samples) {
    const value = sample.figures[metric];
    if (sample.scene === scene && sample.peer === peer && value !== undefined) values.set(sample.round, value);
  }
  return values;
}
