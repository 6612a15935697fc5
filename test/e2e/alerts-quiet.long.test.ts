/**
 * What must wake nobody: two healthy instances under traffic, with single errors, a page that is refused now and then, a health check every
 * second and scans of their ports. Three minutes of it are looked at twice:
 *
 *   live       the rules in short time (test/support/scaled-rules.ts), in which three minutes are more than an hour of most of them
 *   recorded   what was scraped, put end to end until it is an hour, by the shipped rules in full (promtool test rules)
 *
 * It does not replace an hour of real time: what grows slowly over an hour is not seen.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AlertWatch } from '../support/alert-watch.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { parseMetrics } from '../support/metrics-text.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import type { Origin } from '../support/origin.ts';
import { aSecond, during } from '../support/paced.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { RULES } from '../support/prometheus.ts';
import { rawClient } from '../support/raw-client.ts';
import { SHOWN_ALERTS } from '../support/shown-alerts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Scrapes of what is recorded, one after each of this many rounds. */
const SCRAPES = 48;
const ROUNDS = 4;
/** Between two scrapes in what is put end to end: 240 of them are an hour. */
const STEP_SECONDS = 15;
const REPEATED = 5;
/** Ports on either side of a listener that are tried too. */
const SCANNED = 50;
/** In this order: an alert sees what was recorded at the same time. */
const GROUPS = ['cleanfeed.rules', 'cleanfeed.alerts'];

type Scrape = ReadonlyMap<string, number>;

describeWith(['prometheus', 'promtool'])('two healthy instances', () => {
  const started = new AsyncDisposableStack();
  let watch: AlertWatch;
  let origin: Origin;
  let closed: number;
  let nodes: readonly ProxyProcess[];
  const recorded: Scrape[][] = [];
  let since: number;

  /** Seconds, by Prometheus' own clock. */
  const now = async (): Promise<number> => Number((await watch.prometheus.query('vector(time())'))[0]?.value[1]);

  beforeAll(async () => {
    origin = started.use(await startOkOrigin());
    closed = await freePort();
    const setup = {
      config: {
        lists: [{ name: 'own', source: './own.txt', selfTest: { interval: '10s' } }],
        workers: 2,
        // So many as the descriptors of a machine for tests allow.
        limits: { connections: 1000 },
      },
      lists: { own: `origin.localhost:${origin.port}/listed\nlisted.example/selftest.html test\n` },
    };
    nodes = [started.use(await startProxy(setup)), started.use(await startProxy(setup))];
    watch = started.use(await AlertWatch.start(...nodes.map(({ adminPort }) => adminPort)));
    // A Prometheus that starts has no targets yet, and says so.
    await eventually(
      'both are scraped, and nothing fires any more',
      async () =>
        (await watch.prometheus.query('up{job="cleanfeed"} == 1')).length === 2 &&
        (await watch.prometheus.query('ALERTS{alertstate="firing"}')).length === 0,
    );
    since = await now();
    recorded.push(...nodes.map(() => []));
    let round = 0;
    await during(
      async () => {
        for (const node of nodes) await customers(node, round);
        round += 1;
      },
      async () => {
        for (let scrape = 0; scrape < SCRAPES; scrape++) {
          for (let i = 0; i < ROUNDS; i++) {
            for (const node of nodes) await checks(node, i === 0);
            await aSecond();
          }
          for (const [i, node] of nodes.entries()) recorded[i]!.push(parseMetrics((await node.admin('/metrics')).body));
        }
      },
      10,
    );
  });
  afterAll(async () => await started.disposeAsync());

  /** Pages, one that is refused now and then, and single errors: nobody listens there, no such name. */
  async function customers({ port }: ProxyProcess, round: number): Promise<void> {
    await using client = await rawClient(port);
    for (let page = 0; page < 10; page++) await answered(client, `http://origin.localhost:${origin.port}/${page}`);
    if (round % 30 === 7) await answered(client, `http://origin.localhost:${origin.port}/listed`);
    if (round % 60 === 9) await answered(client, `http://origin.localhost:${closed}/`);
    if (round % 60 === 19) await answered(client, 'http://nowhere.invalid/');
  }

  /** Health checks as balancers make them, of both kinds; the ports around are tried, with bytes that are no HTTP. */
  async function checks(node: ProxyProcess, isScanned: boolean): Promise<void> {
    await touch(node.port, '');
    expect((await node.admin('/readyz')).status).toBe(200);
    if (!isScanned) return;
    for (const { port } of [{ port: node.port }, { port: node.adminPort }]) {
      for (let other = port - SCANNED; other < port + SCANNED; other++) await touch(other, '');
      for (const bytes of ['\0\0\0\0', 'HELP\r\n', 'GET / HTTP/1.0\r\n\r\n', '\x16\x03\x01\0\x05hello'])
        await touch(port, bytes);
    }
  }

  test('alert of nothing while it goes on, in short time', async () => {
    const seconds = Math.floor((await now()) - since);
    expect(seconds).toBeGreaterThan(SCRAPES * ROUNDS);
    const fired = await watch.prometheus.query(
      `count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[${seconds}s]))`,
    );
    expect(fired.map(({ metric }) => metric['alertname'])).toEqual([]);
    // They have been looked at: it is no silence of a Prometheus that sees nothing.
    expect(await watch.prometheus.query('cleanfeed:requests_all:rate5m > 1')).toHaveLength(2);
    expect(await watch.prometheus.query('cleanfeed:blocked:rate5m > 0')).toHaveLength(2);
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
  const names = [...scrapes[0]!.keys()];
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

async function answered(client: Awaited<ReturnType<typeof rawClient>>, url: string): Promise<void> {
  client.request(url);
  await client.response();
}

/** Connects where somebody listens, says that, and goes. */
async function touch(port: number, bytes: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket
    .on('error', () => {})
    .on('connect', () => socket.end(bytes))
    .setTimeout(1000, () => socket.destroy());
  await new Promise((resolve) => socket.resume().on('close', resolve));
}
