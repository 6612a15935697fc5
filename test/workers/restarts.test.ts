/** When a dead worker is replaced. */
import { describe, expect, test } from '@jest/globals';
import { Restarts } from '../../src/workers/restarts.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const SHORT = 400;
const LONG = 10_001;

describe('the back-off', () => {
  const time = new VirtualTime();

  test('doubles while a worker dies young, up to ten seconds, also when it has served each time', () => {
    const restarts = new Restarts(() => {}, time);
    restarts.hasServed = true;
    expect(Array.from({ length: 9 }, () => restarts.after(0, SHORT))).toEqual([
      100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000,
    ]);
  });

  test('is that of one worker; one that has lived long begins anew', () => {
    const restarts = new Restarts(() => {}, time);
    restarts.hasServed = true;
    for (let i = 0; i < 4; i++) restarts.after(0, SHORT);
    expect(restarts.after(1, SHORT)).toBe(100);
    expect(restarts.after(0, LONG)).toBe(100);
    expect(restarts.after(0, SHORT)).toBe(200);
    expect([restarts.of(0), restarts.of(1), restarts.total]).toEqual([6, 1, 7]);
  });

  test('is waited for, unless all is over', async () => {
    const spawned: number[] = [];
    const restarts = new Restarts((worker) => spawned.push(worker), time);
    restarts.after(0, LONG);
    restarts.after(1, LONG);
    await time.advance(99);
    expect(spawned).toEqual([]);
    await time.advance(1);
    expect(spawned).toEqual([0, 1]);
    restarts.after(1, LONG);
    restarts.stop();
    await time.advance(LONG);
    expect(spawned).toEqual([0, 1]);
  });

  test('one that never served is given up at its third death', () => {
    const restarts = new Restarts(() => {}, time);
    expect([1, 2, 3].map(() => restarts.after(0, SHORT))).toEqual([100, 200, null]);
  });
});
