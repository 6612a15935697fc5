/** What of a configuration with faults is looked at: sound lists, and no key that has a fault. */
import { expect, test } from '@jest/globals';
import { soundPart } from '../../src/config/sound-part.ts';

const DATA = { workers: 2, admin: { port: 1 }, lists: ['a', 'b', 'c'] };

test.each([
  { faulty: [], want: { data: DATA, listIndexes: [0, 1, 2] } },
  {
    faulty: ['lists[1].source', 'lists[1].action'],
    want: { data: { ...DATA, lists: ['a', 'c'] }, listIndexes: [0, 2] },
  },
  { faulty: ['admin.port'], want: { data: { workers: 2, lists: DATA.lists }, listIndexes: [0, 1, 2] } },
  { faulty: ['admin'], want: { data: { workers: 2, lists: DATA.lists }, listIndexes: [0, 1, 2] } },
  { faulty: ['lists'], want: { data: { ...DATA, lists: [] }, listIndexes: [] } },
  // `lists[1]` is not the beginning of `lists[10]`.
  { faulty: ['lists[10].source'], want: { data: DATA, listIndexes: [0, 1, 2] } },
])('without $faulty', ({ faulty, want }) => {
  expect(soundPart(DATA, faulty)).toEqual(want);
});

test('no shape is too odd', () => {
  for (const data of [null, undefined, 7, 'x', [], ['lists'], { lists: 7 }])
    expect(soundPart(data, [])).toEqual({ data: { lists: [] }, listIndexes: [] });
});
