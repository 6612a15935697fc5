/** A scene is one kind of traffic: how its answers are checked, how it is produced, which figures it gives. */
import type { ListedUrl } from '../../data/url-list.ts';
import type { Origin } from '../origin.ts';
import type { Peer } from '../peers/peer.ts';
import type { Workspace } from '../workspace.ts';

export interface Scene {
  readonly name: string;
  readonly title: string;
  /** The figure that the chart and the targets look at. */
  readonly primary: Metric;
  /** What a reader of its table should know. */
  readonly note?: string;
  /** Where it is measured for some peers only. */
  readonly peers?: readonly string[];
  /** Set-ups of its own that it is measured for in place of the peers; the first is what the others are compared with. */
  readonly setUps?: readonly Peer[];
  /** Throws if an answer through the proxy is not what it must be. */
  readonly check: (target: Target) => Promise<void>;
  /** Requests/s at saturation, asked of every peer before the first round; half of the lowest becomes everybody's pace. */
  readonly saturate?: (target: Target, seconds: number) => Promise<number>;
  readonly warmUp: (target: Target, seconds: number) => Promise<void>;
  readonly measure: (target: Target, seconds: number) => Promise<Figures>;
}

/** A running proxy and what is around it. */
export interface Target {
  readonly proxyPort: number;
  readonly adminPort: number;
  /** Root of the proxy's process tree. */
  readonly pid: number;
  /** The cores it may use. */
  readonly cores: readonly number[];
  /** Milliseconds from its start until it served. */
  readonly readyMs: number;
  /** Requests/s of scenes with `saturate`; 0 otherwise. */
  readonly pace: number;
  readonly holdsList: boolean;
  readonly list: readonly ListedUrl[];
  readonly origin: Origin;
  readonly workspace: Workspace;
}

/** Name, unit and heading of every figure. Lower is better except for rates and counts. */
export const METRICS = {
  cpuUs: { heading: 'CPU µs/request', digits: 1 },
  passedUs: { heading: 'CPU µs/passed request', digits: 1 },
  refusedOverPassed: { heading: 'refused / passed', digits: 2 },
  cpuMsPer100MB: { heading: 'CPU ms/100 MB', digits: 1 },
  growthMB: { heading: 'memory growth MB', digits: 1 },
  driftMB: { heading: 'memory drift MB', digits: 1 },
  perClientKB: { heading: 'KB/client', digits: 1 },
  clients: { heading: 'clients', digits: 0 },
  readyMs: { heading: 'start to ready ms', digits: 0 },
  swapOverCalm: { heading: 'p99 while swapping / before', digits: 2 },
  calmP99Ms: { heading: 'p99 before ms', digits: 2 },
  scrapedOverCalm: { heading: 'worker CPU/request while scraped / not', digits: 3 },
  workerUs: { heading: 'worker CPU µs/request', digits: 1 },
  scrapes: { heading: 'scrapes', digits: 0 },
  reloads: { heading: 'reloads', digits: 0 },
  failed: { heading: 'failed requests', digits: 0 },
  listsResident: { heading: 'lists resident / list', digits: 2 },
  buffersGrown: { heading: 'memory growth / list', digits: 2 },
  medianGrown: { heading: 'memory growth / list, median of turns', digits: 2 },
  originConnections: { heading: 'connections to the origin/request', digits: 2 },
  rps: { heading: 'requests/s', digits: 0 },
  mbPerSecond: { heading: 'MB/s', digits: 0 },
  longestMs: { heading: 'longest wait ms', digits: 1 },
  waves: { heading: 'waves', digits: 0 },
  p50Ms: { heading: 'p50 ms', digits: 2 },
  p99Ms: { heading: 'p99 ms', digits: 2 },
  memoryMB: { heading: 'memory MB', digits: 1 },
  othersPercent: { heading: 'core taken by others %', digits: 0 },
} as const;

export type Metric = keyof typeof METRICS;

/** In the order of their columns. */
export const METRIC_NAMES = Object.keys(METRICS) as readonly Metric[];
export type Figures = Readonly<Partial<Record<Metric, number>>>;
