/** What versions add and remove, summed up: what cannot be known is counted as such, and what comes back is an addition. */
import { expect, test } from '@jest/globals';
import { afterUpdate, afterWithdrawal, NO_TURNOVER } from '../../src/list/turnover.ts';

test('versions that can be compared', () => {
  const once = afterUpdate(NO_TURNOVER, { added: 12, removed: 3 });
  expect(afterUpdate(once, { added: 0, removed: 5 })).toEqual({ added: 12, removed: 8, unknown: 0 });
});

test('a version that cannot be compared is counted by itself', () => {
  expect(afterUpdate({ added: 1, removed: 2, unknown: 3 }, null)).toEqual({ added: 1, removed: 2, unknown: 4 });
});

test.each([
  [7, { added: 0, removed: 7, unknown: 0 }],
  [0, { added: 0, removed: 0, unknown: 0 }],
  [-7, { added: 7, removed: 0, unknown: 0 }],
])('a withdrawal that leaves %i entries less', (withdrawn, want) => {
  expect(afterWithdrawal(NO_TURNOVER, withdrawn)).toEqual(want);
});
