/** Packed names: sorted as their labels from the right are, in whatever order they come and however many they are. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { flagsAt, isWithin, SortedNames } from '../../../src/outlets/zones/sorted-names.ts';
import { isPlainName } from '../../../src/url/host.ts';

function sorted(given: readonly (readonly [string, number])[]): (readonly [string, number])[] {
  const names = new SortedNames();
  for (const [host, flags] of given) {
    if (!isPlainName(host)) throw new Error(host);
    names.add(host, flags);
  }
  names.sort();
  return Array.from({ length: names.count }, (_, i) => {
    const start = names.startOf(i);
    const end = flagsAt(names.bytes, start);
    return [
      names.bytes
        .toString('latin1', start, end - 1)
        .split('\0')
        .toReversed()
        .join('.'),
      names.bytes[end] ?? 0,
    ] as const;
  });
}

function keyOf([host, flags]: readonly [string, number]): string {
  return `${host.split('.').toReversed().join('\0')}\0${String.fromCharCode(flags)}`;
}

const label = fc.stringMatching(/^[a-c0-2_-]{1,3}$/);
const host = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => [...labels, 'x'].join('.'));

test('as the labels from the right', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(host, fc.integer({ min: 1, max: 15 })), { maxLength: 200, size: 'max' }), (given) => {
      const want = given.map(keyOf).toSorted();
      expect(sorted(given).map(keyOf)).toEqual(want);
    }),
    { numRuns: 500 },
  );
});

test('many that differ late, come sorted, and are the same', () => {
  const deep = 'a.'.repeat(100);
  const given = Array.from({ length: 20_000 }, (_, i) => [`${i % 5000}.${deep}example`, 1 + (i % 3)] as const);
  const result = sorted(given);
  expect(result.map(keyOf)).toEqual(given.map(keyOf).toSorted());
});

test.each([
  ['a.x', 'a.x', true],
  ['b.a.x', 'a.x', true],
  ['ba.x', 'a.x', false],
  ['a.x', 'b.a.x', false],
  ['x', 'a.x', false],
])('%s is within %s: %s', (name, above, want) => {
  // Each in memory of its own length: nothing stands behind it.
  const packed = (text: string): Parameters<typeof isWithin>[0] => {
    const bytes = Buffer.from(`${text.split('.').toReversed().join('\0')}\0`, 'latin1');
    return { bytes, start: 0, end: bytes.length };
  };
  expect(isWithin(packed(name), packed(above))).toBe(want);
});
