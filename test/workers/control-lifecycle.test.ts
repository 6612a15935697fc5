/** Stages, phases and promises of an instance, without any of its parts. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DEADLINES } from '../../src/lib/deadlines.ts';
import { ControlLifecycle } from '../../src/workers/control-lifecycle.ts';
import type { LifecycleParts, Phase, Stage } from '../../src/workers/control-lifecycle.ts';
import { effectiveConfig } from '../../src/workers/effective-config.ts';
import { SlotRegister } from '../../src/workers/counter-slots.ts';
import { CONFIG, controlView } from '../observe/fixtures.ts';
import { memoryLog } from '../support/memory-log.ts';
import type { MemoryLog } from '../support/memory-log.ts';
import { VirtualTime } from '../support/virtual-time.ts';

let log: MemoryLog;
/** What was done, in its order. */
let done: string[];
let phase: Phase;
let opening: PromiseWithResolvers<void>;
let fatal: PromiseWithResolvers<never>;

beforeEach(() => {
  log = memoryLog();
  done = [];
  phase = { now: 'starting' };
  opening = Promise.withResolvers();
  fatal = Promise.withResolvers();
  fatal.promise.catch(() => {});
});

const note = (what: string): void => void done.push(what);

function stage(name: string, start: () => void = () => {}): Stage {
  return {
    name,
    start: () => {
      note(`start ${name}`);
      start();
    },
    stop: () => note(`stop ${name}`),
  };
}

function cannotEnd(name: string): Stage {
  return { ...stage(name), stop: () => Promise.reject(new Error('stuck')) };
}

function lifecycle(stages: readonly Stage[], parts: Partial<LifecycleParts> = {}): ControlLifecycle {
  const current = effectiveConfig(CONFIG, new SlotRegister(), { now: 0, revision: 1, descriptorLimit: null });
  if (current === null) throw new Error('no counters');
  return new ControlLifecycle({
    log,
    phase,
    view: controlView(),
    inForce: { current },
    pool: {
      fatal: fatal.promise,
      isHeld: false,
      isUnrecoverable: false,
      beLameDuck: () => note('lame duck'),
      drain: async () => note('pool drained'),
    },
    lists: { close: () => note('lists closed') },
    listsOff: { close: () => {} },
    opening: { done: opening.promise, isBegun: true },
    reloader: {
      reload: async () => ({ configuration: 'unchanged', errors: [], restartRequired: [], lists: [] }),
    },
    bypass: { off: () => true },
    adminSide: { endpoint: { address: '127.0.0.1', port: 9090 } },
    stages,
    ...parts,
  });
}

describe('start', () => {
  test('stages start one after the other; it is open once the listeners are', async () => {
    const control = lifecycle([stage('a'), stage('b', () => opening.resolve())]);
    await control.start();
    await control.ready;
    expect([done, phase.now]).toEqual([['start a', 'start b'], 'open']);
    expect(log.named('listener.opened')).toHaveLength(1);
  });

  test('a stage that fails: all end, the last first, and nothing after it starts', async () => {
    const failing = stage('b', () => {
      throw new Error('in use');
    });
    const control = lifecycle([stage('a'), failing, stage('c')]);
    await expect(control.start()).rejects.toThrow('in use');
    expect([done, phase.now]).toEqual([['start a', 'start b', 'stop c', 'stop b', 'stop a'], 'draining']);
    expect(log.named('process.start_failed')).toEqual([{ stage: 'b', reason: expect.stringMatching(/^Error at /) }]);
  });

  test('a stage that fails, and one that cannot end: the others end, and the cause of the start is told', async () => {
    const failing = stage('c', () => {
      throw new Error('in use');
    });
    const control = lifecycle([stage('a'), cannotEnd('b'), failing]);
    await expect(control.start()).rejects.toThrow('in use');
    expect(done).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop a']);
    expect(log.named('process.stop_failed')).toEqual([{ stage: 'b', reason: expect.stringMatching(/^Error at /) }]);
  });

  test('listeners that cannot be opened: the start fails, and so does who waits for the end', async () => {
    const control = lifecycle([stage('a', () => opening.reject(new Error('address')))]);
    await expect(control.start()).rejects.toThrow('address');
    await expect(control.closed).rejects.toThrow('address');
  });

  test('no list yet: the start ends all the same, and a fatal end of the workers later ends the instance', async () => {
    const control = lifecycle([stage('a')], { opening: { done: opening.promise, isBegun: false } });
    await control.start();
    expect(phase.now).toBe('starting');
    fatal.reject(new Error('socket lost'));
    await expect(control.closed).rejects.toThrow('socket lost');
    expect(done).toEqual(['start a', 'stop a']);
  });

  test('a fatal end of the workers, and a stage that cannot end: whoever waits for the end has the cause', async () => {
    const control = lifecycle([stage('a'), cannotEnd('b')], { opening: { done: opening.promise, isBegun: false } });
    await control.start();
    fatal.reject(new Error('socket lost'));
    await expect(control.closed).rejects.toThrow('socket lost');
    expect(done).toEqual(['start a', 'start b', 'stop a']);
  });
});

describe('drain', () => {
  test('whatever cannot end, the rest does', async () => {
    const pool = {
      fatal: fatal.promise,
      isHeld: false,
      isUnrecoverable: false,
      beLameDuck: () => {},
      drain: () => Promise.reject(new Error('stuck')),
    };
    const control = lifecycle([stage('a', () => opening.resolve()), cannotEnd('b')], { pool });
    await control.start();
    await control.drain(1000);
    await control.closed;
    expect(done).toEqual(['start a', 'start b', 'lists closed', 'stop a']);
    expect(log.named('process.stop_failed').map(({ stage }) => stage)).toEqual(['workers', 'b']);
  });

  // Was a fault: the process waited for it as long as that took.
  test('a stage that never ends: the rest does, and the process is told that it will not end by itself', async () => {
    const never: Stage = { ...stage('b'), stop: async () => await new Promise<never>(() => {}) };
    const time = new VirtualTime();
    const control = lifecycle([stage('a', () => opening.resolve()), never], { time });
    await control.start();
    const drained = control.drain(1000);
    await time.advance(DEADLINES.workers.stopMs - 1);
    expect(done).not.toContain('stop a');
    await time.advance(1);
    await drained;
    expect([done, control.isHeld]).toEqual([['start a', 'start b', 'lists closed', 'pool drained', 'stop a'], true]);
    expect(log.named('process.stop_failed')).toEqual([{ stage: 'b', reason: 'it did not end in time' }]);
  });

  test('no list is read any more, workers finish, then the stages end, the last first', async () => {
    const control = lifecycle([stage('a'), stage('b', () => opening.resolve())]);
    await control.start();
    done = [];
    await control.drain(1000);
    await control.closed;
    expect(done).toEqual(['lists closed', 'pool drained', 'stop b', 'stop a']);
    expect(log.named('process.stopped')).toHaveLength(1);
  });

  test('a lame duck comes first, and can be ended', async () => {
    const control = lifecycle([stage('a', () => opening.resolve())]);
    await control.start();
    done = [];
    const drained = control.drain(1000, 600_000);
    expect([done, phase.now, control.endLameDuck(), control.endLameDuck()]).toEqual([
      ['lame duck'],
      'draining',
      true,
      false,
    ]);
    await drained;
    expect(done).toEqual(['lame duck', 'lists closed', 'pool drained', 'stop a']);
  });

  test('whoever asks again waits for the same end; a reload comes too late', async () => {
    const control = lifecycle([stage('a', () => opening.resolve())]);
    await control.start();
    const drained = control.drain(1000);
    expect(await control.reload()).toBe(null);
    await Promise.all([drained, control.drain(1000)]);
    expect(done.filter((what) => what === 'pool drained')).toHaveLength(1);
  });

  test('listeners that open while it drains make it neither open nor ready', async () => {
    const control = lifecycle([stage('a')], { opening: { done: opening.promise, isBegun: false } });
    await control.start();
    await control.drain(0);
    opening.resolve();
    await opening.promise;
    expect([phase.now, log.named('listener.opened')]).toEqual(['draining', []]);
  });
});
