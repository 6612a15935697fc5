/** How long `/metrics` takes with eight workers, asked again and again over one connection. */
import { cleanfeedPeer } from '../peers/cleanfeed.ts';
import { small } from './keep-alive.ts';
import { demand } from './checks.ts';
import type { Scene, Target } from './scene.ts';

export const EIGHT_WORKERS = 'cleanfeed, 8 workers';
const TIMES = 200;

export const metricsPage: Scene = {
  name: 'metrics',
  title: '/metrics with 8 workers',
  primary: 'p99Ms',
  note: `${TIMES} times, one after the other; eight workers and the control thread on one core.`,
  setUps: [cleanfeedPeer({ name: EIGHT_WORKERS, note: 'eight workers on core 1', workers: 8 })],
  check: small.check,
  warmUp: async (target, seconds) => {
    await small.warmUp(target, seconds);
    for (let at = 0; at < TIMES; at++) await scrape(target);
  },
  measure: async (target) => {
    const times: number[] = [];
    for (let at = 0; at < TIMES; at++) times.push(await scrape(target));
    const sorted = times.toSorted((a, b) => a - b);
    return { p50Ms: sorted[TIMES / 2]!, p99Ms: sorted[Math.ceil(TIMES * 0.99) - 1]! };
  },
};

/** Milliseconds until the whole page was there. */
export async function scrape({ adminPort }: Target): Promise<number> {
  const began = performance.now();
  const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`);
  const text = await response.text();
  const took = performance.now() - began;
  demand(response.ok && text.includes('cleanfeed_requests_total'), `/metrics answers ${response.status}`);
  return took;
}
