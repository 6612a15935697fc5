/** The ids of the entries in a segment: each once, not what has expired. */
import { expect, test } from '@jest/globals';
import { entryIds } from '../../src/match/entry-ids.ts';
import { buildSegment } from '../../src/match/snapshot.ts';
import { entry, testKeys } from './support.ts';

test('of hosts and of paths, of 64 bits; what has expired is left out', () => {
  const entries = [
    entry('a.example', { id: 3n }),
    entry('b.example/x', { id: 2n ** 64n - 2n }),
    entry('b.example/y/*', { id: 2n ** 32n, expires: 100 }),
    entry('c.example', { id: 5n, expires: 99 }),
  ];
  const { bytes } = buildSegment(entries, testKeys(1));
  const ids = [...entryIds(bytes, 100)].toSorted((a, b) => Number(a - b));
  expect(ids).toEqual([3n, 2n ** 32n, 2n ** 64n - 2n]);
});
