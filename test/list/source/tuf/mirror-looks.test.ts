import { beforeEach, describe, expect, test } from '@jest/globals';
import { DEADLINES } from '../../../../src/lib/deadlines.ts';
import { listError } from '../../../../src/list/list-error.ts';
import { MirrorLooks } from '../../../../src/list/source/tuf/mirror-looks.ts';
import type { Repository } from '../../../../src/list/source/tuf/repository.ts';
import { VirtualTime } from '../../../support/virtual-time.ts';

const MINUTES = 60_000;
const mirror: Repository = { name: 'mirror', open: () => Promise.resolve({ kind: 'absent' }) };
const other: Repository = { ...mirror, name: 'other' };
let time: VirtualTime;
let now: number;
let asked: number;
let looks: MirrorLooks;
beforeEach(() => {
  now = asked = 0;
  time = new VirtualTime();
  looks = new MirrorLooks(() => now, time, { ...DEADLINES.mirrors, lookMs: 50 });
});

async function ask(answer: () => Promise<number> | number, of = mirror): Promise<number | null> {
  return await looks.ask(of, async () => {
    asked += 1;
    return await answer();
  });
}

/** How often it is asked of two times: one minute later, and ten. */
async function askedLater(): Promise<number> {
  const before = asked;
  now += MINUTES;
  await ask(() => 0);
  now += 9 * MINUTES;
  await ask(() => 0);
  return asked - before;
}

test.each([7, 0])('what one answers in time is its answer (%s), and it is asked again', async (answer) => {
  expect(await ask(() => answer)).toBe(answer);
  expect(await askedLater()).toBe(2);
});

test('one that fails is left alone for ten minutes, and the others are not', async () => {
  expect(await ask(() => Promise.reject(listError('connect', 'away')))).toBeNull();
  expect(await ask(() => 7, other)).toBe(7);
  expect(await askedLater()).toBe(1);
});

test('one that is slow is not waited for, and asked nothing more before it has answered, nor for ten minutes behind that', async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const waiting = ask(() => promise);
  await time.advance(50);
  expect(await waiting).toBeNull();
  expect(await askedLater()).toBe(0);
  resolve(7);
  await promise;
  await new Promise(setImmediate);
  expect(await askedLater()).toBe(1);
});

test('what is no fault of a list is thrown', async () => {
  await expect(ask(() => Promise.reject(new TypeError('ours')))).rejects.toThrow('ours');
});

describe('what it gives is fetched', () => {
  const fault = listError('signature', 'not signed');
  const follow = async (ms: number, work: () => Promise<void>): Promise<unknown> =>
    await looks.follow(mirror, async () => {
      now += ms;
      await work();
    });

  test.each([
    { ms: 49, later: 2 },
    { ms: 50, later: 1 },
  ])('for $ms ms, and it is of no use: asked $later times', async ({ ms, later }) => {
    expect(await follow(ms, () => Promise.reject(fault))).toBe(fault);
    expect(await askedLater()).toBe(later);
  });

  test('one that is slow and has all of it is asked again', async () => {
    expect(await follow(50, () => Promise.resolve())).toBeNull();
    expect(await askedLater()).toBe(2);
  });
});
