/**
 * A real Prometheus scrapes two real instances under traffic: every query of the dashboard and every rule is answered with
 * data, and `promtool check metrics` finds no fault in what is exported.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ClearingHouse } from '../support/clearing-house.ts';
import { DnsClient, startResolver } from '../support/dns-peers.ts';
import { queryBytes } from '../support/dns-queries.ts';
import { eventually } from '../support/eventually.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { RULES, runPrometheus } from '../support/prometheus.ts';
import type { Prometheus } from '../support/prometheus.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}
interface Rule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
}

const { panels } = JSON.parse(
  readFileSync(new URL('../../config/grafana/cleanfeed.json', import.meta.url), 'utf8'),
) as { panels: Panel[] };
const QUERIES = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }, index) => ({ title, index, expr })));

describeWith(['prometheus', 'promtool'])('Prometheus over two instances', () => {
  const started = new AsyncDisposableStack();
  let proxies: ProxyProcess[];
  let prometheus: Prometheus;

  beforeAll(async () => {
    const origin = started.use(await startOkOrigin());
    const resolver = started.use(await startResolver());
    // Only of a protected list is known what is in it, and what was withdrawn.
    const house = started.use(await ClearingHouse.begin(['isp']));
    await house.list('listed');
    writeFileSync(house.file('main.txt'), `origin.localhost:${origin.port}/listed\n`);
    writeFileSync(house.file('own.txt'), 'other.localhost reason="a mistake" expires=2099-12-31\n');
    const national = {
      source: `tuf+file://${house.file('repo/isp')}/`,
      root: house.root,
      identity: house.identity('isp'),
    };
    const lists = [
      { name: 'main', source: house.file('main.txt') },
      { name: 'own', source: house.file('own.txt'), action: 'allow' },
      { name: 'national', ...national },
    ];
    const listeners = [
      { name: 'explicit', address: '127.0.0.1', port: 0 },
      { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [resolver.server] },
    ];
    const routes = { file: './steer.conf', lists: ['main'], resolvers: ['127.0.0.1'], rate: null };
    const config = { lists, listeners, resolver: { routes } };
    proxies = [
      started.use(await startProxy({ config })),
      started.use(await startProxy({ config: { ...config, workers: 2 } })),
    ];
    // The second by name, as a scraper in a cluster would.
    const targets = proxies.map(({ adminPort }, index) => `${index === 0 ? '127.0.0.1' : 'localhost'}:${adminPort}`);
    const scrape = (job: string) => ({ job_name: job, static_configs: [{ targets }] });
    // Prometheus asks for OpenMetrics unless it is told not to.
    const plain = { ...scrape('plain'), scrape_protocols: ['PrometheusText0.0.4'] };
    prometheus = started.use(await runPrometheus({ scrapes: [scrape('cleanfeed'), plain] }));
    const names = await Promise.all(proxies.map(async (proxy) => started.use(await DnsClient.of(proxy.portOf('dns')))));
    const traffic = setInterval(() => {
      for (const client of names) client.send(queryBytes({ name: 'origin.example' }));
      for (const { port } of proxies)
        for (const path of ['/', '/listed']) get(port, `http://origin.localhost:${origin.port}${path}`);
      for (const { port } of proxies) get(port, 'http://nowhere.invalid/');
    }, 100);
    started.defer(() => clearInterval(traffic));
    // Rates want two scrapes with traffic, rules one evaluation after them, rules upon rules one more.
    await eventually(
      'rules have figures',
      async () => await prometheus.query('cleanfeed:error_ratio:rate5m > 0'),
      (result) => result.length === 4,
    );
  });

  afterAll(async () => await started.disposeAsync());

  test('both are scraped and the same counts arrive', async () => {
    await eventually(
      'both are up',
      async () => await prometheus.query('up == 1'),
      (result) => result.length === 4,
    );
    const least = 'min(cleanfeed_requests_total{listener="explicit", verdict="block"})';
    const [blocked] = await eventually(
      'what was refused is counted in all of them',
      async () => await prometheus.query(least),
      ([sample]) => Number(sample?.value[1]) > 0,
    );
    expect(Number(blocked!.value[1])).toBeGreaterThan(0);
  });

  test.each(QUERIES)('dashboard: $title ($index)', async ({ expr }) => {
    const asked = expr
      .replaceAll('$job', 'cleanfeed')
      .replaceAll('$instance', '.*')
      .replaceAll('$__rate_interval', '1m');
    expect(asked).not.toContain('$');
    // A scrape that a busy machine has made late is followed by another.
    const result = await eventually(
      'it has figures',
      async () => await prometheus.query(asked),
      (found) => found.length > 0 && found.every(({ value }) => value[1] !== 'NaN'),
    );
    expect(result.length).toBeGreaterThan(0);
  });

  test.each(QUERIES)('dashboard: $title ($index) names what there is', async ({ expr }) => {
    const { body } = await proxies[0]!.admin('/metrics');
    const exported = new Set([...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name));
    const rules = readFileSync(`${RULES}rules.yml`, 'utf8');
    const recorded = new Set([...rules.matchAll(/- record: (\S+)/g)].map(([, name = '']) => name));
    const named = [...expr.matchAll(/\b(?:cleanfeed|process)[_:][\w:]+/g)].map(([name]) => name);
    expect(named.filter((name) => !exported.has(name) && !recorded.has(name))).toEqual([]);
  });

  test('each limit of the metrics has a line on the dashboard, or is about what no metric tells', async () => {
    const { body } = await proxies[0]!.admin('/metrics');
    const limits = [...body.matchAll(/^# TYPE (\S+_limit(?:_bytes)?) /gm)].map(([, name = '']) => name);
    const shown = QUERIES.map(({ expr }) => expr).join(' ');
    const untold = ['cleanfeed_client_connections_limit'];
    // Of all workers together; the dashboard has the fullest, and what is rarely bounded.
    const others = [
      'cleanfeed_connections_limit',
      'cleanfeed_dns_tcp_connections_limit',
      'cleanfeed_upstream_connections_limit',
    ];
    expect(limits.length).toBeGreaterThan(8);
    expect(limits.filter((name) => !shown.includes(name) && ![...untold, ...others].includes(name))).toEqual([]);
  });

  // Was a gap: what updates add and remove was counted, and nobody saw it.
  test('each metric of a list is on the dashboard, or a rule or an alert is made of it', async () => {
    const { body } = await proxies[0]!.admin('/metrics');
    const ofLists = [...body.matchAll(/^# TYPE (cleanfeed_list_\S+) /gm)].map(([, name = '']) => name);
    const rules = ['rules.yml', 'alerts.yml'].map((name) => readFileSync(`${RULES}${name}`, 'utf8'));
    const used = [...QUERIES.map(({ expr }) => expr), ...rules].join(' ');
    // The age says the first, `ctl status` to whoever would go back the second, `check` and the log at each update the others.
    const told = [
      'cleanfeed_list_conversion_left_out',
      'cleanfeed_list_current_timestamp_seconds',
      'cleanfeed_list_entries_left_out',
      'cleanfeed_list_previous',
      'cleanfeed_list_public_suffixes',
    ];
    expect(ofLists.length).toBeGreaterThan(12);
    expect(ofLists.filter((name) => !new RegExp(`\\b${name}\\b`).test(used)).toSorted()).toEqual(told);
    const added = QUERIES.filter(({ expr }) => /list_entries_(?:added|removed)_total/.test(expr));
    expect(added.map(({ title }) => title)).toEqual(['Entries added and removed', 'Entries added and removed']);
  });

  test('by OpenMetrics and by the text format the same series arrive', async () => {
    const series = async (job: string): Promise<readonly string[]> =>
      (await prometheus.query(`{job="${job}", __name__=~"cleanfeed_.*|process_.*"}`))
        .map(({ metric }) => JSON.stringify({ ...metric, job: '' }).replace(/"le":"(\d+)\.0"/, '"le":"$1"'))
        .toSorted();
    // A scrape that a busy machine has made late leaves series out until the next one.
    const [open, text] = await eventually(
      'the same of both',
      async () => [await series('cleanfeed'), await series('plain')] as const,
      (both) => isDeepStrictEqual(both[0], both[1]),
    );
    expect(open.length).toBeGreaterThan(300);
    expect(open).toEqual(text);
    const targets = async (): Promise<readonly string[]> => {
      const { activeTargets } = (await prometheus.api('targets')) as {
        activeTargets: { readonly health: string; readonly lastError: string }[];
      };
      return activeTargets.map(({ health, lastError }) => health + lastError);
    };
    await eventually('all are scraped without a fault', targets, (all) => all.join() === 'up,up,up,up');
  });

  test('every rule is evaluated without an error, and nothing alarms on two healthy instances', async () => {
    const rules = await eventually(
      'each has been evaluated',
      async () =>
        ((await prometheus.api('rules')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules),
      (all) => all.every(({ health }) => health !== 'unknown'),
    );
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(rules.length).toBeGreaterThan(25);
    expect(await prometheus.query('ALERTS{alertstate="firing"}')).toEqual([]);
  });

  test('promtool finds no fault in the metrics', async () => {
    const { body } = await proxies[0]!.admin('/metrics');
    const { status, stderr, stdout } = spawnSync(programPath('promtool')!, ['check', 'metrics', '--extended'], {
      input: body,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('cleanfeed_requests_total');
  });

  test('an instance that goes is seen to be gone', async () => {
    await proxies[1]!.stop();
    await eventually(
      'it is down',
      async () => await prometheus.query('up{job="cleanfeed"} == 0'),
      (result) => result.length === 1,
    );
    await eventually(
      'the alert waits for its minute',
      async () => await prometheus.query('ALERTS{alertname="CleanfeedDown", alertstate="pending"}'),
      (result) => result.length === 1,
    );
    expect(proxies[0]!.hasEnded).toBe(false);
  });
});

/** One request through the proxy; what becomes of it is in the metrics. */
function get(port: number, url: string): void {
  const asked = request(
    { host: '127.0.0.1', port, path: url, headers: { host: new URL(url).host }, agent: false },
    (answer) => answer.resume(),
  );
  asked.on('error', () => {});
  asked.end();
}
