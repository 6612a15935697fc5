/** What every `Time` does, Node's and virtual time alike: so that what a test finds by the one holds for the other. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { systemTime, type Time } from '../../src/lib/time.ts';
import { VirtualTime } from '../support/virtual-time.ts';

interface Passing {
  readonly time: Time;
  /** Resolves when it has resolved; virtual time is moved for it. */
  readonly through: <T>(waiting: Promise<T>) => Promise<T>;
}

function virtual(): Passing {
  const time = new VirtualTime();
  return {
    time,
    through: async (waiting) => {
      const state = { isOver: false };
      const over = (): void => void (state.isOver = true);
      waiting.then(over, over);
      while (!state.isOver) await time.advance(1);
      return await waiting;
    },
  };
}

const IMPLEMENTATIONS: readonly [string, () => Passing][] = [
  ['that of the system', () => ({ time: systemTime, through: async (waiting) => await waiting })],
  ['virtual time', virtual],
];

describe.each(IMPLEMENTATIONS)('%s', (_name, make) => {
  /** Milliseconds; how long they take does not matter. */
  const [SHORT, LONG] = [2, 8];

  // Node keeps a list for each length: what is due at one late look comes in no order that it promises (virtual-time.test.ts has an order).
  test('what is due happens once, and never before the caller goes on', async () => {
    const { time, through } = make();
    const happened: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    time.after(LONG, () => resolve());
    time.after(SHORT, () => happened.push('short'));
    time.after(0, () => happened.push('at once'));
    happened.push('caller');
    await through(promise);
    await through(time.pause(LONG));
    expect(happened[0]).toBe('caller');
    expect(happened.toSorted()).toEqual(['at once', 'caller', 'short']);
  });

  test('what was cancelled does not happen; it may be cancelled again, and after it has happened', async () => {
    const { time, through } = make();
    const happened: string[] = [];
    const none = time.after(SHORT, () => happened.push('after'));
    const turn = time.nextTurn(() => happened.push('turn'));
    const each = time.every(SHORT, () => happened.push('every'));
    const once = time.after(SHORT, () => happened.push('once'));
    for (const timer of [none, none, turn, each]) timer.cancel();
    await through(time.pause(LONG));
    once.cancel();
    expect(happened).toEqual(['once']);
  });

  test('what repeats goes on until it is cancelled, also by itself', async () => {
    const { time, through } = make();
    let count = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = time.every(SHORT, () => {
      count += 1;
      if (count < 3) return;
      timer.cancel();
      resolve();
    });
    await through(promise);
    await through(time.pause(LONG));
    expect(count).toBe(3);
  });

  test('a turn comes after the promise jobs of the one before, and before a timer that it begins', async () => {
    const { time, through } = make();
    const happened: string[] = [];
    time.nextTurn(() => {
      happened.push('turn');
      time.after(SHORT, () => happened.push('timer'));
    });
    void (async () => {
      await Promise.resolve();
      await Promise.resolve();
      happened.push('job');
    })();
    await through(time.pause(LONG));
    await through(time.pause(LONG));
    expect(happened).toEqual(['job', 'turn', 'timer']);
  });

  test('its clock goes on; the wall clock, and where the other began, are dates', async () => {
    const { time, through } = make();
    const before = time.now();
    await through(time.pause(LONG));
    expect(time.now()).toBeGreaterThan(before);
    expect(time.wall()).toBeGreaterThan(Date.UTC(2020, 0, 1));
    expect(time.origin).toBeGreaterThan(Date.UTC(2020, 0, 1));
  });

  test('a pause ends with its signal, also one that was given before, and its time is over all the same for another', async () => {
    const { time, through } = make();
    const ended = new AbortController();
    const long = time.pause(1_000_000, { signal: ended.signal });
    time.after(SHORT, () => ended.abort());
    await expect(through(long)).rejects.toMatchObject({ name: 'AbortError' });
    await expect(time.pause(SHORT, { signal: ended.signal })).rejects.toMatchObject({ name: 'AbortError' });
    const other = new AbortController();
    await through(time.pause(SHORT, { signal: other.signal, ref: true }));
    other.abort();
  });

  test('`unref` gives the timer back', async () => {
    const { time, through } = make();
    const happened: string[] = [];
    const timer = time.after(SHORT, () => happened.push('after')).unref();
    time.nextTurn(() => happened.push('turn')).unref();
    const each = time.every(SHORT, () => each.cancel()).unref();
    await through(time.pause(LONG));
    timer.cancel();
    // Which comes first is for the machine to say.
    expect(new Set(happened)).toEqual(new Set(['turn', 'after']));
  });
});

test('a process does not wait for what is unreferenced', () => {
  const program = `
    import { systemTime } from ${JSON.stringify(join(import.meta.dirname, '..', '..', 'src', 'lib', 'time.ts'))};
    const never = () => console.log('it was waited for');
    systemTime.after(100_000, never).unref();
    systemTime.every(100_000, never).unref();
    void systemTime.pause(100_000, { ref: false }).then(never);
    systemTime.after(1, () => console.log('what is not'));
  `;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect(said).toBe('what is not\n');
});
