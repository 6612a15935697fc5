import { describe, expect, test } from '@jest/globals';
import { Matcher } from '../../src/match/matcher.ts';
import { Judge } from '../../src/policy/judge.ts';
import { FOLD } from '../../src/url/fold.ts';
import type { Explanation } from '../../src/verdict/explain.ts';
import { entry, snapshotOf, truncatedHash } from '../match/support.ts';
import { explainedBy } from './support.ts';

const WHEN = { listMask: -1, today: 10 };

function explained(text: string): Explanation {
  const matcher = new Matcher({ cacheEntries: 10 });
  matcher.use(
    snapshotOf([
      [
        entry('*.host.example/dir/*', { id: 7n, list: 1 }),
        entry('host.example/old', { id: 8n, expires: 5 }),
        entry('whole.example', { id: 9n }),
        entry('host.example/FOLDED/*', { id: 10n, fold: FOLD.case, list: 2 }),
      ],
    ]),
  );
  return explainedBy(new Judge(matcher, [{ action: 'block' }, { action: 'count' }, { action: 'block' }]), text, WHEN);
}

describe('explain', () => {
  test('shows each look-up in order and the one that hit', () => {
    const story = explained('http://WWW.host.example:8080/dir/%78?y#z');
    expect(story.canonical).toBe('http://www.host.example/dir/x?y');
    expect(story.lookUps.map(({ expression, table, outcome }) => `${table} ${expression} ${outcome}`)).toEqual([
      'host www.host.example absent',
      'host host.example absent',
      'host example absent',
      'path host.example/dir/ hit',
    ]);
    expect(story.verdict).toMatchObject({ action: 'count', list: 1, entry: 7n });
    expect(story.decidedBy?.expression).toBe('host.example/dir/');
    expect(story.enforceableOverTls).toBe(false);
  });

  test('over HTTPS a path entry is not enforceable and says so', () => {
    const story = explained('https://host.example/dir/x');
    expect(story.verdict?.action).toBe('pass');
    expect(story.urlVerdict?.action).toBe('count');
    expect(story.enforceableOverTls).toBe(false);
  });

  test('a host entry is', () => {
    expect(explained('https://whole.example/')).toMatchObject({
      verdict: { action: 'block', entry: 9n },
      enforceableOverTls: true,
    });
  });

  test('names the reading that found the entry, and the fold', () => {
    const story = explained('http://host.example/q%5cy%2f..%2fFolded/x');
    expect(
      story.lookUps
        .filter(({ fold }) => fold !== null)
        .map(({ expression, outcome, reading, fold }) => [expression, outcome, reading, fold]),
    ).toContainEqual([
      'host.example/folded/',
      'hit',
      'as nginx reads it: dots resolved after one decoding, \\ is a letter',
      'case',
    ]);
    expect(story).toMatchObject({ verdict: { action: 'block', entry: 10n }, decidedBy: { fold: 'case' } });
  });

  test('an entry that allows and does not count is no hit', () => {
    const matcher = new Matcher({ cacheEntries: 10 });
    matcher.use(
      snapshotOf([[entry('host.example/dir/*', { id: 1n }), entry('host.example/dir/fine/*', { id: 2n, list: 1 })]]),
    );
    const judge = new Judge(matcher, [{ action: 'block' }, { action: 'allow' }]);
    const onPaths = (path: string): readonly string[] =>
      explainedBy(judge, `http://host.example${path}`, WHEN)
        .lookUps.filter(({ table }) => table === 'path')
        .map(({ expression, outcome }) => `${expression} ${outcome}`);
    expect(onPaths('/dir/fine/x')).toEqual(['host.example/dir/ hit', 'host.example/dir/fine/ hit']);
    expect(onPaths('/dir//fine/x')).toEqual(['host.example/dir/ hit', 'host.example/dir/fine/ uncovered']);
  });

  // Was a fault: nobody was told why an entry that is there does not apply.
  test.each([
    { why: ['expired'], with: { expires: WHEN.today - 1 } },
    { why: ['other_port'], with: { port: 8443 } },
    { why: ['other_port'], with: { list: 1, port: 8443 }, listMask: 0b10 },
    { why: ['other_list'], with: { list: 1 } },
    { why: ['other_list'], with: { list: 1, expires: WHEN.today - 1, port: 8443 } },
    { why: [], with: { expires: WHEN.today, port: 80 } },
  ])('why an entry does not apply: $why', ({ why, with: of, listMask = 1 }) => {
    const matcher = new Matcher({ cacheEntries: 10 });
    matcher.use(snapshotOf([[entry('host.example', { id: 1n, ...of })]]));
    const judge = new Judge(matcher, [{ action: 'block' }, { action: 'block' }]);
    const found = explainedBy(judge, 'http://host.example/', { ...WHEN, listMask }).lookUps[0];
    expect(found).toMatchObject({ outcome: why.length === 0 ? 'hit' : 'inapplicable', why });
  });

  test('an expired entry is found and does not apply', () => {
    const story = explained('http://host.example/old');
    expect(story.verdict?.action).toBe('pass');
    expect(
      story.lookUps.find(({ table, expression }) => table === 'path' && expression === 'host.example/old')?.outcome,
    ).toBe('inapplicable');
    expect(story.enforceableOverTls).toBeNull();
  });

  test.each([
    ['mailto:x@host.example', null],
    ['http://a b.example/', 'http://a%20b.example/'],
  ])('%s is refused', (text, canonical) => {
    expect(explained(text)).toEqual({
      canonical,
      verdict: null,
      urlVerdict: null,
      lookUps: [],
      decidedBy: null,
      enforceableOverTls: null,
    });
  });

  test('a fingerprint without its proof is named as such', () => {
    const matcher = new Matcher({ cacheEntries: 10 });
    matcher.use(snapshotOf([[entry('secret.example')]], truncatedHash(0)));
    const story = explainedBy(new Judge(matcher, [{ action: 'block' }]), 'http://other/', WHEN);
    expect(story.lookUps).toEqual([
      {
        expression: 'other',
        table: 'host',
        segment: 0,
        digest: '0'.repeat(16),
        reading: null,
        fold: null,
        outcome: 'unproved',
        why: [],
        entries: [],
      },
    ]);
    expect(story.verdict?.action).toBe('pass');
  });
});
