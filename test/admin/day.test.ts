import { describe, expect, test } from '@jest/globals';
import { Day, MAX_STEPS } from '../../src/admin/day.ts';
import type { DayLook } from '../../src/admin/day.ts';
import { Traffic } from './traffic.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function day(): {
  readonly kept: Day;
  readonly traffic: Traffic;
  readonly look: () => DayLook;
  readonly pass: (minutes: number) => void;
} {
  const traffic = new Traffic();
  let now = 1_000_000_000;
  const look = (): DayLook => ({ at: now, totals: traffic.totals(), hits: traffic.reading().named.hits });
  const kept = new Day(look());
  const pass = (minutes: number): void => {
    for (let minute = 0; minute < minutes; minute += 1) {
      now += MINUTE;
      kept.look(look());
    }
  };
  return { kept, traffic, look, pass };
}

describe('a day', () => {
  test('has a step of five minutes with rates and what is open', () => {
    const { kept, traffic, look, pass } = day();
    traffic.add({ pass: 3000, error: 30, block: 600 });
    traffic.connections = 12;
    pass(5);
    expect(kept.columns(look().at)).toMatchObject({
      stepSeconds: 300,
      secondsAgo: [0],
      passed: [10],
      errors: [0.1],
      blocked: [2],
      connections: [12],
    });
  });

  test('holds a day and no more, whatever comes', () => {
    const { kept, pass, look } = day();
    pass(3 * 24 * 60);
    const { secondsAgo } = kept.columns(look().at);
    expect(secondsAgo).toHaveLength(MAX_STEPS);
    expect(secondsAgo[0]).toBeLessThan(86_400);
  });

  test('no step tells of fewer than five, nor makes up five with what was left of others', () => {
    const { kept, traffic, look, pass } = day();
    for (const count of [4, 0, 0, 1, 3, 9]) {
      traffic.add({ block: count });
      traffic.addHits({ main: count });
      pass(5);
    }
    const { blocked } = kept.columns(look().at);
    expect(blocked.map((rate) => Math.round((rate ?? 0) * 300))).toEqual([0, 0, 0, 0, 0, 5]);
    expect(kept.steps.map(({ hits }) => hits)).toEqual([{}, {}, {}, {}, {}, { main: 5 }]);
    expect(kept.hitsOf('main', look())).toEqual({ hour: 15, day: 15 });
  });

  test.each([
    { hits: 0, want: 0 },
    { hits: 1, want: null },
    { hits: 4, want: null },
    { hits: 5, want: 5 },
    { hits: 9, want: 5 },
    { hits: 1234, want: 1230 },
  ])('$hits hits are shown as $want, before and after the step ends', ({ hits, want }) => {
    const { kept, traffic, look, pass } = day();
    traffic.addHits({ main: hits });
    expect(kept.hitsOf('main', look())).toEqual({ hour: want, day: want });
    pass(5);
    expect(kept.hitsOf('main', look())).toEqual({ hour: want, day: want });
  });

  test('what is shown never differs by fewer than five from one moment to the next', () => {
    const { kept, traffic, look, pass } = day();
    const shown = new Set<number>();
    for (let minute = 0; minute < 600; minute += 1) {
      traffic.addHits({ main: minute % 3 === 0 ? 1 : 0 });
      pass(1);
      shown.add(kept.hitsOf('main', look()).day ?? 0);
    }
    expect([...shown].every((count) => count % 5 === 0)).toBe(true);
    expect(Math.max(...shown)).toBe(200);
  });

  test('an hour and a day are what they say', () => {
    const { kept, traffic, look, pass } = day();
    traffic.addHits({ main: 100 });
    pass(90);
    traffic.addHits({ main: 20 });
    pass(10);
    expect(kept.hitsOf('main', look())).toEqual({ hour: 20, day: 120 });
    pass(24 * 60);
    expect(kept.hitsOf('main', look())).toEqual({ hour: 0, day: 0 });
  });

  test('a few hits of long ago are not "fewer than five" of this hour', () => {
    const { kept, traffic, look, pass } = day();
    traffic.addHits({ main: 2 });
    pass(70);
    expect(kept.hitsOf('main', look())).toEqual({ hour: 0, day: null });
  });

  test('steps of the process before come first; what is too old, or of the future, is left out', () => {
    const { kept, traffic, look, pass } = day();
    traffic.add({ pass: 300 });
    pass(5);
    const [own] = kept.steps;
    const { at } = look();
    kept.restore(
      [25 * HOUR, 23 * HOUR, 2 * HOUR, -HOUR].map((ago) => Object.assign({}, own, { at: at - ago, hits: { main: 5 } })),
      at,
    );
    expect(kept.columns(at).secondsAgo).toEqual([82_800, 7200, 0]);
    expect(kept.hitsOf('main', look())).toEqual({ hour: 0, day: 10 });
  });

  test('the last step ends with the process', () => {
    const { kept, traffic, look, pass } = day();
    traffic.addHits({ main: 7 });
    pass(2);
    kept.end(look());
    expect(kept.steps).toMatchObject([{ hits: { main: 5 } }]);
  });

  test('a list that is gone is not remembered', () => {
    const { kept, traffic, look, pass } = day();
    traffic.addHits({ main: 3 });
    pass(5);
    const { at, totals } = look();
    kept.look({ at: at + 5 * MINUTE, totals, hits: {} });
    expect(kept.hitsOf('main', { at: at + 5 * MINUTE, totals, hits: {} })).toEqual({ hour: 0, day: 0 });
  });
});
