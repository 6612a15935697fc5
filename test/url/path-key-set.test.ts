/** Keys of one path, each once, however its readings come to them. */
import { expect, test } from '@jest/globals';
import { PathKeySet } from '../../src/url/path-key-set.ts';
import { DIRECTORY_END, PathPieces } from '../../src/url/path-pieces.ts';

const NAMES = Array.from({ length: 50 }, (_, i) => `n${i}`);

function setOf(...paths: readonly (readonly number[])[]): PathKeySet {
  const pieces = new PathPieces();
  pieces.reset();
  expect(pieces.load(`/${NAMES.join('/')}`)).toBe(true);
  const set = new PathKeySet(pieces);
  for (const path of paths) set.add(Uint8Array.from(path), path.length, 0);
  return set;
}

test('a page, and a directory of the same name, each once', () => {
  expect(setOf([1, 2], [1, 2, DIRECTORY_END], [1, 2], [1, 2, DIRECTORY_END], []).paths).toEqual([
    '/n1/n2',
    '/n1/n2/',
    '/',
  ]);
});

// The third and the fourth have one hash: 31 × 5 + 3 and 31 × 4 + 34, by the numbers of their texts.
test('paths of one hash are compared by what they consist of', () => {
  expect(setOf([0], [1], [4, 2], [3, 33], [4, 2]).paths).toEqual(['/n0', '/n1', '/n4/n2', '/n3/n33']);
});

test('it is full where there is one more than is looked up', () => {
  const some = NAMES.slice(0, 32).map((_, i) => [i]);
  expect([setOf(...some).isFull, setOf(...some, [5]).isFull, setOf(...some, [40]).isFull]).toEqual([
    false,
    false,
    true,
  ]);
});
