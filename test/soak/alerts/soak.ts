/**
 * Healthy traffic for as long as it is told, under the rules and the times that are shipped, as an operator's Prometheus has them. What
 * test/e2e/alerts-quiet.long.test.ts shows of three minutes this shows of real time: what grows slowly is seen too.
 */
import { HealthyFleet } from '../../support/healthy-fleet.ts';
import { runPrometheus, type Prometheus } from '../../support/prometheus.ts';

/** As config/prometheus/rules.yml says. */
const SCRAPE_SECONDS = 15;
const SECOND_MS = 1000;
/** Between two steps of a wait: it ends soon after what it is for. */
const SLICE_MS = 500;
const SCAN_EVERY = 60;
const VERSION_MS = 10 * 60 * SECOND_MS;

export interface AlertSoak {
  readonly seconds: number;
  /** A sentence for each alert that fired, and where. */
  readonly fired: readonly string[];
  /** Alerts that began to wait and did not fire. */
  readonly pending: readonly string[];
  /** What shows that something was looked at: words and figures. */
  readonly seen: readonly (readonly [words: string, figures: string])[];
  /** Of `seen`, what was not there. */
  readonly missing: readonly string[];
}

export interface AlertSoakSetup {
  readonly seconds: number;
  /** It ends early, and tells what was seen until then. */
  readonly signal?: AbortSignal;
  /** @param done the part that is over, 0 to 1 */
  readonly onProgress?: (done: number) => void;
  /** Told once of each alert, when it is first seen to fire. */
  readonly onFired?: (alert: string) => void;
}

/** Each of these must have something to show, for both nodes: a Prometheus that sees nothing is quiet too. */
const SHOWN: readonly (readonly [words: string, expression: (range: string) => string])[] = [
  ['scrapes', (range) => `count_over_time(up{job="cleanfeed"}[${range}])`],
  ['requests', (range) => `sum by (instance) (increase(cleanfeed_requests_total[${range}]))`],
  ['refused', (range) => `sum by (instance) (increase(cleanfeed_requests_total{verdict="block"}[${range}]))`],
  ['failed at their origin', (range) => `sum by (instance) (increase(cleanfeed_upstream_errors_total[${range}])) > 0`],
  ['questions for names', (range) => `sum by (instance) (increase(cleanfeed_dns_queries_total[${range}]))`],
  ['self-tests that went well', () => 'cleanfeed_selftest_success == 1'],
  ['new versions of lists', (range) => `sum by (instance) (changes(cleanfeed_list_entries[${range}]))`],
  ['rounds of the guard', (range) => `sum by (instance) (increase(cleanfeed_guard_probes_total[${range}]))`],
  ['MiB resident, first', (range) => `min_over_time(process_resident_memory_bytes[${range}]) / 2^20`],
  ['MiB resident, most', (range) => `max_over_time(process_resident_memory_bytes[${range}]) / 2^20`],
];

export async function soakAlerts({ seconds, signal, onProgress, onFired }: AlertSoakSetup): Promise<AlertSoak> {
  await using fleet = await HealthyFleet.start({ selfTest: '15m' });
  await using prometheus = await runPrometheus({
    seconds: SCRAPE_SECONDS,
    scrapes: [
      scrape(
        'cleanfeed',
        fleet.nodes.map(({ proxy }) => proxy.adminPort),
      ),
      scrape(
        'cleanfeed-guard',
        fleet.nodes.map(({ guardPort }) => guardPort),
      ),
    ],
  });
  const startedAt = performance.now();
  const failed = new AbortController();
  const isOver = (): boolean =>
    failed.signal.aborted || signal?.aborted === true || performance.now() - startedAt >= seconds * SECOND_MS;
  const known = new Set<string>();
  const every = async (pauseMs: number, step: (round: number) => Promise<void>): Promise<void> => {
    try {
      for (let round = 0; !isOver(); round++) {
        await step(round);
        await pause(pauseMs, isOver);
      }
    } catch (error) {
      failed.abort();
      throw error;
    }
  };
  await Promise.all([
    ...fleet.nodes.flatMap((node) => [
      every(SECOND_MS, async (round) => await fleet.customers(node, round)),
      every(SECOND_MS, async (round) => await fleet.checks(node, round % SCAN_EVERY === 0)),
    ]),
    every(VERSION_MS, async (round) => {
      if (round > 0) await fleet.newVersions(round);
    }),
    every(SCRAPE_SECONDS * SECOND_MS, async () => {
      onProgress?.(Math.min(1, (performance.now() - startedAt) / (seconds * SECOND_MS)));
      for (const alert of await firingNow(prometheus)) {
        if (!known.has(alert)) onFired?.(alert);
        known.add(alert);
      }
    }),
  ]);
  return await result(prometheus, Math.ceil((performance.now() - startedAt) / SECOND_MS));
}

function scrape(job: string, ports: readonly number[]): object {
  return { job_name: job, static_configs: [{ targets: ports.map((port) => `127.0.0.1:${port}`) }] };
}

async function pause(milliseconds: number, isOver: () => boolean): Promise<void> {
  const until = performance.now() + milliseconds;
  for (let left = milliseconds; left > 0 && !isOver(); left = until - performance.now())
    await new Promise((resolve) => setTimeout(resolve, Math.min(SLICE_MS, left)));
}

async function firingNow(prometheus: Prometheus): Promise<readonly string[]> {
  return (await prometheus.query('ALERTS{alertstate="firing"}')).map(({ metric }) => named(metric));
}

async function result(prometheus: Prometheus, seconds: number): Promise<AlertSoak> {
  const range = `${seconds}s`;
  const states = async (state: string): Promise<Map<string, number>> => {
    const found = await prometheus.query(`count_over_time(ALERTS{alertstate="${state}"}[${range}])`);
    return new Map(found.map(({ metric, value }) => [named(metric), Number(value[1]) * SCRAPE_SECONDS]));
  };
  const [firing, waiting] = [await states('firing'), await states('pending')];
  const seen: [string, string][] = [];
  const missing: string[] = [];
  for (const [words, expression] of SHOWN) {
    const samples = await prometheus.query(expression(range));
    seen.push([words, samples.map(({ value }) => Math.round(Number(value[1]))).join(', ')]);
    if (samples.length < 2 || samples.some(({ value }) => !(Number(value[1]) > 0))) missing.push(words);
  }
  return {
    seconds,
    fired: [...firing].map(([alert, time]) => `${alert}: for ${time} s`),
    pending: [...waiting].filter(([alert]) => !firing.has(alert)).map(([alert, time]) => `${alert}: for ${time} s`),
    seen,
    missing,
  };
}

/** Its name, and where: by its labels, without those that say no more. */
function named(metric: Readonly<Record<string, string>>): string {
  const { alertname = '' } = metric;
  const labels = Object.entries(metric).filter(
    ([name]) => !['__name__', 'alertname', 'alertstate', 'job', 'severity'].includes(name),
  );
  return `${alertname} (${labels.map(([name, value]) => `${name} ${value}`).join(', ')})`;
}
