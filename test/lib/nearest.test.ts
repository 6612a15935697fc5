import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { editDistance, nearest } from '../../src/lib/nearest.ts';

describe('nearest', () => {
  test.each([
    { name: 'prot', known: ['port', 'name', 'mode'], want: 'port' },
    { name: 'tipline', known: ['help', 'tipLine'], want: 'tipLine' },
    { name: 'adress', known: ['address', 'port'], want: 'address' },
    { name: 'x', known: ['y'], want: 'y' },
    { name: 'zzzzz', known: ['port', 'name'], want: null },
    { name: 'port', known: [], want: null },
    { name: 'perOrigin', known: ['maxIdlePerOrigin', 'maxIdle'], want: 'maxIdlePerOrigin' },
    { name: 'open', known: ['allow', 'openProxy', 'abortOnFin'], want: 'openProxy' },
    { name: 'open', known: ['openProxy', 'openOnceForAll'], want: null },
    { name: 'pro', known: ['openProxyForAll'], want: null },
    { name: 'a'.repeat(5000), known: ['port'], want: null },
  ])('$name', ({ name, known, want }) => {
    expect(nearest(name, known)).toBe(want);
  });

  test('the distance is a distance', () => {
    const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

test('names of as many letters as are compared, and of one more', () => {
  const [known, mistyped] = [(length: number) => 'a'.repeat(length), (length: number) => `${'a'.repeat(length - 1)}b`];
  expect(nearest(mistyped(64), [known(64)])).toBe(known(64));
  expect(nearest(mistyped(65), [known(65)])).toBeNull();
});
