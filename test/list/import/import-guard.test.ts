/** What the gate would refuse is left out of what is imported, and nothing else. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ImportGuard } from '../../../src/list/import/import-guard.ts';
import { findingsIn } from '../../../src/list/sanity/findings.ts';
import { UNGUARDED } from '../../../src/list/sanity/guarded.ts';
import type { Guarded } from '../../../src/list/sanity/guarded.ts';
import { listEntries } from '../../../src/list/text/compile.ts';
import { buildSegment } from '../../../src/match/snapshot.ts';
import { canonicalHost } from '../../../src/url/host.ts';
import { testKeys } from '../../match/support.ts';
import { imported } from './imported.ts';

const TODAY = 20_000;
const GUARDED: Guarded = {
  ...UNGUARDED,
  hosts: [{ host: canonicalHost('www.a.example')!, where: 'line 1 of hosts.txt' }],
  canaries: [
    { host: canonicalHost('b.example')!, where: 'line 1 of canaries.txt', port: 80, target: '/page' },
    { host: canonicalHost('c.example')!, where: 'line 2 of canaries.txt', port: 443, target: null },
  ],
};
const guard = new ImportGuard(GUARDED);

test.each([
  {
    text: '||a.example^\n',
    left: ['protected_host'],
    says: 'covers the protected host www.a.example (line 1 of hosts.txt)',
  },
  { text: '||a.example/x/\n', left: [], says: '' },
  { text: '||b.example^\n', left: ['canary'], says: 'covers a canary (line 1 of canaries.txt)' },
  { text: '|http://b.example/page|\n', left: ['canary'], says: 'covers a canary (line 1 of canaries.txt)' },
  { text: '|http://b.example/pages|\n', left: [], says: '' },
  { text: '|http://c.example/|\n', left: [], says: '' },
  { text: '||c.example^\n', left: ['canary'], says: 'covers a canary (line 2 of canaries.txt)' },
  { text: '||github.io^\n', left: ['public_suffix'], says: 'public suffix' },
])('$text', ({ text, left, says }) => {
  const { findings } = imported('adblock', text, { match: 'url', guard });
  const found = findings.filter(({ kind }) => kind === 'left');
  expect(found.map(({ code }) => code)).toEqual(left);
  expect(found[0]?.message ?? '').toContain(says);
});

test('an entry for one port of two that matches a canary is left out', () => {
  const text = 'c.example refuse\n';
  const options = { sample: 'hdr', match: 'str', values: new Set(['refuse']), guard };
  expect(imported('haproxy', text, options).findings.map(({ code }) => code)).toEqual(['canary']);
});

// Was a fault: of such an entry only the kind of its path was known, and the gate refused the list.
test.each([
  { from: 'squidguard', text: 'www.a.example/\n', options: { match: 'urls' } },
  {
    from: 'haproxy',
    text: 'www.a.example/ refuse\n',
    options: { sample: 'base', match: 'beg', values: new Set(['refuse']) },
  },
] as const)('all paths of a protected host are the host: $from', ({ from, text, options }) => {
  const { findings, counts } = imported(from, text, { ...options, guard });
  expect(findings.map(({ code }) => code)).toEqual(['protected_host']);
  expect(counts.entries).toBe(0);
  const page = imported(from, text.replace('/', '/x/'), { ...options, guard });
  expect(page.findings.filter(({ kind }) => kind === 'left')).toEqual([]);
});

test('an exception is not asked: an allow list may cover protected hosts', () => {
  const text = '||ads.example^\n@@||www.a.example^\n';
  expect(imported('adblock', text, { match: 'dns', allowUntil: '2099-01-01', guard }).counts.allowEntries).toBe(1);
});

test('whatever is imported passes the gate', () => {
  const host = fc
    .array(fc.constantFrom('a', 'b', 'c', 'www'), { minLength: 1, maxLength: 3 })
    .map((labels) => [...labels, 'example'].join('.'));
  const line = fc.tuple(
    fc.constantFrom('||', '|http://'),
    host,
    fc.constantFrom('^', '/page', '/', '/page|', '^$important'),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      const text = lines.map(([start, name, tail]) => `${start}${name}${tail}\n`).join('');
      const { list } = imported('adblock', text, { match: 'url', guard });
      const entries = listEntries(Buffer.from(`#\n${list}`), { list: 0, action: 'block', today: TODAY });
      const found = findingsIn(buildSegment([...entries], testKeys(1)), GUARDED, TODAY);
      expect(found).toEqual({ canaries: null, protectedHosts: null });
    }),
  );
});
