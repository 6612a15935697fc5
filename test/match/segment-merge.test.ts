/** Segments that become one say what one that is built of all their entries says, byte for byte; the lists of the rows are those they are told. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Entry } from '../../src/match/entry.ts';
import { segmentFault } from '../../src/match/segment-records.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { SegmentMerge } from '../../src/match/segment-merge.ts';
import { buildSegment, openSnapshot } from '../../src/match/snapshot.ts';
import { entry, testKeys } from './support.ts';

const KEYS = testKeys(3);

/** @param places of the lists. */
function merged(lists: readonly (readonly Entry[])[], places: readonly number[]): Uint8Array {
  const parts = lists.map((entries, i) => ({ bytes: buildSegment(entries, KEYS).bytes, list: places[i] ?? 0 }));
  const merge = new SegmentMerge(parts, KEYS);
  const bytes = new Uint8Array(merge.finish()).fill(0xaa);
  expect(merge.build(bytes).entries).toBe(lists.flat().length);
  return bytes;
}

function built(lists: readonly (readonly Entry[])[], places: readonly number[]): Uint8Array {
  return buildSegment(
    lists.flatMap((entries, i) => entries.map((each) => ({ ...each, list: places[i] ?? 0 }))),
    KEYS,
  ).bytes;
}

const ADDRESS = fc.constantFrom(
  'a.example',
  '*.a.example',
  '*.example',
  'b.a.example/x/*',
  'a.example/x/y/*',
  '*.a.example/*',
  'a.example/p?*',
  'a.example/p',
  'a.example/p?q=1',
  'c.example/p',
);
const ENTRY = fc
  .record({
    text: ADDRESS,
    fold: fc.constantFrom(0, 1, 3),
    port: fc.constantFrom(0, 80, 8080),
    id: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
    expires: fc.constantFrom(0, 10, 65_535),
    count: fc.boolean(),
    test: fc.boolean(),
    dns: fc.boolean(),
    steer: fc.boolean(),
  })
  .map(({ text, fold, ...more }) => entry(text, { ...more, fold: text.includes('/') ? fold : 0 }));

describe('merged', () => {
  test('of any lists', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(ENTRY, { maxLength: 30, size: 'max' }), { minLength: 2, maxLength: 5, size: 'max' }),
        fc.uniqueArray(fc.nat(31), { minLength: 5, maxLength: 5 }),
        (lists, places) => {
          const bytes = merged(lists, places);
          expect(Buffer.compare(bytes, built(lists, places))).toBe(0);
        },
      ),
    );
  });

  test('of many entries, whose buckets and filter are others than those of the parts', () => {
    const hosts = (prefix: string, count: number): Entry[] =>
      Array.from({ length: count }, (_, i) =>
        entry(i % 3 === 0 ? `${prefix}${i}.example/page` : `${prefix}${i}.example`, { id: BigInt(i + 1) }),
      );
    const lists = [hosts('a', 5000), hosts('b', 700), [], hosts('a', 100)];
    const bytes = merged(lists, [4, 0, 9, 31]);
    expect(segmentFault(bytes)).toBeNull();
    expect(Buffer.compare(bytes, built(lists, [4, 0, 9, 31]))).toBe(0);
    const matcher = new Matcher({ cacheEntries: 10 });
    matcher.use(openSnapshot([{ bytes, entries: 5800 }]));
    expect(matcher.lookup('a1.example')?.entries.map(({ list }) => list)).toEqual([4, 31]);
    expect(matcher.lookup('b1.example')?.entries.map(({ list, id }) => [list, id])).toEqual([[0, 2n]]);
    expect(matcher.lookup('c1.example')?.listed).toBe(false);
  });

  test('of the merged one again, with other places', () => {
    const lists = [[entry('a.example'), entry('b.example/x')], [entry('a.example', { id: 2n })]];
    const again = [built([lists[0]!], [0]), built([lists[1]!], [0])].map((bytes, i) => ({ bytes, list: 1 - i }));
    const merge = new SegmentMerge(again, KEYS);
    expect(Buffer.compare(merge.build(new Uint8Array(merge.finish())).bytes, built(lists, [1, 0]))).toBe(0);
  });
});
