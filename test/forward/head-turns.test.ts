/** Heads that take long wait for their turn, one client's behind everybody else's; others never do. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { HeadTurns } from '../../src/forward/head-turns.ts';

const greedy = { prefix: 'a' };
const modest = { prefix: 'b' };

test('a client whose heads took long waits until the next turn, another one does not', async () => {
  const turns = new HeadTurns();
  turns.took(greedy, 1.5);
  expect(turns.mustWait(greedy)).toBe(false);
  turns.took(greedy, 1.5);
  expect(turns.mustWait(greedy)).toBe(true);
  expect(turns.mustWait(modest)).toBe(false);
  await nextTurn();
  expect(turns.mustWait(greedy)).toBe(false);
});

test('a head is slow from 20 microseconds on, and its client waits from two milliseconds on', () => {
  const turns = new HeadTurns();
  turns.took(greedy, 1.98);
  turns.took(greedy, 0.0199);
  expect(turns.mustWait(greedy)).toBe(false);
  turns.took(greedy, 0.02);
  expect(turns.mustWait(greedy)).toBe(true);
});

test('ordinary heads are not counted, however many there are', () => {
  const turns = new HeadTurns();
  for (let head = 0; head < 1000; head++) turns.took(modest, 0.015);
  expect(turns.mustWait(modest)).toBe(false);
});

test('who waits is called once, in order, some in each turn', async () => {
  const turns = new HeadTurns();
  const called: number[] = [];
  const spend = (): void => {
    const until = performance.now() + 1;
    while (performance.now() < until);
  };
  for (let i = 0; i < 30; i++) {
    turns.wait(() => {
      spend();
      called.push(i);
    });
  }
  expect(called).toEqual([]);
  let rounds = 0;
  for (; called.length < 30; rounds++) {
    await nextTurn();
    // Of a millisecond each, two fit at most.
    expect(called.length).toBeLessThanOrEqual(2 * (rounds + 1));
  }
  expect(called).toEqual(Array.from({ length: 30 }, (_, i) => i));
});

test('a client that has used up its time is stopped once in a turn', async () => {
  const turns = new HeadTurns();
  turns.took(greedy, 2.5);
  expect([turns.stops(greedy), turns.stops(greedy), turns.stops(modest)]).toEqual([true, false, true]);
  await nextTurn();
  expect(turns.stops(greedy)).toBe(true);
});

test('those of whom nothing has been read go on when nobody waits with a head, a few in each turn, in order', async () => {
  const turns = new HeadTurns();
  const called: number[] = [];
  for (let i = 0; i < 20; i++) turns.waitUnread(() => called.push(i));
  turns.wait(() => called.push(-1));
  const counts: number[] = [];
  while (called.length < 21) {
    await nextTurn();
    counts.push(called.length);
  }
  expect(called).toEqual([-1, ...Array.from({ length: 20 }, (_, i) => i)]);
  expect(counts).toEqual([9, 17, 21]);
});

test('heads that come without end leave room for one of those in each turn', async () => {
  const turns = new HeadTurns();
  let isOver = false;
  const again = (): void => {
    if (!isOver) turns.wait(again);
  };
  turns.wait(again);
  const called: number[] = [];
  for (let i = 0; i < 3; i++) turns.waitUnread(() => called.push(i));
  for (let turn = 1; turn <= 3; turn++) {
    await nextTurn();
    expect(called.length).toBe(turn);
  }
  isOver = true;
});

test('who begins to wait meanwhile comes behind those that were there', async () => {
  const turns = new HeadTurns();
  const called: string[] = [];
  turns.wait(() => {
    called.push('first');
    turns.wait(() => called.push('again'));
  });
  turns.wait(() => called.push('second'));
  while (called.length < 3) await nextTurn();
  expect(called).toEqual(['first', 'second', 'again']);
});
