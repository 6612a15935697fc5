import { describe, expect, test } from '@jest/globals';
import { Activity } from '../../src/admin/activity.ts';
import type { Keeper } from '../../src/admin/activity.ts';
import type { KeptDay } from '../../src/admin/day-file.ts';
import { STEP_MS } from '../../src/admin/history.ts';
import type { ControlView } from '../../src/observe/control-view.ts';
import { controlView } from '../observe/fixtures.ts';
import { madeUpList } from './made-up-instance.ts';
import { Traffic } from './traffic.ts';

const START = 1_800_000_000_000;

/** An instance that runs, and what it keeps. */
function instance(keeper: Keeper | null, overrides: Partial<ControlView> = {}, startedAt = START) {
  const traffic = new Traffic();
  let now = startedAt;
  const activity = new Activity({
    view: { ...controlView({ lists: () => [], selfTests: () => [], ...overrides }), startedAt },
    metrics: { traffic: () => traffic.totals(), byName: () => traffic.reading().named },
    now: () => now,
    keeper,
  });
  const pass = (minutes: number): void => {
    for (let step = 0; step < minutes * 6; step += 1) {
      now += STEP_MS;
      activity.step();
    }
  };
  return { activity, traffic, pass };
}

class Kept implements Keeper {
  day: KeptDay | null = null;
  writes = 0;

  async read(): Promise<KeptDay | null> {
    return await Promise.resolve(this.day);
  }

  async write(day: KeptDay): Promise<void> {
    this.day = day;
    this.writes += 1;
    await Promise.resolve();
  }
}

describe('activity', () => {
  test('a day of history survives a restart, with hits and changes; the start is marked', async () => {
    const kept = new Kept();
    const lists = [madeUpList('main', { entries: 12, loadedAt: START + 1000 })];
    const before = instance(kept, { lists: () => lists });
    await before.activity.start();
    before.traffic.add({ pass: 600 });
    before.traffic.addHits({ main: 30 });
    before.pass(12);
    await before.activity.close();

    const after = instance(kept, { lists: () => lists }, START + 30 * 60_000);
    await after.activity.start();
    after.traffic.addHits({ main: 0 });
    after.pass(1);
    const { passed, secondsAgo, marks } = after.activity.day();
    expect(passed).toEqual([2, 0, 0]);
    expect(secondsAgo).toEqual([1560, 1260, 1140]);
    expect(marks).toEqual([
      { kind: 'start', secondsAgo: 60 },
      {
        kind: 'list',
        secondsAgo: 1859,
        list: 'main',
        before: null,
        entries: 12,
        added: null,
        removed: null,
        version: null,
      },
    ]);
    expect(after.activity.lists()('main')).toMatchObject({ hits: { hour: 30, day: 30 }, changes: [{ entries: 12 }] });
    await after.activity.close();
  });

  test('is written when a step of the day ends, or a list changes, and not with every look', async () => {
    const kept = new Kept();
    let entries = 1;
    const { activity, pass } = instance(kept, {
      lists: () => [madeUpList('main', { entries, loadedAt: START + entries })],
    });
    await activity.start();
    pass(4);
    expect(kept.writes).toBe(0);
    pass(1);
    expect(kept.writes).toBe(1);
    entries = 2;
    pass(1);
    expect(kept.writes).toBe(2);
    await activity.close();
    expect(kept.writes).toBe(3);
  });

  test('what was kept is not replaced before it was read', async () => {
    const reading = Promise.withResolvers<KeptDay | null>();
    let writes = 0;
    const { activity, pass } = instance({
      read: async () => await reading.promise,
      write: async () => {
        writes += 1;
        await Promise.resolve();
      },
    });
    const started = activity.start();
    pass(20);
    await activity.close();
    expect(writes).toBe(0);
    reading.resolve(null);
    await started;
  });

  test("a list's self-tests are no hits of customers", async () => {
    const test = {
      list: 'main',
      isTested: true,
      result: 'ok',
      at: START,
      addresses: 1,
      refused: 40,
      requests: { pass: 0, block: 40, refuse: 0, error: 0 },
      questions: { pass: 0, block: 0 },
      counts: {},
    } as const;
    const { activity, traffic } = instance(null, { selfTests: () => [{ ...test, counts: COUNTS }] });
    await activity.start();
    traffic.addHits({ main: 50 });
    expect(activity.lists()('main').hits).toEqual({ hour: 10, day: 10 });
    await activity.close();
  });

  test('figures of the last minute by listener and worker, and the cores that were busy', async () => {
    let cpuSeconds = 0;
    const { activity, traffic, pass } = instance(null, {
      resources: () => ({ cpuSeconds, residentBytes: 1, virtualBytes: null, memoryLimit: null, listBytes: 0 }),
    });
    traffic.addByListener({ explicit: 0, dns: 0 });
    traffic.addByWorker([0, 0]);
    pass(1);
    traffic.addByListener({ explicit: 600, dns: 60 });
    traffic.addByWorker([540, 120]);
    traffic.connections = 8;
    cpuSeconds = 90;
    pass(1);
    expect(activity.recent()).toMatchObject({
      cpuCores: 1.5,
      listeners: { explicit: { passed: 10, blocked: 0, connections: 4 }, dns: { passed: 1, steered: 0 } },
      workers: [{ requests: 9, connections: 4 }, { requests: 2 }],
    });
    await activity.close();
  });
});

const COUNTS = {
  ok: 40,
  not_blocked: 0,
  other_list: 0,
  harmless_refused: 0,
  no_answer: 0,
  client_denied: 0,
  bypass: 0,
  list_off: 0,
  no_listener: 0,
};
