import { expect, test } from '@jest/globals';
import { bucketsFor, filterBits, HEADER, offsetsOf } from '../../src/match/segment-layout.ts';
import { buildSegment, openSnapshot } from '../../src/match/snapshot.ts';
import { entry, testKeys } from './support.ts';

test.each([
  { high: 0, want: [0] },
  { high: 1 | (2 << 5) | (3 << 10), want: [1, 2, 3] },
  { high: 31 | (30 << 5) | (29 << 10), want: [29, 30, 31] },
  { high: -1 << 15, want: [0] },
])('the filter keeps three times five bits of $high', ({ high, want }) => {
  const bits = filterBits(high) >>> 0;
  expect(Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => (bits & (1 << bit)) !== 0)).toEqual(want);
});

test.each(['hosts', 'hints', 'expressions'] as const)(
  'an index of %s that does not end with its rows is refused',
  (table) => {
    const { bytes } = buildSegment([entry('a.example'), entry('b.example/x')], testKeys(1));
    const header = new Uint32Array(bytes.buffer, bytes.byteOffset, 16);
    const read = (name: keyof typeof HEADER): number => header[HEADER[name]] ?? 0;
    const rows = { hosts: read('hostRows'), hints: read('hintRows'), expressions: read('expressionRows') }[table];
    const offsets = offsetsOf({
      filterWords: read('filterWords'),
      hostRows: read('hostRows'),
      hostBuckets: read('hostBuckets'),
      hintRows: read('hintRows'),
      hintBuckets: read('hintBuckets'),
      expressionRows: read('expressionRows'),
      expressionBuckets: read('expressionBuckets'),
    });
    const last = new Int32Array(bytes.buffer, bytes.byteOffset + offsets[table].buckets + bucketsFor(rows) * 4, 1);
    expect(last[0]).toBe(1);
    last[0] = 2;
    expect(() => openSnapshot([{ bytes, entries: 0 }])).toThrow('segment 0 is damaged');
  },
);
