/** The facts that stand in the page before any script runs. */
import { describe, expect, test } from '@jest/globals';
import { pageFacts } from '../../src/admin/page-facts.ts';
import { statusPage } from '../../src/admin/status-page.ts';
import { statusOf } from '../../src/admin/status.ts';
import { controlView, NOW } from '../observe/fixtures.ts';
import { madeUpList, madeUpView } from './made-up-instance.ts';

type View = NonNullable<Parameters<typeof controlView>[0]>;

const facts = (view: View = {}): Readonly<Record<string, string>> =>
  pageFacts(statusOf(controlView({ ...madeUpView(), ...view }), NOW));

describe('the facts of a page', () => {
  test('state, version, what needs a look', () => {
    const { state, word, about, attention } = facts({ notReady: () => ['list main: never loaded'] });
    expect({ state, word }).toEqual({ state: 'unready', word: 'Not ready' });
    expect(about).toMatch(/^Cleanfeed \S+, Node v\S+, up /);
    expect(attention).toMatch(/^<li data-level="fault"><strong>Fault:<\/strong> /);
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
