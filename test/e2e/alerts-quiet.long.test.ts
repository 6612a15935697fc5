/**
 * What must wake nobody (test/support/healthy-fleet.ts). Three minutes of it are looked at twice:
 *
 *   live       the rules in short time (test/support/scaled-rules.ts), in which three minutes are more than an hour of most of them
 *   recorded   what was scraped, put end to end until it is an hour, by the shipped rules in full (promtool test rules)
 *
 * An hour of real time, in which lists get new versions too: `npm run soak:alerts`.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AlertWatch } from '../support/alert-watch.ts';
import { eventually } from '../support/eventually.ts';
import { HealthyFleet } from '../support/healthy-fleet.ts';
import { aSecond, during } from '../support/paced.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { RULES } from '../support/prometheus.ts';
import { SHOWN_ALERTS } from '../support/shown-alerts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Scrapes of what is recorded, one after each of this many rounds. */
const SCRAPES = 48;
const ROUNDS = 4;
/** Between two scrapes in what is put end to end: 240 of them are an hour. */
const STEP_SECONDS = 15;
const REPEATED = 5;
/** In this order: an alert sees what was recorded at the same time. */
const GROUPS = ['cleanfeed.rules', 'cleanfeed.alerts'];

/**
 * In short time, what a healthy process shows that gets no processor for seconds. It is the machine's fault if the guards, which do next to
 * nothing, answered late too. That a node answers, each look at `/readyz` asks all the same; how fast, the recorded hour.
 */
const OF_TIME: readonly string[] = ['CleanfeedDown', 'CleanfeedGuardDown', 'CleanfeedHighLatency'];
const LATE_SECONDS = 0.1;

type Scrape = ReadonlyMap<string, number>;

describeWith(['prometheus', 'promtool'])('two healthy instances', () => {
  const started = new AsyncDisposableStack();
  let watch: AlertWatch;
  let fleet: HealthyFleet;
  const recorded: Scrape[][] = [];
  let since: number;

  /** Seconds, by Prometheus' own clock. */
  const now = async (): Promise<number> => Number((await watch.prometheus.query('vector(time())'))[0]?.value[1]);

  beforeAll(async () => {
    fleet = started.use(await HealthyFleet.start({ selfTest: '10s' }));
    watch = started.use(await AlertWatch.start());
    await watch.add('cleanfeed', ...fleet.nodes.map(({ proxy }) => proxy.adminPort));
    await watch.add('cleanfeed-guard', ...fleet.nodes.map(({ guardPort }) => guardPort));
    // A Prometheus that starts has no targets yet, and says so.
    await eventually(
      'both are scraped, and nothing fires any more',
      async () =>
        (await watch.prometheus.query('up{job="cleanfeed"} == 1')).length === 2 &&
        (await watch.prometheus.query('ALERTS{alertstate="firing"}')).length === 0,
    );
    since = await now();
    recorded.push(...fleet.nodes.map(() => []));
    let round = 0;
    await during(
      async () => {
        for (const node of fleet.nodes) await fleet.customers(node, round);
        round += 1;
      },
      async () => {
        for (let scrape = 0; scrape < SCRAPES; scrape++) {
          for (let i = 0; i < ROUNDS; i++) {
            for (const node of fleet.nodes) await fleet.checks(node, i === 0);
            await aSecond();
          }
          for (const [i, { proxy }] of fleet.nodes.entries()) recorded[i]!.push(await proxy.metrics());
        }
      },
      10,
    );
  });
  afterAll(async () => await started.disposeAsync());

  test('alert of nothing while it goes on, in short time', async () => {
    const seconds = Math.floor((await now()) - since);
    expect(seconds).toBeGreaterThan(SCRAPES * ROUNDS);
    const fired = await watch.prometheus.query(
      `count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[${seconds}s]))`,
    );
    const late = await watch.prometheus.query(
      `max_over_time(scrape_duration_seconds{job="cleanfeed-guard"}[${seconds}s]) > ${LATE_SECONDS}`,
    );
    const excused = late.length > 0 ? OF_TIME : [];
    expect(fired.map(({ metric }) => metric['alertname'] ?? '').filter((name) => !excused.includes(name))).toEqual([]);
    // They have been looked at: it is no silence of a Prometheus that sees nothing.
    expect(await watch.prometheus.query('cleanfeed:requests_all:rate5m > 1')).toHaveLength(2);
    expect(await watch.prometheus.query('cleanfeed:blocked:rate5m > 0')).toHaveLength(2);
    // Customers are told from what guards and self-tests ask, of which there is as much.
    expect(await watch.prometheus.query('cleanfeed:customers:rate5m > 1')).toHaveLength(2);
    expect(await watch.prometheus.query('cleanfeed:requests_all:rate5m - cleanfeed:customers:rate5m > 1')).toHaveLength(
      2,
    );
  });

  test('alert of nothing in an hour that is made of it, by the rules as they are shipped', () => {
    using directory = temporaryDirectory();
    const series = recorded.flatMap((scrapes, node) => seriesOf(scrapes, `filter${node + 1}:9090`));
    expect(series.length).toBeGreaterThan(400);
    const alerts = Object.values(SHOWN_ALERTS).flat();
    const times = ['20m', '40m', '59m'];
    const quiet = times.flatMap((time) => alerts.map((alertname) => ({ eval_time: time, alertname, exp_alerts: [] })));
    const rules = ['rules.yml', 'alerts.yml'].map((name) => `${RULES}${name}`);
    const tests = [{ interval: `${STEP_SECONDS}s`, input_series: series, alert_rule_test: quiet }];
    const file = directory.file('healthy.test.yml');
    // JSON is YAML.
    writeFileSync(
      file,
      JSON.stringify({ rule_files: rules, evaluation_interval: '15s', group_eval_order: GROUPS, tests }),
    );
    expect(execFileSync(programPath('promtool')!, ['test', 'rules', file], { encoding: 'utf8' })).toContain('SUCCESS');
  });
});

/** Each series of the scrapes as promtool wants it; the scrapes come again and again, and counters go on where they were. */
function seriesOf(
  scrapes: readonly Scrape[],
  instance: string,
): { readonly series: string; readonly values: string }[] {
  const up = { series: `up{instance="${instance}", job="cleanfeed"}`, values: `1x${SCRAPES * REPEATED}` };
  // The clock of the hour is promtool's, which begins at 0: only Prometheus itself tells whether that of the node is right.
  const names = [...scrapes[0]!.keys()].filter((name) => name !== 'cleanfeed_time_seconds');
  return [up, ...names.map((name) => ({ series: labelled(name, instance), values: endToEnd(name, scrapes) }))];
}

function labelled(sample: string, instance: string): string {
  const [name = '', labels = ''] = sample.replace(/\}$/, '').split('{');
  return `${name}{${labels === '' ? '' : `${labels}, `}instance="${instance}", job="cleanfeed"}`;
}

function endToEnd(name: string, scrapes: readonly Scrape[]): string {
  const values = scrapes.map((scrape) => scrape.get(name) ?? 0);
  const grown = /_(?:total|bucket|sum|count)(?:\{|$)/.test(name) ? values.at(-1)! - values[0]! : 0;
  const all = Array.from({ length: REPEATED }, (_, turn) => values.map((value) => value + turn * grown));
  return all.flat().join(' ');
}
