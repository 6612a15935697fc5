/** The alert rules: each has a runbook that exists and a test that fires and one that does not; promtool runs them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { anchorsOf } from '../support/markdown.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { RULES } from '../support/prometheus.ts';
import { scaled } from '../support/scaled-rules.ts';
import { SHOWN_ALERTS } from '../support/shown-alerts.ts';

interface Alert {
  readonly alert: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}
interface RuleTest {
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
}

const read = (name: string): unknown => parse(readFileSync(`${RULES}${name}`, 'utf8'));
const { groups } = read('alerts.yml') as { groups: { rules: Alert[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);
const { tests } = read('alerts.test.yml') as { tests: RuleTest[] };
const cases = tests.flatMap((each) => each.alert_rule_test);
const guide = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

describe.each(alerts)('alert $alert', ({ alert, labels, annotations }) => {
  test('pages or makes a ticket, and says what in a sentence', () => {
    expect(['page', 'ticket']).toContain(labels.severity);
    expect(annotations.summary.length).toBeGreaterThan(20);
  });

  test('its runbook is a section of the guide', () => {
    const [file, anchor] = annotations.runbook_url.split('#');
    expect(file).toBe('docs/operations.md');
    expect(anchor).toBe(alert.toLowerCase());
    expect(anchorsOf(guide)).toContain(anchor);
  });

  test('has a test that fires and one that does not', () => {
    const outcomes = cases
      .filter(({ alertname }) => alertname === alert)
      .map(({ exp_alerts: expected }) => expected.length > 0);
    expect(new Set(outcomes)).toEqual(new Set([true, false]));
  });
});

test('each alert is made to fire by a real fault, in one of test/e2e/alerts-*.long.test.ts', () => {
  const shown: readonly string[] = Object.values(SHOWN_ALERTS).flat();
  expect(shown.toSorted()).toEqual(alerts.map(({ alert }) => alert).toSorted());
});

test('the rules by which they are shown differ from those that are shipped in their times only', () => {
  const withoutTimes = (text: string): string =>
    text.replace(/(?<=for: |offset |\[)\d+[smhd]/g, 'TIME').replace(/(?<=> )(?:86400|3600|30)\b/g, 'TIME');
  for (const name of ['rules.yml', 'alerts.yml']) {
    const text = readFileSync(`${RULES}${name}`, 'utf8');
    expect(withoutTimes(scaled(text))).toBe(withoutTimes(text));
    expect(scaled(text)).not.toMatch(/(?:for: |offset |\[)\d+[mhd]/);
  }
});

test('the guide has no runbook for an alert that is gone', () => {
  const runbooks = anchorsOf(guide).filter((anchor) => /^cleanfeed[a-z]+$/.test(anchor));
  expect(runbooks.filter((anchor) => !alerts.some(({ alert }) => alert.toLowerCase() === anchor))).toEqual([]);
});

describeWith(['promtool'])('promtool', () => {
  const promtool = (...args: string[]): string =>
    execFileSync(programPath('promtool')!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  test('finds no fault in the rules', () => {
    expect(promtool('check', 'rules', '--lint-fatal', `${RULES}rules.yml`, `${RULES}alerts.yml`)).not.toContain(
      'FAILED',
    );
  });

  test('each alert fires when it should and only then', () => {
    expect(promtool('test', 'rules', `${RULES}alerts.test.yml`)).toContain('SUCCESS');
  });
});
