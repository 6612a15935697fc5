/** A scene is one kind of traffic: how its answers are checked, how it is produced, which figures it gives. */
import type { ListedUrl } from '../../data/url-list.ts';
import type { Origin } from '../origin.ts';
import type { Workspace } from '../workspace.ts';

export interface Scene {
  readonly name: string;
  readonly title: string;
  /** The figure that the chart and the targets look at. */
  readonly primary: Metric;
  /** Where it is measured for some peers only. */
  readonly peers?: readonly string[];
  /** Throws if an answer through the proxy is not what it must be. */
  readonly check: (target: Target) => Promise<void>;
  readonly warmUp: (target: Target, seconds: number) => Promise<void>;
  readonly measure: (target: Target, seconds: number) => Promise<Figures>;
}

/** A running proxy and what is around it. */
export interface Target {
  readonly proxyPort: number;
  /** Root of the proxy's process tree. */
  readonly pid: number;
  readonly holdsList: boolean;
  readonly list: readonly ListedUrl[];
  readonly origin: Origin;
  readonly workspace: Workspace;
}

/** Name, unit and heading of every figure. Lower is better except for rates. */
export const METRICS = {
  cpuUs: { heading: 'CPU µs/request', digits: 1 },
  cpuMsPer100MB: { heading: 'CPU ms/100 MB', digits: 1 },
  rps: { heading: 'requests/s', digits: 0 },
  mbPerSecond: { heading: 'MB/s', digits: 0 },
  p50Ms: { heading: 'p50 ms', digits: 2 },
  p99Ms: { heading: 'p99 ms', digits: 2 },
  memoryMB: { heading: 'memory MB', digits: 1 },
  othersPercent: { heading: 'core taken by others %', digits: 0 },
  growthMB: { heading: 'memory growth MB', digits: 1 },
} as const;

export type Metric = keyof typeof METRICS;

/** In the order of their columns. */
export const METRIC_NAMES = ['cpuUs', 'cpuMsPer100MB', 'growthMB', 'rps', 'mbPerSecond', 'p50Ms', 'p99Ms', 'memoryMB', 'othersPercent'] as const satisfies readonly Metric[];
export type Figures = Readonly<Partial<Record<Metric, number>>>;
