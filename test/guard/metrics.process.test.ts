/** What the guard shows: docs/metrics.md describes every metric, promtool finds no fault in the text. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { guardMetrics } from '../../src/guard/metrics.ts';
import { inOneLine, type GuardReport } from '../../src/guard/report.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { LISTENER, REPORT } from './reports.ts';

describe('metrics', () => {
  test.each([
    'cleanfeed_guard_in_path 1',
    'cleanfeed_guard_position_unknown 0',
    'cleanfeed_guard_listener_state{listener="explicit",state="healthy"} 1',
    'cleanfeed_guard_probes_total{listener="explicit",result="timeout"} 2',
    'cleanfeed_guard_moves_total{direction="out",result="failed"} 2',
    'cleanfeed_guard_outs_total{reason="down"} 1',
    'cleanfeed_guard_fleet_remaining 3',
    'cleanfeed_guard_page_denied{listener="explicit"} 0',
    'cleanfeed_guard_hold_seconds 2',
    'cleanfeed_guard_listed_refused 1',
  ])('%s', (line) => {
    expect(guardMetrics(REPORT).split('\n')).toContain(line);
  });

  test('what is not known has no sample', () => {
    const text = guardMetrics({ ...REPORT, position: 'unknown', othersRemaining: null, listedRefused: null });
    expect(text).not.toMatch(/^cleanfeed_guard_(?:in_path|fleet_remaining|listed_refused) /m);
    expect(text).toContain('\ncleanfeed_guard_position_unknown 1\n');
  });

  test('docs/metrics.md has each, with its type and its labels', () => {
    const document = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    const described = [...document.matchAll(/^\| `(cleanfeed_guard_\w+)` \| (\w+) \| ([^|]*) \|/gm)].map(
      ([, name = '', type = '', labels = '']) => `${name} ${type} ${namesIn(labels, /`(\w+)`/g)}`,
    );
    const text = guardMetrics(REPORT);
    const exported = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => {
      const [, labels = ''] = new RegExp(`^${name}\\{(.*)\\} `, 'm').exec(text) ?? [];
      return `${name} ${type} ${namesIn(labels, /(\w+)="/g)}`;
    });
    expect(described.toSorted()).toEqual(exported.toSorted());
  });
});

function namesIn(text: string, pattern: RegExp): string {
  return [...text.matchAll(pattern)]
    .map(([, name = '']) => name)
    .toSorted()
    .join(' ');
}

describeWith(['promtool'])('promtool', () => {
  test('finds no fault', () => {
    const input = guardMetrics(REPORT);
    const said = execFileSync(programPath('promtool')!, ['check', 'metrics'], { input, encoding: 'utf8' });
    expect(said).toBe('');
  });
});

describe('in one line', () => {
  const suspect = { ...LISTENER, state: 'suspect', isPartial: true, lastFailure: 'timeout' } as const;
  test.each<{ change: Partial<GuardReport>; want: string }>([
    { change: {}, want: 'in the path; explicit healthy' },
    {
      change: { position: 'out', reason: 'down', listeners: [{ ...suspect, state: 'down', isPartial: false }] },
      want: 'OUT of the path (down); explicit down (timeout)',
    },
    { change: { listeners: [suspect] }, want: 'in the path; explicit partly suspect (timeout)' },
    {
      change: { position: 'unknown', failedAttempts: 2, lastFault: 'nft: exit status 1' },
      want: 'not yet known where, COMMANDS FAIL (2): nft: exit status 1; explicit healthy',
    },
    {
      change: { running: 'back', position: 'out', reason: null },
      want: 'OUT of the path (start), going back; explicit healthy',
    },
    { change: { isHeld: true }, want: 'in the path, HELD: too few other nodes; explicit healthy' },
    {
      change: { filter: { draining: true, bypass: true } },
      want: 'in the path; explicit healthy; the filter is in bypass; the filter drains',
    },
    {
      change: { listeners: [{ ...LISTENER, isDenied: true }] },
      want: "in the path; explicit healthy; the filter REFUSES the guard's page",
    },
    { change: { listedRefused: false }, want: 'in the path; explicit healthy; the listed page is NOT refused' },
    { change: { hasActions: false }, want: 'no actions: it only tells; explicit healthy' },
  ])('$want', ({ change, want }) => {
    expect(inOneLine({ ...REPORT, ...change })).toBe(want);
  });
});
