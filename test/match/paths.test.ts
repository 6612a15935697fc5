/** Entries on paths: what a hint says of a host, and that just the entries that cover a URL are found, each once. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Entry } from '../../src/match/entry.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { UrlProbe } from '../../src/match/probe.ts';
import { FOLD, foldedTarget } from '../../src/url/fold.ts';
import { entry, snapshotOf } from './support.ts';

const probe = new UrlProbe();

function matcherOf(entries: readonly Entry[]): Matcher {
  const matcher = new Matcher({ cacheEntries: 100 });
  matcher.use(snapshotOf([entries]));
  return matcher;
}

describe('a hint', () => {
  const nothing = { root: false, depths: 0, path: false, query: false, isParent: false, fold: 0 };
  test.each([
    { text: 'a.example/*', hint: { ...nothing, root: true } },
    { text: 'a.example/d/*', hint: { ...nothing, depths: 1 } },
    { text: 'a.example/d/e/f/*', hint: { ...nothing, depths: 4 } },
    { text: 'a.example/p?*', hint: { ...nothing, path: true } },
    { text: 'a.example/p', hint: { ...nothing, path: true } },
    { text: 'a.example/p?q', hint: { ...nothing, query: true } },
    { text: '*.a.example/p?q', hint: { ...nothing, query: true } },
    { text: '*.example/d/*', hint: { ...nothing, depths: 1, isParent: true } },
  ])('of $text says what exists, and no more', ({ text, hint }) => {
    expect(matcherOf([entry(text)]).lookup('a.example')!.hints).toMatchObject([hint]);
  });

  test('of entries with one fold says all that exists; each fold has a hint of its own', () => {
    const entries = [
      entry('a.example/d/*'),
      entry('a.example/p', { fold: FOLD.case }),
      entry('a.example/d/e/*'),
      entry('a.example/p?q'),
      entry('*.a.example/*', { fold: FOLD.case }),
    ];
    const { hints } = matcherOf(entries).lookup('a.example')!;
    expect(hints.toSorted((a, b) => a.fold - b.fold)).toMatchObject([
      { ...nothing, depths: 3, query: true },
      { ...nothing, root: true, path: true, fold: FOLD.case },
    ]);
  });

  test('is none where entries hold for the host above alone', () => {
    expect(matcherOf([entry('example/d/*')]).lookup('a.example')!.hints).toEqual([]);
  });
});

const HOSTS = ['a.example', 'b.a.example', 'c.b.a.example'];
const TARGETS = [
  '/',
  '/d/',
  '/d',
  '/d/e',
  '/d/e/',
  '/d/e/f',
  '/D/E/f',
  '/p',
  '/P',
  '/p/',
  '/p?q',
  '/p?Q',
  '/d/e?q',
  '/d/?q',
];
const FOLDS = [0, 0, FOLD.case, FOLD.slash, FOLD.case | FOLD.slash];
/** What stands behind a page is for whoever asks (policy/path-questions.ts): keys are those of another fold. */
const PAGE_FOLDS = [...FOLDS, FOLD.info, FOLD.info | FOLD.case];
const SCOPES = ['/*', '/d/*', '/d/e/*', '/d/e/f/*', '/p?*', '/p', '/p?q', '/d/e?*', '/d/e', '/d/'];

const anyEntry = fc.record({
  subdomains: fc.constantFrom('', '*.'),
  host: fc.constantFrom(...HOSTS),
  scope: fc.constantFrom(...SCOPES),
  fold: fc.constantFrom(...PAGE_FOLDS),
});

test('the entries that cover a URL are found, each once, and no other', () => {
  let covered = 0;
  fc.assert(
    fc.property(fc.array(anyEntry, { minLength: 1, maxLength: 30, size: 'max' }), (given) => {
      const entries = given.map(({ subdomains, host, scope, fold }, i) =>
        entry(`${subdomains}${host}${scope}`, { fold: scope.endsWith('/*') ? fold & ~FOLD.info : fold, id: BigInt(i) }),
      );
      const matcher = matcherOf(entries);
      for (const host of HOSTS)
        for (const target of TARGETS) {
          const want = entries.filter((one) => covers(one, host, target)).map(({ id }) => id);
          covered += want.length;
          expect({ host, target, found: found(matcher, host, target) }).toEqual({ host, target, found: want });
        }
    }),
    { numRuns: 60 },
  );
  expect(covered).toBeGreaterThan(1000);
});

describe('entries of one key differ by kind: a URL, a page with any query, a directory', () => {
  const scopes = ['/d/', '/d/?*', '/d/*', '/d/?q'];
  const matcher = matcherOf(scopes.map((scope, i) => entry(`a.example${scope}`, { id: BigInt(i) })));
  test.each([
    { target: '/d/', want: ['/d/', '/d/?*', '/d/*'] },
    { target: '/d/?q', want: ['/d/?*', '/d/*', '/d/?q'] },
    { target: '/d/?other', want: ['/d/?*', '/d/*'] },
    { target: '/d/below', want: ['/d/*'] },
    { target: '/d/below?q', want: ['/d/*'] },
    { target: '/d', want: [] },
  ])('$target', ({ target, want }) => {
    expect(found(matcher, 'a.example', target).map((id) => scopes[Number(id)])).toEqual(want);
  });
});

function found(matcher: Matcher, host: string, target: string): readonly bigint[] {
  const ids: bigint[] = [];
  for (const hint of matcher.lookup(host)!.hints)
    hint.segment.findPaths(probe, hint, foldedTarget(target, hint.fold), ({ entries }) =>
      ids.push(...entries.map(({ id }) => id)),
    );
  return ids.toSorted((a, b) => Number(a - b));
}

/** What an entry means, word by word. */
function covers({ host, subdomains, path, fold }: Entry, asked: string, target: string): boolean {
  if (asked !== host && !(subdomains && asked.endsWith(`.${host}`))) return false;
  const folded = foldedTarget(target, fold);
  switch (path.kind) {
    case 'host':
      return false;
    case 'directory':
      return folded.path.startsWith(path.path) || ((fold & FOLD.slash) !== 0 && `${folded.path}/` === path.path);
    case 'page':
      return folded.path === path.path;
    case 'url':
      return folded.path === path.path && folded.query === path.query;
  }
}
