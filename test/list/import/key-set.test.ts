import { expect, test } from '@jest/globals';
import { KeySet } from '../../../src/list/import/key-set.ts';

test('it has what was added, and nothing else', () => {
  const set = new KeySet();
  for (let i = 0; i < 10_000; i++) expect(set.add(`n${i}.example`)).toBe(true);
  expect(set.add('n1.example')).toBe(true);
  for (let i = 0; i < 10_000; i++) {
    expect(set.has(`n${i}.example`)).toBe(true);
    expect(set.has(`o${i}.example`)).toBe(false);
  }
});

test('it takes no more than it may', () => {
  const set = new KeySet(16);
  const taken = Array.from({ length: 20 }, (_, i) => set.add(`n${i}.example`));
  expect(taken.filter(Boolean)).toHaveLength(8);
  expect(set.has('n7.example')).toBe(true);
  expect(set.has('n8.example')).toBe(false);
});
