import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { ListConfig } from '../../src/config/list-types.ts';
import { counterLayout } from '../../src/observe/counter-layout.ts';
import { COUNTERS, DIRECTION, HOST_CACHE, LIST_ACTION, UPSTREAM_ERROR, VERDICT } from '../../src/observe/counters.ts';
import { dataCounters } from '../../src/observe/data-counters.ts';
import type { MetricsFormat } from '../../src/lib/metrics-text.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { CONFIG, controlView, NOW } from './fixtures.ts';

function counted(): SharedArrayBuffer {
  const layout = counterLayout(CONFIG);
  const counters = new SharedArrayBuffer(layout.bytes(CONFIG.workers));
  const first = dataCounters(layout, counters, 0);
  const second = dataCounters(layout, counters, 1);
  first.request(0, VERDICT.pass);
  second.request(0, VERDICT.pass);
  second.request(1, VERDICT.block);
  second.listHit(0, LIST_ACTION.block);
  second.listHit(1, LIST_ACTION.count);
  first.connection(0, 1);
  first.bytes(DIRECTION.client_in, 123);
  first.hostCache(HOST_CACHE.hit, 5);
  first.hostCache(HOST_CACHE.miss, 2);
  first.upstreamError(UPSTREAM_ERROR.dns_timeout);
  first.requestDuration(0.00002);
  second.requestDuration(3);
  return counters;
}

/** Of the list `main`; what else belongs to it no metric tells. */
const source = { kind: 'tuf', intervalMs: 60_000, delayMs: 3_600_000 } as unknown as ListConfig['source'];

async function exported(counters = counted(), format: MetricsFormat = 'prometheus'): Promise<string> {
  const { body } = createMetrics({
    config: () => ({
      ...CONFIG,
      lists: CONFIG.lists.map((list) => (list.name === 'main' ? { ...list, source } : list)),
    }),
    slots: () => ({ listeners: [0, 1], lists: [0, 1] }),
    layout: counterLayout(CONFIG),
    counters,
    view: controlView(),
    now: () => NOW,
  }).text(format);
  return body;
}

interface Described {
  readonly name: string;
  readonly type: string;
  readonly labels: string;
}

/** Name, type and label names as the text format has them. */
function describedByExport(text: string): Described[] {
  return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => {
    const sample = new RegExp(`^${name}(?:_bucket)?(?:\\{(.*)\\})? `, 'm').exec(text);
    return { name, type, labels: sortedNames(sample?.[1] ?? '', /(\w+)="/g) };
  });
}

/** The table of docs/metrics.md, without those of the guard (test/guard/metrics.process.test.ts): | `name` | type | `label`, `label` | unit | meaning | */
function describedByDocument(): Described[] {
  const document = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  return [
    ...document.matchAll(
      /^\| `((?:cleanfeed_(?!guard_)|process_)\w+)` \| (\w+) \| ([^|]*) \| ([^|]+) \| ([^|]+) \|$/gm,
    ),
  ].map(([, name = '', type = '', labels = '']) => ({
    name,
    type,
    labels: sortedNames(labels, /`(\w+)`/g),
  }));
}

/** The label names in a text; `le` belongs to the type, not to the metric. */
function sortedNames(text: string, pattern: RegExp): string {
  const names = [...text.matchAll(pattern)].map(([, name = '']) => name).filter((name) => name !== 'le');
  return names.sort((a, b) => a.localeCompare(b)).join(' ');
}

const byName = (a: Described, b: Described): number => a.name.localeCompare(b.name);

describe('metrics', () => {
  test.each([
    'cleanfeed_requests_total{listener="explicit",verdict="pass"} 2',
    'cleanfeed_requests_total{listener="school \\"A\\"",verdict="block"} 1',
    'cleanfeed_requests_total{listener="explicit",verdict="error"} 0',
    'cleanfeed_list_hits_total{list="main",action="block"} 1',
    'cleanfeed_list_hits_total{list="own",action="allow"} 0',
    'cleanfeed_list_hits_total{list="own",action="count"} 1',
    'cleanfeed_connections{listener="explicit"} 1',
    'cleanfeed_connections_dropped_total{reason="client_limit"} 0',
    'cleanfeed_bytes_total{direction="client_in"} 123',
    'cleanfeed_host_cache_total{result="hit"} 5',
    'cleanfeed_host_cache_total{result="miss"} 2',
    'cleanfeed_upstream_errors_total{reason="dns_timeout"} 1',
    'cleanfeed_request_duration_seconds_bucket{le="0.000025"} 1',
    'cleanfeed_request_duration_seconds_bucket{le="0.1"} 1',
    'cleanfeed_request_duration_seconds_bucket{le="+Inf"} 2',
    'cleanfeed_request_duration_seconds_count 2',
    'cleanfeed_upstream_duration_seconds_sum 0',
    'cleanfeed_list_entries{list="main"} 3',
    'cleanfeed_list_entries_enforceable{list="main",channel="https"} 1',
    'cleanfeed_list_conversion_left_out{list="main",reason="excepted"} 4',
    'cleanfeed_list_age_seconds{list="main"} 90.5',
    'cleanfeed_list_interval_seconds{list="main"} 60',
    'cleanfeed_list_delay_seconds{list="main"} 3600',
    'cleanfeed_selftest_interval_seconds{list="main"} 900',
    'cleanfeed_list_sync_total{list="main",result="unchanged"} 5',
    'cleanfeed_list_rejected_total{list="main",reason="bad_lines"} 1',
    'cleanfeed_list_rejected_total{list="main",reason="timeout"} 0',
    'cleanfeed_list_sync_failing{list="main"} 1',
    'cleanfeed_list_sync_failing{list="own"} 0',
    'cleanfeed_list_cache_current{list="main"} 1',
    'cleanfeed_list_held{list="main"} 0',
    'cleanfeed_list_pinned{list="main"} 0',
    'cleanfeed_list_previous{list="main"} 0',
    'cleanfeed_list_withdrawn{list="main"} 4',
    'cleanfeed_list_mass_withdrawal{list="main"} 1',
    'cleanfeed_list_names_failing{list="main"} 1',
    'cleanfeed_zone_names{zone="block.rpz.example"} 12',
    'cleanfeed_zone_skipped{zone="block.rpz.example",reason="protected"} 3',
    'cleanfeed_zone_failures_total{zone="block.rpz.example",reason="notify"} 2',
    'cleanfeed_outlet_names_missing{outlet="zone:block.rpz.example"} 1',
    'cleanfeed_outlet_failures_total{outlet="zone:block.rpz.example"} 2',
    'cleanfeed_list_generation 7',
    'cleanfeed_uncaught_errors_total{kind="exception"} 2',
    'cleanfeed_worker_restarts_total 1',
    'cleanfeed_bypass 0',
    `cleanfeed_build_info{version="1.2.3",node="${process.version}"} 1`,
  ])('export %s', async (line) => {
    expect((await exported()).split('\n')).toContain(line);
  });

  test.each([
    'process_cpu_seconds_total 12.5',
    'process_resident_memory_bytes 100663296',
    'process_max_fds 20000',
    'cleanfeed_connections_limit 200',
    'cleanfeed_worker_connections{worker="0"} 1',
    'cleanfeed_worker_connections{worker="1"} 0',
    'cleanfeed_worker_connections_limit 100',
    'cleanfeed_host_cache_entries_limit 20',
    'cleanfeed_memory_limit_bytes 536870912',
  ])('the process, and how far it may go: %s', async (line) => {
    expect((await exported()).split('\n')).toContain(line);
  });

  test('what has no limit, or is not configured, has no sample', async () => {
    expect(await exported()).not.toMatch(/^cleanfeed_(?:upstream_connections|dns_in_flight|routes)_limit /m);
  });

  test('OpenMetrics: the same samples, counters named without their ending, bounds with a point, and an end', async () => {
    const counters = counted();
    const [plain, open] = [await exported(counters), await exported(counters, 'openmetrics')];
    expect(open.endsWith('\n# EOF\n')).toBe(true);
    expect(open).not.toMatch(/^$|\n\n/);
    expect(open).toContain('# TYPE cleanfeed_requests counter\n');
    expect(open).toContain('cleanfeed_upstream_duration_seconds_bucket{le="1.0"} 0\n');
    const samples = (text: string): string[] => text.split('\n').filter((line) => /^[a-z]/.test(line));
    expect(samples(open).map((line) => line.replace(/le="(\d+)\.0"/, 'le="$1"'))).toEqual(samples(plain));
    // In any order, again and again: the two do not spoil each other.
    expect(await exported(counters)).toBe(plain);
  });

  test('a list that never loaded has no age', async () => {
    expect(await exported()).not.toContain('list_age_seconds{list="own"}');
  });

  test('two scrapes without traffic between them are the same', async () => {
    const counters = counted();
    expect(await exported(counters)).toBe(await exported(counters));
  });

  test('docs/metrics.md describes exactly what is exported', async () => {
    expect(describedByDocument().sort(byName)).toEqual(describedByExport(await exported()).sort(byName));
  });

  test('docs/metrics.md names every value of every closed label', async () => {
    const document = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    const values = [...(await exported()).matchAll(/(?:verdict|action|reason|direction|result|channel)="(\w+)"/g)].map(
      ([, value]) => value,
    );
    expect([...new Set(values)].filter((value) => !document.includes(`\`${value}\``))).toEqual([]);
  });

  test.each(
    Object.values(COUNTERS).flatMap((row) => ('values' in row ? [{ ...row, words: Object.keys(row.values) }] : [])),
  )('docs/metrics.md says what each $label of $name means', ({ name, label, words }) => {
    const document = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    // A label that several metrics have is described for each of them: `**reason** of `cleanfeed_…``.
    const heading = [`**${label}** of \`cleanfeed_${name}\``, `**${label}**:`].find((text) => document.includes(text));
    expect(heading).toBeDefined();
    const [section = ''] = document.split(heading!)[1]!.split(/\n(?=\*\*|#)/);
    expect(words.filter((word) => !section.includes(`\`${word}\``))).toEqual([]);
  });
});
