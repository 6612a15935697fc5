/** Which jumps of the clock are followed, and when. */
import { beforeEach, expect, test } from '@jest/globals';
import { TrustedClock } from '../../src/workers/trusted-clock.ts';

const START = Date.UTC(2026, 10, 24);
const HOUR = 3_600_000;
let [wall, steady] = [0, 0];
let clock: TrustedClock;

beforeEach(() => {
  [wall, steady] = [START, START - 5];
  clock = new TrustedClock({ wall: () => wall, steady: () => steady });
});

function pass(milliseconds: number): void {
  wall += milliseconds;
  steady += milliseconds;
}

test('time passes, and what drifts by an hour or less is followed', () => {
  for (const drift of [0, 1, -1, HOUR, -HOUR]) {
    pass(10_000);
    wall += drift;
    expect([clock.look(), clock.now() - wall, clock.jumpMs]).toEqual([null, 0, 0]);
  }
});

test.each([HOUR + 1, -HOUR - 1, 100 * 365 * 24 * HOUR])('a jump of %i ms is not followed, and told once', (jump) => {
  wall += jump;
  expect([clock.look(), clock.look(), clock.now(), clock.jumpMs]).toEqual(['jumped', null, START, jump]);
  pass(HOUR);
  expect([clock.look(), clock.now() - START]).toEqual([null, HOUR]);
});

test('a clock that is set right again has not jumped', () => {
  wall += 5 * HOUR;
  clock.look();
  wall -= 5 * HOUR - 1000;
  expect([clock.look(), clock.look(), clock.now() - START, clock.jumpMs]).toEqual(['back', null, 1000, 0]);
});

test('it is followed when somebody says so, and after a day', () => {
  wall += 5 * HOUR;
  clock.look();
  expect([clock.follow(), clock.follow(), clock.now() - wall]).toEqual(['followed', null, 0]);
  wall += 5 * HOUR;
  clock.look();
  pass(24 * HOUR - 1);
  expect(clock.look()).toBeNull();
  pass(1);
  expect([clock.look(), clock.look(), clock.now() - wall, clock.jumpMs]).toEqual(['followed', null, 0, 0]);
});
