/** Losses of another tool's list in one line: both kinds, and nothing where there are none. */
import { expect, test } from '@jest/globals';
import { notCarriedLine } from '../../src/commands/not-carried.ts';

const LOSSES = [
  { kind: 'left', reason: 'regex', count: 12, line: 7 },
  { kind: 'narrower', reason: 'prefix', count: 1, line: 9 },
  { kind: 'left', reason: 'excepted', count: 1, line: 3 },
];

test('by reason, with the line where each comes first', () => {
  expect(notCarriedLine('ads', LOSSES)).toBe(
    'list ads: 13 parts of lines not carried over: regex 12 (first: line 7), excepted 1 (first: line 3); 1 part of a line covers less here: prefix 1 (first: line 9) (docs/migration.md has the reasons)',
  );
});

test.each([null, undefined, []])('%j: nothing is said', (losses) => {
  expect(notCarriedLine('ads', losses)).toBeNull();
});
