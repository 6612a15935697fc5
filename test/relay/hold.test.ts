/** What is too great a change: at the bound and one more. */
import { expect, test } from '@jest/globals';
import { holdReason } from '../../src/relay/hold.ts';

const GATE = { growth: 0.5, shrink: 0.25 };

test.each([
  { before: 0, after: 1_000_000, held: false },
  { before: 999, after: 0, held: false },
  { before: 1000, after: 1500, held: false },
  { before: 1000, after: 1501, held: true },
  { before: 1000, after: 750, held: false },
  { before: 1000, after: 749, held: true },
])('from $before to $after: $held', ({ before, after, held }) => {
  expect(holdReason(before, after, GATE) !== null).toBe(held);
});

test('it says from what to what, and which key decides', () => {
  expect(holdReason(1000, 2000, GATE)).toBe('from 1000 to 2000 entries: more than gate.growth allows');
  expect(holdReason(1000, 0, GATE)).toBe('from 1000 to 0 entries: more than gate.shrink allows');
});
