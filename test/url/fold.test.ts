import { describe, expect, test } from '@jest/globals';
import {
  FOLD,
  beforeParameters,
  foldedPath,
  foldedTarget,
  foldText,
  hasBackslashInParameters,
  withoutParameters,
} from '../../src/url/fold.ts';
import { canonicalPath } from '../../src/url/path.ts';

describe('withoutParameters', () => {
  test.each([
    ['/a/b', '/a/b'],
    ['/a;x/b', '/a/b'],
    ['/a;x', '/a'],
    ['/a;x;y=1/b;z', '/a/b'],
    ['/;x/a', '//a'],
    ['/a;x%2fy/b', '/a/b'],
    ['/a;x\\y/b', '/a/b'],
    ['/a%3bx/b', '/a%3bx/b'],
    [';', ''],
  ])('%s is %s', (raw, want) => {
    expect(withoutParameters(raw)).toBe(want);
  });
});

test.each([
  ['/;\\page', true],
  ['/a;x/b;y\\c', true],
  ['/a;x;y\\c/d', true],
  ['/a\\b;x/c', false],
  ['/a;x/b\\c;y/d', false],
  ['/a;x', false],
  ['/a\\b', false],
])('a backslash inside of the parameters of %s: %s', (raw, want) => {
  expect(hasBackslashInParameters(raw)).toBe(want);
});

test.each([
  ['/a/b', '/a/b'],
  ['/a;x/b', '/a'],
  ['/a/b;x;y', '/a/b'],
  ['/a%3bx/b', '/a%3bx/b'],
  [';', ''],
])('%s before its parameters is %s', (raw, want) => {
  expect(beforeParameters(raw)).toBe(want);
});

describe('foldedPath', () => {
  test.each([
    ['/Dir/A%C3%89?', FOLD.case, '/dir/a%c3%89'],
    ['/Dir/', FOLD.slash, '/Dir'],
    ['/', FOLD.slash, '/'],
    ['/Dir/', FOLD.case | FOLD.slash, '/dir'],
    ['/Dir;x/', FOLD.params, '/Dir;x/'],
    ['/Dir/', 0, '/Dir/'],
  ])('%s under %d is %s', (raw, fold, want) => {
    expect(foldedPath(canonicalPath(raw.replace('?', '')), fold)).toBe(want);
  });
});

describe('foldedTarget', () => {
  test.each([
    ['/A;b/C/?Q=1;X', FOLD.case | FOLD.params | FOLD.slash, '/a/c', 'Q=1;X'],
    ['/A/;b/C', FOLD.params, '/A/C', null],
    ['/A/?', FOLD.slash, '/A', null],
    ['/x/../A', 0, '/A', null],
  ])('%s under %d', (target, fold, path, query) => {
    expect(foldedTarget(target, fold)).toEqual({ path, query });
  });
});

test('foldText names what is folded, as a list writes it', () => {
  expect([0, 1, 2, 4, 5, 7].map(foldText)).toEqual(['', 'case', 'params', 'slash', 'case,slash', 'case,params,slash']);
  expect([8, 9, 15].map(foldText)).toEqual(['info', 'case,info', 'case,params,slash,info']);
});
