/** Virtual time itself: what only a test does with it. What it has in common with Node's: test/lib/time.process.test.ts. */
import { beforeEach, expect, test } from '@jest/globals';
import { VirtualTime } from './virtual-time.ts';

let time: VirtualTime;
let happened: [name: string, at: number][];

function note(name: string): () => void {
  return () => void happened.push([name, time.now()]);
}

beforeEach(() => {
  time = new VirtualTime();
  happened = [];
});

test('nothing happens by itself, and everything at its time, in order', async () => {
  time.after(50, note('b'));
  time.after(10, note('a'));
  time.every(20, note('each'));
  expect(happened).toEqual([]);
  await time.advance(9);
  expect(happened).toEqual([]);
  await time.advance(41);
  expect(happened).toEqual([
    ['a', 10],
    ['each', 20],
    ['each', 40],
    ['b', 50],
  ]);
});

test('what is due at the same moment happens in the order in which it was begun', async () => {
  time.after(10, note('first'));
  time.after(10, note('second'));
  await time.advance(10);
  expect(happened.map(([name]) => name)).toEqual(['first', 'second']);
});

test('what an action begins, and what its promise jobs begin, happens within the same time', async () => {
  time.after(10, () => {
    void (async () => {
      await time.pause(5);
      note('paused')();
      time.nextTurn(() => void time.after(5, note('after the turn')));
    })();
  });
  await time.advance(100);
  expect(happened).toEqual([
    ['paused', 15],
    ['after the turn', 20],
  ]);
  expect(time.now()).toBe(100);
});

test('it tells what is pending, and what a process would wait for', async () => {
  time.after(30, note('a'));
  const each = time.every(10, note('each')).unref();
  time.nextTurn(note('turn'));
  expect(time.pending).toEqual([10, 30]);
  expect(time.awaited).toBe(2);
  await time.advance(4);
  expect(time.pending).toEqual([6, 26]);
  expect(time.awaited).toBe(1);
  each.cancel();
  expect(time.pending).toEqual([26]);
});

test('after a time in which the thread stood still each timer is late, and one that repeats comes once', async () => {
  time.every(10, note('each'));
  time.after(20, note('once'));
  time.standStill(1000);
  await time.advance(9);
  expect(happened).toEqual([
    ['each', 1000],
    ['once', 1000],
  ]);
  await time.advance(1);
  expect(happened).toHaveLength(3);
});

test('the wall clock can be set, and the other goes on', async () => {
  const before = time.wall();
  await time.advance(1000);
  time.setWall(-5000);
  expect(time.wall()).toBe(before - 4000);
  expect(time.now()).toBe(1000);
});

test('no timer is longer than what Node takes', () => {
  expect(() => time.after(2 ** 31, note('never'))).toThrow('2147483648');
  expect(() => time.every(Infinity, note('never'))).toThrow('Infinity');
  expect(() => time.after(Number.NaN, note('never'))).toThrow('NaN');
  expect(time.after(2 ** 31 - 1, note('late'))).toBeDefined();
});
