/** When it is told that much of a list is withdrawn. */
import { expect, test } from '@jest/globals';
import { isMassWithdrawal } from '../../src/list/mass-withdrawal.ts';

test.each([
  { withdrawn: 0, entries: 0, want: false },
  { withdrawn: 1, entries: 1, want: false },
  { withdrawn: 1, entries: 0, want: true },
  { withdrawn: 19, entries: 1, want: false },
  { withdrawn: 20, entries: 180, want: false },
  { withdrawn: 20, entries: 179, want: true },
  { withdrawn: 305, entries: 0, want: true },
  { withdrawn: 999, entries: 1_000_000, want: false },
  { withdrawn: 1000, entries: 1_000_000, want: true },
])('$withdrawn withdrawn, $entries left: $want', ({ want, ...stats }) => {
  expect(isMassWithdrawal(stats)).toBe(want);
});
