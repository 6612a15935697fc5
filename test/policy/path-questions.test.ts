/** Which keys are asked for a target, for hints under several folds, and the text that an exception has to cover. */
import { describe, expect, test } from '@jest/globals';
import type { PathHint } from '../../src/match/segment.ts';
import { pathQuestions, unfoldedTarget } from '../../src/policy/path-questions.ts';
import { FOLD } from '../../src/url/fold.ts';
import { canonicalPath } from '../../src/url/path.ts';
import { MAX_PATH_KEYS } from '../../src/url/path-key-set.ts';
import { AXIS } from '../../src/url/reading-axes.ts';

/** Of the segment nothing is asked here. */
function hint(fold: number): PathHint {
  return {
    host: 'a.example',
    isParent: false,
    root: true,
    depths: 0,
    path: true,
    query: true,
    fold,
    steer: false,
  } as PathHint;
}

function asked(folds: readonly number[], target: string): readonly string[] | null {
  const questions = pathQuestions(folds.map(hint), target);
  return (
    questions?.map(
      ({ hint: { fold }, target: { path, query } }) => `${fold} ${path}${query === null ? '' : `?${query}`}`,
    ) ?? null
  );
}

describe('what is asked', () => {
  test.each([
    { folds: [0], target: '/a/b', want: ['0 /a/b'] },
    { folds: [0], target: '/a%20b?Q=%41#x', want: ['0 /a%20b?Q=A'] },
    { folds: [0, FOLD.case], target: '/A', want: ['0 /A', '1 /a'] },
    { folds: [FOLD.slash, FOLD.slash], target: '/a/', want: ['4 /a', '4 /a'] },
    { folds: [FOLD.params], target: '/a;x/b', want: ['2 /a/b', '2 /a', '2 /a?x/b'] },
    { folds: [FOLD.params], target: '/a;x=%41?y', want: ['2 /a?y', '2 /a?x=A?y'] },
    { folds: [FOLD.params], target: '/a%3bx', want: ['2 /a;x', '2 /a', '2 /a?x'] },
    { folds: [FOLD.params, 0], target: '/a;', want: ['2 /a', '2 /a', '0 /a;'] },
    { folds: [0, FOLD.info], target: '/a.php/x?y', want: ['0 /a.php/x?y', '8 /a.php/x?y', '8 /a.php?y'] },
    { folds: [FOLD.info], target: '/a.html/x', want: ['8 /a.html/x'] },
    { folds: [FOLD.info | FOLD.case], target: '/A.PHP/X', want: ['9 /a.php/x', '9 /a.php'] },
    { folds: [FOLD.info | FOLD.slash], target: '/a.php/x/', want: ['12 /a.php/x', '12 /a.php'] },
    { folds: [FOLD.info | FOLD.slash], target: '/a.php/', want: ['12 /a.php'] },
    // Python's servers end the target there.
    { folds: [], target: '/a', want: [] },
  ])('of $folds for $target', ({ folds, target, want }) => {
    expect(asked(folds, target)).toEqual(want);
  });

  test('each reading of a path on which servers differ', () => {
    const keys = asked([0], '/a/%2e%2e/b');
    expect(keys).toContain('0 /b');
    expect(keys?.length).toBeGreaterThan(1);
  });

  const ALL_FOLDS = Array.from({ length: 8 }, (_, fold) => fold);

  test.each([
    `/${'a'.repeat(4000)};x`,
    `/${'%C3%A9'.repeat(1000)}`,
    String.raw`/${'a\b;'.repeat(1000)}`,
    `/p/${'%D0%BF'.repeat(700)};v=1/x`,
    `/${'%C3%A9'.repeat(300)};jsessionid=${'A'.repeat(3000)}`,
  ])('an ordinary address is asked for under all folds, however long it is (%#)', (target) => {
    expect(asked(ALL_FOLDS, target)).not.toBeNull();
  });

  test('keys of a path on which servers differ count by their length, and by the folds under which they are looked up', () => {
    const isRead = (folds: readonly number[], bytes: number, query = ''): boolean =>
      asked(folds, `/x/%2e%2e/${'a'.repeat(bytes)}${query}`) !== null;
    expect(isRead([0], 1800)).toBe(true);
    expect(isRead(ALL_FOLDS, 200)).toBe(true);
    expect(isRead(ALL_FOLDS, 2000)).toBe(false);
    // The query is a part of each key, where there are entries with a query.
    expect(isRead(ALL_FOLDS, 200, `?${'q'.repeat(1600)}`)).toBe(false);
  });

  test('no more distinct keys than are looked up, in all folds together', () => {
    const target = '/a/%2e%2e%2fb\\..//c/%252e%252e/d';
    const keysOf = (folds: readonly number[]): string[] =>
      folds.flatMap((fold) => pathQuestions([hint(fold)], target)?.map((one) => one.target.path) ?? []);
    const all = new Set(keysOf(ALL_FOLDS));
    expect(asked(ALL_FOLDS, target) === null).toBe(all.size > MAX_PATH_KEYS);
    // Folds that make the same of it take no place of each other.
    const same = [0, FOLD.case, FOLD.info, FOLD.case | FOLD.info];
    expect(keysOf(same).length).toBeGreaterThan(MAX_PATH_KEYS);
    expect(asked(same, target)).toHaveLength(keysOf(same).length);
  });
});

/** Found by the second audit (U3): such addresses, encoded once by a program, were answered with 400. */
describe('where there is more to read than is looked up', () => {
  const long = (start: string): string => `${start}${'a'.repeat(3900)}`;

  test.each(['/x%25y/', '/50%25-off/', '/p%25%00/', '/100%25%20/'])(
    'the readings that fit are asked for, where no dots climb: %s',
    (start) => {
      const questions = pathQuestions([hint(0), hint(FOLD.params)], long(start));
      expect(questions).not.toBeNull();
      const canonical = canonicalPath(long(start));
      for (const fold of [0, FOLD.params])
        expect(questions?.filter((asked) => asked.hint.fold === fold).map(({ target }) => target.path)).toContain(
          canonical,
        );
      expect(questions?.every(({ axes }) => (axes & AXIS.partial) !== 0)).toBe(true);
    },
  );

  test.each([
    '/x/%2e%2e/y%25y/',
    '//x%25y/',
    '/%2fx%25y/',
    String.raw`/\x%25y/`,
    '/x%25y/.%25./',
    '/x%25y/.%0a./',
    '/x%25y/%25u002e%25u002e/',
    '/x%25y/%252e%252e/',
    '/x%25y/.;a/',
  ])('it is refused where dots may climb, or an authority may stand in front: %s', (start) => {
    expect(pathQuestions([hint(0)], long(start))).toBeNull();
  });

  test('names of programs without end leave the first pages asked for, under every fold', () => {
    const folds = Array.from({ length: 16 }, (_, fold) => fold);
    const questions = pathQuestions(folds.map(hint), `/a.php${'/b.php'.repeat(600)}`);
    for (const fold of folds.filter((one) => (one & FOLD.info) !== 0))
      expect(questions?.filter((asked) => asked.hint.fold === fold).map(({ target }) => target.path)).toEqual(
        expect.arrayContaining(['/a.php', '/a.php/b.php']),
      );
  });

  test('no more than are looked up are asked for each fold', () => {
    const folds = Array.from({ length: 8 }, (_, fold) => fold);
    const questions = pathQuestions(folds.map(hint), long('/x%25y%00%25u0041;%25/index.php/')) ?? [];
    for (const fold of folds)
      expect(questions.filter((asked) => asked.hint.fold === fold).length).toBeLessThanOrEqual(2 * MAX_PATH_KEYS);
  });
});

describe('the target as it came', () => {
  test.each([
    { target: '/a/b?q=1', fold: 0, want: ['/a/b', 'q=1'] },
    { target: '/A/b', fold: FOLD.case, want: ['/a/b', null] },
    { target: '/a?', fold: 0, want: ['/a', null] },
    { target: '/a?u=http%3A%2F%2Fb%2f', fold: 0, want: ['/a', 'u=http://b/'] },
    // What ends a name or a value stays escaped, and so does what an escape begins with.
    { target: '/a?x=%26%3d%2b%25%23', fold: 0, want: ['/a', 'x=%26%3D%2B%25%23'] },
    { target: '/a/../b', fold: 0, want: ['/a/../b', null] },
  ])('$target', ({ target, fold, want }) => {
    const found = unfoldedTarget(target, fold);
    expect(found === null ? null : [found.path, found.query]).toEqual(want);
  });

  test('where dots climb and something else is folded besides, it does not say where they lead', () => {
    expect(unfoldedTarget('/a/%2e%2e/b', 0)).toBeNull();
    expect(unfoldedTarget('/a%41/b', 0)?.path).toBe('/a%41/b');
  });
});
