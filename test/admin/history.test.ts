import { describe, expect, test } from '@jest/globals';
import { History, STEP_MS } from '../../src/admin/history.ts';
import { Traffic } from './traffic.ts';

function history(): { traffic: Traffic; history: History; pass: (ms: number) => void } {
  const clock = { now: 1_000_000 };
  const traffic = new Traffic();
  return {
    traffic,
    history: new History(
      () => traffic.reading(),
      () => clock.now,
    ),
    pass: (ms) => (clock.now += ms),
  };
}

describe('history', () => {
  test('a step has rates, quantiles and what is open', () => {
    const { traffic, history: hour, pass } = history();
    traffic.add({ pass: 70, count: 20, allow: 10, block: 5, refuse: 3, error: 2 });
    traffic.addDurations(200e-6, 100);
    traffic.addUpstreamErrors({ dns_not_found: 4, connect: 1 });
    traffic.connections = 17;
    pass(STEP_MS);
    hour.step();
    pass(2000);
    expect(hour.hour()).toMatchObject({
      stepSeconds: 10,
      secondsAgo: [2],
      passed: [10],
      blocked: [0.5],
      refused: [0.3],
      errors: [0.2],
      upstreamErrors: [0.5],
      connections: [17],
      addedP50: [expect.closeTo(175e-6, 9)],
      addedP99: [expect.closeTo(2.49e-4, 6)],
      upstreamP50: [null],
    });
  });

  test('tells of questions too: what was blocked or steered in whole fives', () => {
    const { traffic, history: hour, pass } = history();
    traffic.addQuestions({ pass: 60, count: 10, steer: 14, block: 9, refuse: 3, error: 2 });
    pass(STEP_MS);
    hour.step();
    expect(hour.hour()).toMatchObject({
      passed: [0],
      questionsPassed: [7],
      questionsSteered: [1],
      questionsBlocked: [0.5],
      questionsRefused: [0.3],
      questionsErrors: [0.2],
    });
  });

  test('tells what was blocked by the minute, in whole fives, and nothing of a minute that is partly forgotten', () => {
    const { traffic, history: hour, pass } = history();
    const minutes = (count: number, blocked: number): void => {
      for (let step = 0; step < count * 6; step += 1) {
        if (step % 6 === 3) traffic.add({ block: blocked });
        pass(STEP_MS);
        hour.step();
      }
    };
    const rates = (): number[] => [...new Set(hour.hour().blocked)].map((rate) => Math.round((rate ?? -1) * 60));
    minutes(5, 4);
    expect(rates()).toEqual([0]);
    minutes(5, 9);
    expect(rates().filter((rate) => rate !== 0 && rate < 5)).toEqual([]);
    expect(hour.hour().blocked.filter((rate) => rate !== 0).length).toBeGreaterThan(20);
    minutes(60, 9);
    pass(STEP_MS);
    hour.step();
    pass(STEP_MS);
    hour.step();
    expect(new Set(hour.hour().blocked.slice(0, 2))).toEqual(new Set([null]));
  });

  test('holds an hour and no more', () => {
    const { history: hour, pass } = history();
    for (let step = 0; step < 1000; step += 1) {
      pass(STEP_MS);
      hour.step();
    }
    const { secondsAgo, passed } = hour.hour();
    expect(passed).toHaveLength(360);
    expect([secondsAgo[0], secondsAgo.at(-1)]).toEqual([3590, 0]);
  });

  test('a whole hour is a small answer', () => {
    const { traffic, history: hour, pass } = history();
    for (let step = 0; step < 400; step += 1) {
      traffic.add({ pass: 12_345 + step, block: 7 });
      traffic.addDurations(123e-6, step);
      pass(STEP_MS);
      hour.step();
    }
    expect(JSON.stringify(hour.hour()).length).toBeLessThan(32_000);
  });

  test('recent is the last minute, or less where there is less', () => {
    const { traffic, history: hour, pass } = history();
    expect(hour.recent()).toMatchObject({
      seconds: 0,
      rates: { passed: 0, blocked: 0, refused: 0, errors: 0 },
      upstreamErrors: {},
      dropped: {},
    });
    traffic.add({ pass: 100 });
    pass(5000);
    expect(hour.recent()).toMatchObject({ seconds: 5, rates: { passed: 20 } });
    for (let step = 0; step < 20; step += 1) {
      pass(STEP_MS);
      hour.step();
    }
    traffic.add({ pass: 60 });
    traffic.addUpstreamErrors({ dns_timeout: 3 });
    expect(hour.recent()).toMatchObject({ seconds: 60, rates: { passed: 1 }, upstreamErrors: { dns_timeout: 3 } });
  });

  test('a quantile beyond the last bound is as much as `most`, which says where that is', () => {
    const { traffic, history: hour, pass } = history();
    traffic.addDurations(5, 100);
    traffic.addUpstreamDurations(0.02, 100);
    pass(5000);
    const { addedSeconds, upstreamSeconds } = hour.recent();
    expect(addedSeconds.p99).toBe(addedSeconds.max);
    expect(upstreamSeconds.p99).toBeLessThan(upstreamSeconds.max);
  });

  test('a process that was stopped for a while shows its average, not a peak', () => {
    const { traffic, history: hour, pass } = history();
    traffic.add({ pass: 1000 });
    pass(100_000);
    hour.step();
    expect(hour.hour().passed).toEqual([10]);
  });
});
