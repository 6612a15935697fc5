import { expect, jest, test } from '@jest/globals';
import { share, shareOf, takeWhole } from './share.ts';

test('shares of neighbouring turns have nothing in common, and together all; whole, each has all', () => {
  const items = Array.from({ length: 10 }, (_, i) => i);
  const shares = [0, 1, 2].map((turn) => share(items, 3, turn));
  expect(shares.flat().toSorted((a, b) => a - b)).toEqual(items);
  expect(shares.map((one) => one.length).toSorted((a, b) => a - b)).toEqual([3, 3, 4]);
  expect(share(items, 3, 3)).toEqual(shares[0]);
  expect(shares[0]?.every((item) => (item + jest.getSeed()) % 3 === 0)).toBe(true);
  expect([shareOf(10, 3), shareOf(3, 4)]).toEqual([4, 1]);
  takeWhole();
  expect([share(items, 3), shareOf(10, 3)]).toEqual([items, 10]);
});
