/** What the proxy must reach, and whether it did. A figure that was not measured is neither reached nor missed. */
import { ratioOf, spreadOf, type Sample } from './samples.ts';
import type { Metric } from './scenes/scene.ts';

interface Target {
  readonly scene: string;
  readonly metric: Metric;
  /** Null: the figure itself, not a ratio. */
  readonly over: string | null;
  readonly limit: number;
  readonly text: string;
}

const OURS = 'cleanfeed';

const TARGETS: readonly Target[] = [
  { scene: 'small', metric: 'cpuUs', over: 'haproxy', limit: 1.5, text: 'CPU per small request ≤ 1.5 × HAProxy' },
  { scene: 'small', metric: 'cpuUs', over: 'squid', limit: 0.5, text: 'CPU per small request ≤ 0.5 × Squid' },
  { scene: 'bulk', metric: 'cpuMsPer100MB', over: 'haproxy', limit: 1.3, text: 'CPU per 100 MB ≤ 1.3 × HAProxy' },
  { scene: 'stalled', metric: 'growthMB', over: null, limit: 20, text: 'memory growth with a stalled reader ≤ 20 MB' },
];

export interface Outcome {
  readonly text: string;
  readonly limit: number;
  readonly measured: { readonly median: number; readonly min: number; readonly max: number } | null;
  readonly result: 'pass' | 'miss' | 'not measured';
}

export function outcomes(samples: readonly Sample[]): Outcome[] {
  return TARGETS.map(({ scene, metric, over, limit, text }) => {
    const measured = over === null ? spreadOf(samples, scene, OURS, metric) : ratioOf(samples, scene, metric, OURS, over);
    if (measured === null) return { text, limit, measured, result: 'not measured' };
    return { text, limit, measured, result: measured.median <= limit ? 'pass' : 'miss' };
  });
}
