/** What is read of kept files: a value, or null for whatever it should not be. */
import { expect, test } from '@jest/globals';
import { countOf, isDay, isTexts, mapped } from '../../src/report/kept-json.ts';

test('what is none is null', () => {
  expect([0, 3, -1, '3', null].map(countOf)).toEqual([0, 3, null, null, null]);
  expect([{ a: 1, b: 2 }, { a: 1, b: 'x' }, [1], null].map((value) => mapped(value, countOf))).toEqual([
    { a: 1, b: 2 },
    null,
    null,
    null,
  ]);
  expect([[], ['a'], ['a', 1], 'a'].map(isTexts)).toEqual([true, true, false, false]);
  expect(['2026-11-24', '2026-11-24T', '', 20261124].map(isDay)).toEqual([true, false, false, false]);
});
