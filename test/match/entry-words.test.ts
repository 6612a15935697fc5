/** What an entry says besides its key, as numbers, and the columns in which they grow. */
import { describe, expect, test } from '@jest/globals';
import { IntColumn } from '../../src/match/columns.ts';
import { depthsOf, extentOf, foldOf, metaOf, scopesOf, steerOf } from '../../src/match/entry-words.ts';
import { FOLD } from '../../src/url/fold.ts';
import { HINT, KIND, META, SCOPE, SUBDOMAIN_SHIFT } from '../../src/match/segment-layout.ts';
import { entry } from './support.ts';

describe('the meta word', () => {
  test('holds each thing in its own bits', () => {
    const all = entry('*.a.example/x?q', {
      port: 0xffff,
      list: 31,
      fold: 7,
      count: true,
      test: true,
      dns: true,
      steer: true,
    });
    const meta = metaOf(all);
    expect({
      port: meta & META.portMask,
      list: (meta >>> META.listShift) & META.listMask,
      kind: (meta >>> META.kindShift) & META.kindMask,
      fold: (meta >>> META.foldShift) & META.foldMask,
      isWithdrawn: (meta & META.withdrawn) !== 0,
    }).toEqual({ port: 0xffff, list: 31, kind: KIND.url, fold: 7, isWithdrawn: false });
  });

  test.each(['subdomains', 'count', 'test', 'dns', 'steer'] as const)('%s is one bit of it', (name) => {
    const [without, with_] = [entry('a.example'), entry('a.example', { [name]: true })].map(metaOf);
    expect((with_ ?? 0) ^ (without ?? 0)).toBe(META[name]);
  });
});

describe('how far a path reaches', () => {
  test.each([
    { text: 'a.example', extent: 0, scope: 0, depths: 0 },
    { text: 'a.example/*', extent: 0, scope: SCOPE.root, depths: 0 },
    { text: 'a.example/x/*', extent: 1, scope: SCOPE.directories, depths: 1 },
    { text: `a.example/${'x/'.repeat(32)}*`, extent: 32, scope: SCOPE.directories, depths: 1 << 31 },
    { text: 'a.example/x?*', extent: 0, scope: SCOPE.path, depths: 0 },
    { text: 'a.example/x', extent: 0, scope: SCOPE.path, depths: 0 },
    { text: 'a.example/x?q', extent: 1, scope: SCOPE.query, depths: 0 },
    { text: 'a.example/x.php?*', fold: FOLD.info, extent: 64, scope: SCOPE.path, depths: 0 },
    { text: 'a.example/x.php', fold: FOLD.info, extent: 64, scope: SCOPE.path, depths: 0 },
    { text: 'a.example/x.php?q', fold: FOLD.info | FOLD.case, extent: 65, scope: SCOPE.query, depths: 0 },
  ])('$text, fold $fold', ({ text, fold = 0, extent, scope, depths }) => {
    const [one, below] = [entry(text, { fold }), entry(`*.${text}`, { fold })];
    expect(foldOf(metaOf(one), extent)).toBe(fold);
    expect(extentOf(one)).toBe(extent);
    expect(scopesOf(metaOf(one), extent)).toBe(scope);
    expect(scopesOf(metaOf(below), extent)).toBe(scope << SUBDOMAIN_SHIFT);
    expect(depthsOf(metaOf(one), extent)).toBe(depths);
  });
});

test('what steers is said for the host, or for what is below it too; what is withdrawn does not', () => {
  const meta = metaOf(entry('a.example', { steer: true }));
  expect(steerOf(metaOf(entry('a.example')))).toBe(0);
  expect(steerOf(meta)).toBe(HINT.steer);
  expect(steerOf(metaOf(entry('*.a.example', { steer: true })))).toBe(HINT.steerSubdomains);
  expect(steerOf(meta | META.withdrawn)).toBe(0);
});

test('a column grows, and holds what was pushed and set', () => {
  const column = new IntColumn();
  for (let i = 0; i < 3000; i += 1) column.push(i);
  column.set(1023, 7);
  expect([column.length, column.get(0), column.get(1023), column.get(1024), column.get(2999)]).toEqual([
    3000, 0, 7, 1024, 2999,
  ]);
  expect(column.view()).toHaveLength(3000);
});
