/** What the data threads and the log are told of the clock. */
import { expect, test } from '@jest/globals';
import { TrustedClock } from '../../src/workers/trusted-clock.ts';
import { ClockWatch } from '../../src/workers/clock-watch.ts';
import { TODAY_SLOT } from '../../src/workers/messages.ts';
import { memoryLog } from '../support/memory-log.ts';

const DAY = 86_400_000;

test('the day goes on as if there had been no jump, until a reload', () => {
  let [wall, steady] = [20_000 * DAY + 1, 0];
  const log = memoryLog();
  const control = new Int32Array(16);
  const watch = new ClockWatch(new TrustedClock({ wall: () => wall, steady: () => steady }), control, log);
  expect(control[TODAY_SLOT]).toBe(20_000);
  wall += 400 * DAY;
  watch.look();
  expect([control[TODAY_SLOT], watch.jumpSeconds]).toEqual([20_000, 400 * 86_400]);
  expect(watch.earliest()).toBe(watch.now());
  wall += DAY;
  steady += DAY - 1000;
  watch.look();
  expect(control[TODAY_SLOT]).toBe(20_000);
  steady += 500;
  expect(watch.follow()).toBe(new Date(20_401 * DAY + 1).toISOString());
  expect([control[TODAY_SLOT], watch.jumpSeconds]).toEqual([20_401, 0]);
  expect(watch.follow()).toBeNull();
  expect(log.events.map(({ event }) => event)).toEqual(['clock.jumped', 'clock.followed']);
});

test('where the clock was ahead and has been set back, the earliest that it may be is what it says', () => {
  let [wall, steady] = [20_000 * DAY, 0];
  const watch = new ClockWatch(
    new TrustedClock({ wall: () => wall, steady: () => steady }),
    new Int32Array(16),
    memoryLog(),
  );
  expect(watch.earliest()).toBe(20_000 * DAY);
  wall -= 400 * DAY;
  watch.look();
  expect([watch.now(), watch.earliest()]).toEqual([20_000 * DAY, 19_600 * DAY]);
  steady += 1;
  wall += 1;
  expect([watch.now(), watch.earliest()]).toEqual([20_000 * DAY + 1, 19_600 * DAY + 1]);
  watch.follow();
  expect([watch.now(), watch.earliest()]).toEqual([19_600 * DAY + 1, 19_600 * DAY + 1]);
});

// Was a fault: a reload within the ten seconds before the next look took the new time, and nothing said so anywhere.
test('a reload right after the clock was set says that it was', () => {
  let wall = 20_000 * DAY;
  const log = memoryLog();
  const watch = new ClockWatch(new TrustedClock({ wall: () => wall, steady: () => 0 }), new Int32Array(16), log);
  wall += 2 * DAY;
  expect(watch.follow()).toBe(new Date(20_002 * DAY).toISOString());
  expect(log.events.map(({ event }) => event)).toEqual(['clock.jumped', 'clock.followed']);
  wall += 60_000;
  expect(watch.follow()).toBeNull();
});
