/** A time that is shown twice is the same, although the wall clock and the monotonic one run apart by fractions of a second. */
import { expect, test } from '@jest/globals';
import { clockShift } from '../../src/lib/steady-clock.ts';
import { VirtualTime } from '../support/virtual-time.ts';

test('clocks that part by fractions around a half second: the shift stays as it was', () => {
  const time = new VirtualTime();
  const shifts: number[] = [];
  for (const by of [499, 2, -2, 231, 269, -1479, 480]) {
    time.setWall(by);
    shifts.push(clockShift(time));
  }
  expect(shifts).toEqual([0, 0, 0, 0, 0, 0, 0]);
});

test('a clock that is set shows: in whole seconds, never wrong by a second', () => {
  const time = new VirtualTime();
  let apart = 0;
  for (const by of [3_600_400, 300, 300, -3_601_000, -999, -1, 1000, 86_400_777, -86_400_776]) {
    time.setWall(by);
    apart += by;
    const shift = clockShift(time);
    expect(Math.abs(shift % 1000)).toBe(0);
    expect(Math.abs(apart - shift)).toBeLessThan(1000);
  }
});
