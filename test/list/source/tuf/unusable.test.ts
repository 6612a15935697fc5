/** What cannot be used is fetched again after a minute, two, four, up to an hour; a clock that is set does not keep it away for ever. */
import { expect, test } from '@jest/globals';
import { listError } from '../../../../src/list/list-error.ts';
import { Unusable } from '../../../../src/list/source/tuf/unusable.ts';

const MINUTE = 60_000;
const FAULT = listError('inconsistent', 'of the test');

test('each time later, up to an hour', () => {
  const unusable = new Unusable();
  const waits: number[] = [];
  let now = 1_800_000_000_000;
  for (let i = 0; i < 9; i += 1) {
    expect(unusable.add('a', FAULT, now)).toBe(FAULT);
    let wait = 0;
    while (unusable.faultOf('a', now + wait) !== null) wait += MINUTE / 2;
    waits.push(wait / MINUTE);
    now += wait;
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

test('to the millisecond', () => {
  const unusable = new Unusable();
  unusable.add('a', FAULT, 1000);
  expect([unusable.faultOf('a', 1000 + MINUTE - 1), unusable.faultOf('a', 1000 + MINUTE)]).toEqual([FAULT, null]);
});

test('another thing may be fetched at once, and begins with a minute', () => {
  const unusable = new Unusable();
  unusable.add('a', FAULT, 0);
  unusable.add('a', FAULT, MINUTE);
  expect(unusable.faultOf('b', MINUTE)).toBeNull();
  unusable.add('b', FAULT, MINUTE);
  expect([unusable.faultOf('b', 2 * MINUTE - 1), unusable.faultOf('b', 2 * MINUTE)]).toEqual([FAULT, null]);
  // Of the one before nothing is known any more.
  expect(unusable.faultOf('a', MINUTE)).toBeNull();
});

test('a clock that was set back lets it be fetched', () => {
  const unusable = new Unusable();
  unusable.add('a', FAULT, 1_800_000_000_000);
  expect(unusable.faultOf('a', 1_700_000_000_000)).toBeNull();
});
