/**
 * What `/metrics` costs those who carry the traffic: processor time of the data threads alone, per request, while the page
 * is asked ten times a second (Prometheus asks four times a minute), against windows without, in turn.
 */
import { cleanfeedPeer } from '../peers/cleanfeed.ts';
import { cpuBetween, readCpu } from '../process-tree.ts';
import { pause } from '../processes.ts';
import { demand } from './checks.ts';
import { atPace, halfLoad } from './half-load.ts';
import { scrape } from './metrics-page.ts';
import type { Scene, Target } from './scene.ts';
import { runLoad } from './window.ts';

export const SCRAPED = 'cleanfeed, scraped';
const PAUSE_MS = 100;
/** Pairs of windows: what drifts is in both. */
const PAIRS = 3;
/** src/workers/data-worker.ts names them. */
const DATA_THREADS = 'data-';

export const scraped: Scene = {
  name: 'scraped',
  title: 'the workers while /metrics is asked for',
  primary: 'scrapedOverCalm',
  note: `Pace: half of the load that saturates it. ${PAIRS} pairs of windows in turn; eight workers and the control thread on one core.`,
  setUps: [cleanfeedPeer({ name: SCRAPED, note: 'eight workers on core 1, scraped', workers: 8 })],
  check: halfLoad.check,
  saturate: halfLoad.saturate!,
  warmUp: halfLoad.warmUp,
  measure: async (target, seconds) => {
    const calm: Window[] = [];
    const busy: Window[] = [];
    let scrapes = 0;
    for (let pair = 0; pair < PAIRS; pair++) {
      calm.push(await workersDuring(target, seconds));
      const scraper = keepScraping(target);
      busy.push(await workersDuring(target, seconds));
      scrapes += await scraper.stop();
    }
    demand(scrapes > 0, 'no page came');
    return { scrapedOverCalm: perRequest(busy) / perRequest(calm), workerUs: perRequest(calm) / 1000, scrapes };
  },
};

interface Window {
  readonly cpuNs: number;
  readonly requests: number;
}

async function workersDuring(target: Target, seconds: number): Promise<Window> {
  const before = readCpu(target.pid, DATA_THREADS);
  const { rps } = await runLoad(atPace(target), target, seconds);
  return { cpuNs: cpuBetween(before, readCpu(target.pid, DATA_THREADS)), requests: rps * seconds };
}

function perRequest(windows: readonly Window[]): number {
  const sum = (of: (window: Window) => number): number => windows.reduce((total, window) => total + of(window), 0);
  return sum(({ cpuNs }) => cpuNs) / sum(({ requests }) => requests);
}

function keepScraping(target: Target): { readonly stop: () => Promise<number> } {
  const stopping = new AbortController();
  const running = (async (): Promise<number> => {
    let scrapes = 0;
    for (; !stopping.signal.aborted; scrapes++) {
      await scrape(target);
      await pause(PAUSE_MS);
    }
    return scrapes;
  })();
  // Whoever stops it learns of its failure; until then it must not end the bench.
  running.catch(() => {});
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}
