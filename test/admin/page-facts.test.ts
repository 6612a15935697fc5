/** The facts that stand in the page before any script runs. */
import { describe, expect, test } from '@jest/globals';
import { AttentionKeeper } from '../../src/admin/attention-keeper.ts';
import { History } from '../../src/admin/history.ts';
import { pageFacts } from '../../src/admin/page-facts.ts';
import { resourcesOf } from '../../src/admin/resources.ts';
import { statusPage } from '../../src/admin/status-page.ts';
import { statusOf } from '../../src/admin/status.ts';
import { controlView, NOW } from '../observe/fixtures.ts';
import { madeUpList, madeUpView } from './made-up-instance.ts';
import { Traffic } from './traffic.ts';

type View = NonNullable<Parameters<typeof controlView>[0]>;

const facts = (view: View = {}): Readonly<Record<string, string>> =>
  pageFacts(withAttention(statusOf(controlView({ ...madeUpView(), ...view }), NOW)));

const withAttention = (status: ReturnType<typeof statusOf>): ReturnType<typeof statusOf> => {
  const view = controlView(madeUpView());
  const history = new History(
    () => new Traffic().reading(),
    () => NOW,
  );
  const recent = history.recent();
  const attention = new AttentionKeeper().look({ ...status, recent, resources: resourcesOf(view) });
  return Object.assign({}, status, { attention });
};

describe('the facts of a page', () => {
  test('state, version, what needs attention', () => {
    const { state, word, about, attention } = facts({ notReady: () => ['list main: never loaded'] });
    expect({ state, word }).toEqual({ state: 'unready', word: 'Not ready' });
    expect(about).toMatch(/^Cleanfeed \S+, Node v\S+, up /);
    expect(attention).toMatch(/^<li data-level="fault"><strong>Fault:<\/strong> /);
    expect(attention).toContain(
      '<p>since 2026-11-01T09:54:59.500Z, <a href="/runbook/cleanfeedlistsyncfailing">runbook</a>, <code>cleanfeed ctl reload -c /etc/cleanfeed/cleanfeed.yaml</code></p></li>',
    );
  });

  test('a bypass is no warning among others', () => {
    const { state, attention } = facts({ bypass: () => true });
    expect(state).toBe('bypass');
    expect(attention).toMatch(/^<li data-level="bypass"><strong>Bypass:<\/strong> nothing is filtered/);
  });

  test('each list is a row, faults first', () => {
    const broken = { lastError: 'line 3: not a host', currentAt: NOW - 3_600_000 };
    const lists = [madeUpList('calm', { entries: 1200 }), madeUpList('broken', broken)];
    const { heads = '', rows = '' } = facts({ lists: () => lists });
    expect(rows.match(/<tr/g)).toHaveLength(2);
    expect(rows.indexOf('>broken<')).toBeLessThan(rows.indexOf('>calm<'));
    expect(rows).toContain('class="wide bad">Fault: last update failed: line 3: not a host');
    expect(rows).toContain('>1,200<');
    expect(rows.match(/<td/g)).toHaveLength(2 * ((heads.match(/<th/g) ?? []).length - 1));
  });

  test('no text becomes markup', () => {
    const evil = `<img src=x onerror="alert(1)">'&`;
    const all = Object.values(
      facts({ notReady: () => [evil], lists: () => [madeUpList('main', { lastError: evil })] }),
    ).join('');
    expect(all).not.toContain('<img');
    expect(all).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&amp;');
  });

  test('a place that has no fact is empty, and no mark of one is left', () => {
    const { document } = statusPage();
    for (const status of [null, statusOf(controlView(madeUpView()), NOW)])
      expect(document(status).body).not.toMatch(/\{\{|\}\}/);
    expect(document(null).body).toContain('Asking the instance …');
  });
});
