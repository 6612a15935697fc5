/**
 * What the proxy must reach, what it aims at beyond that, and whether it did. A figure that was not measured is neither
 * reached nor missed.
 */
import { ratioOf, spreadOf, type Sample } from './samples.ts';
import { ONE_WORKER, TWO_NGINX, TWO_ON_ONE, TWO_ON_TWO, TWO_THREADS } from './scenes/cores.ts';
import { IDLE } from './scenes/idle.ts';
import { EIGHT_WORKERS } from './scenes/metrics-page.ts';
import { PROTECTED } from './scenes/protected-updates.ts';
import { RELOADING } from './scenes/reload.ts';
import { SCRAPED } from './scenes/scraped.ts';
import type { Metric } from './scenes/scene.ts';
import { TWO_WORKERS } from './scenes/standing.ts';

interface Target {
  readonly scene: string;
  readonly metric: Metric;
  /** Whose figure; `cleanfeed` unless told. */
  readonly of?: string;
  /** Null: the figure itself, not a ratio. */
  readonly over: string | null;
  /** Null: nothing is asked, it stands beside another one. */
  readonly limit: number | null;
  readonly text: string;
  /** Not demanded: how far it is. */
  readonly isAim?: true;
}

const TARGETS: readonly Target[] = [
  { scene: 'small', metric: 'cpuUs', over: 'haproxy', limit: 1.3, text: 'CPU per small request ≤ 1.3 × HAProxy' },
  {
    scene: 'small',
    metric: 'cpuUs',
    over: 'haproxy',
    limit: 1.15,
    text: 'CPU per small request ≤ 1.15 × HAProxy',
    isAim: true,
  },
  {
    scene: 'small',
    metric: 'cpuUs',
    over: 'nginx',
    limit: 1,
    text: 'CPU per small request ≤ 1.0 × nginx',
    isAim: true,
  },
  { scene: 'small', metric: 'cpuUs', over: 'squid', limit: 0.4, text: 'CPU per small request ≤ 0.4 × Squid' },
  { scene: 'medium', metric: 'cpuUs', over: 'haproxy', limit: 1.2, text: 'CPU per 16 KB response ≤ 1.2 × HAProxy' },
  {
    scene: 'browser',
    metric: 'cpuUs',
    over: 'haproxy',
    limit: 1.25,
    text: 'CPU per request with the head of a browser ≤ 1.25 × HAProxy',
  },
  {
    scene: 'browser',
    metric: 'cpuUs',
    over: 'haproxy',
    limit: 1.15,
    text: 'CPU per request with the head of a browser ≤ 1.15 × HAProxy',
    isAim: true,
  },
  {
    scene: 'browser',
    metric: 'cpuUs',
    over: 'nginx',
    limit: 1.1,
    text: 'CPU per request with the head of a browser ≤ 1.1 × nginx',
  },
  {
    scene: 'browser',
    metric: 'cpuUs',
    over: 'nginx',
    limit: 1,
    text: 'CPU per request with the head of a browser ≤ 1.0 × nginx',
    isAim: true,
  },
  {
    scene: 'upload',
    metric: 'cpuUs',
    over: 'haproxy',
    limit: 1.3,
    text: 'CPU per request with a 16 KB body ≤ 1.3 × HAProxy',
  },
  { scene: 'connection', metric: 'cpuUs', over: 'haproxy', limit: 1.8, text: 'CPU per new connection ≤ 1.8 × HAProxy' },
  {
    scene: 'connection',
    metric: 'cpuUs',
    over: 'haproxy',
    limit: 1.5,
    text: 'CPU per new connection ≤ 1.5 × HAProxy',
    isAim: true,
  },
  {
    scene: 'posts',
    metric: 'cpuUs',
    over: 'haproxy',
    limit: null,
    text: 'CPU per POST of a new client, on a connection of its own to the origin / HAProxy, which shares them',
  },
  {
    scene: 'suspect',
    metric: 'cpuUs',
    over: 'haproxy',
    limit: 1.5,
    text: 'CPU per request of suspect traffic ≤ 1.5 × HAProxy',
  },
  { scene: 'bulk', metric: 'cpuMsPer100MB', over: 'haproxy', limit: 1.1, text: 'CPU per 100 MB ≤ 1.1 × HAProxy' },
  {
    scene: 'refused',
    metric: 'refusedOverPassed',
    over: null,
    limit: 1,
    text: 'CPU per refused request ≤ that of a passed one',
  },
  {
    scene: 'half',
    metric: 'p99Ms',
    over: 'haproxy',
    limit: 1.5,
    text: 'p99 at half of the saturation load ≤ 1.5 × HAProxy',
  },
  {
    scene: 'cores',
    metric: 'cpuUs',
    of: TWO_ON_ONE,
    over: ONE_WORKER,
    limit: 1.05,
    text: 'CPU per request, 2 workers on one core ≤ 1.05 × 1 worker',
  },
  {
    scene: 'cores',
    metric: 'cpuUs',
    of: TWO_THREADS,
    over: 'haproxy',
    limit: null,
    text: 'CPU per request, 2 threads of HAProxy on one core / 1 thread',
  },
  {
    scene: 'cores',
    metric: 'cpuUs',
    of: TWO_NGINX,
    over: 'nginx',
    limit: null,
    text: 'CPU per request, 2 workers of nginx on one core / 1 worker',
  },
  {
    scene: 'fewer',
    metric: 'cpuUs',
    of: TWO_ON_ONE,
    over: ONE_WORKER,
    limit: 1.05,
    text: 'CPU per request, 2 workers on one core ≤ 1.05 × 1 worker, half the connections for each',
    isAim: true,
  },
  { scene: 'fewer', metric: 'cpuUs', of: TWO_THREADS, over: 'haproxy', limit: null, text: 'the same, HAProxy' },
  { scene: 'fewer', metric: 'cpuUs', of: TWO_NGINX, over: 'nginx', limit: null, text: 'the same, nginx' },
  {
    scene: 'cores',
    metric: 'cpuUs',
    of: TWO_ON_TWO,
    over: ONE_WORKER,
    limit: 1.15,
    text: 'CPU per request, 2 workers on two cores ≤ 1.15 × 1 worker',
  },
  {
    scene: 'reload',
    metric: 'swapOverCalm',
    of: RELOADING,
    over: null,
    limit: 2,
    text: 'p99 while lists are swapped ≤ 2 × before',
  },
  {
    scene: 'reload',
    metric: 'listsResident',
    of: RELOADING,
    over: null,
    limit: 2,
    text: 'resident memory of the lists during reloads ≤ the two buffers',
  },
  {
    scene: 'reload',
    metric: 'buffersGrown',
    of: RELOADING,
    over: null,
    limit: 1,
    text: 'memory growth of the whole process during reloads ≤ the second buffer',
  },
  {
    scene: 'protected',
    metric: 'buffersGrown',
    of: PROTECTED,
    over: null,
    limit: 1.05,
    text: 'memory growth of the whole process during 100 updates of a protected list ≤ 1.05 lists',
  },
  {
    scene: 'protected',
    metric: 'failed',
    of: PROTECTED,
    over: null,
    limit: 0,
    text: 'requests that failed during 100 updates of a protected list: 0',
  },
  { scene: 'standing', metric: 'readyMs', of: TWO_WORKERS, over: null, limit: 1500, text: 'start to ready ≤ 1500 ms' },
  {
    scene: 'standing',
    metric: 'memoryMB',
    of: TWO_WORKERS,
    over: 'haproxy',
    limit: 0.5,
    text: 'steady memory with two workers ≤ 0.5 × HAProxy',
  },
  {
    scene: 'idle',
    metric: 'perClientKB',
    of: IDLE,
    over: null,
    limit: 12,
    text: 'memory of an idle keep-alive client ≤ 12 KB',
  },
  {
    scene: 'metrics',
    metric: 'p99Ms',
    of: EIGHT_WORKERS,
    over: null,
    limit: 20,
    text: '/metrics with 8 workers ≤ 20 ms (p99)',
  },
  {
    scene: 'scraped',
    metric: 'scrapedOverCalm',
    of: SCRAPED,
    over: null,
    limit: 1.03,
    text: 'CPU of 8 workers per request with 10 scrapes a second ≤ 1.03 × without',
  },
  { scene: 'stalled', metric: 'growthMB', over: null, limit: 20, text: 'memory growth with a stalled reader ≤ 20 MB' },
];

export interface Outcome {
  readonly text: string;
  readonly limit: number | null;
  readonly isAim: boolean;
  readonly measured: { readonly median: number; readonly min: number; readonly max: number } | null;
  readonly result: 'pass' | 'miss' | 'not measured' | 'for comparison';
}

export function outcomes(samples: readonly Sample[]): Outcome[] {
  return TARGETS.map(({ scene, metric, of = 'cleanfeed', over, limit, text, isAim = false }) => {
    const measured = over === null ? spreadOf(samples, scene, of, metric) : ratioOf(samples, scene, metric, of, over);
    if (measured === null) return { text, limit, isAim, measured, result: 'not measured' };
    if (limit === null) return { text, limit, isAim, measured, result: 'for comparison' };
    return { text, limit, isAim, measured, result: measured.median <= limit ? 'pass' : 'miss' };
  });
}
