/** What signed times are worth, by who has signed them. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_AHEAD_MS, NO_TIMES, timesWith } from '../../../../src/list/source/tuf/signed-times.ts';

const CLOCK = 1_800_000_000_000;
const DAY = 86_400_000;
const terms = { clock: CLOCK, expiresAt: CLOCK + 90 * DAY };

test.each([
  { of: 'list', time: CLOCK + 60 * DAY, signedAt: CLOCK + 60 * DAY },
  { of: 'list', time: CLOCK + 90 * DAY, signedAt: 0 },
  { of: 'withdrawn set', time: CLOCK - DAY, signedAt: CLOCK - DAY },
  { of: 'withdrawn set', time: CLOCK + DAY, signedAt: CLOCK + DAY },
  { of: 'withdrawn set', time: CLOCK + 2 * DAY, signedAt: CLOCK + DAY },
  { of: 'withdrawn set', time: CLOCK + 90 * DAY, signedAt: 0 },
] as const)('$of: $time', ({ of, time, signedAt }) => {
  expect(timesWith(NO_TIMES, time, { of, ...terms }).signedAt).toBe(signedAt);
});

test('a clock that is behind follows what people have signed, and sets a day beyond that', () => {
  const list = timesWith(NO_TIMES, CLOCK, { of: 'list', ...terms, clock: 0 });
  expect(timesWith(list, CLOCK + DAY / 2, { of: 'withdrawn set', ...terms, clock: 0 }).signedAt).toBe(CLOCK + DAY / 2);
  expect(timesWith(list, CLOCK + 9 * DAY, { of: 'withdrawn set', ...terms, clock: 0 }).signedAt).toBe(CLOCK + DAY);
});

test('times never go back, and however many sets there are they lead by no more than a day', () => {
  const times = fc.array(fc.nat({ max: 120 }).map((days) => CLOCK + (days - 30) * DAY));
  fc.assert(
    fc.property(times, (all) => {
      let known = NO_TIMES;
      for (const time of all) {
        const next = timesWith(known, time, { of: 'withdrawn set', ...terms });
        expect(next.signedAt).toBeGreaterThanOrEqual(known.signedAt);
        known = next;
      }
      expect(known.signedAt).toBeLessThanOrEqual(CLOCK + MAX_AHEAD_MS);
    }),
  );
});
