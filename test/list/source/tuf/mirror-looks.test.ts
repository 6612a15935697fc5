import { beforeEach, describe, expect, test } from '@jest/globals';
import { listError } from '../../../../src/list/list-error.ts';
import { MirrorLooks } from '../../../../src/list/source/tuf/mirror-looks.ts';
import type { Repository } from '../../../../src/list/source/tuf/repository.ts';

const MINUTES = 60_000;
const mirror: Repository = { name: 'mirror', open: () => Promise.resolve({ kind: 'absent' }) };
const other: Repository = { ...mirror, name: 'other' };
let now: number;
let asked: number;
let looks: MirrorLooks;
beforeEach(() => {
  now = asked = 0;
  looks = new MirrorLooks(() => now, 50);
});

async function ask(answer: () => Promise<boolean> | boolean, of = mirror): Promise<boolean> {
  return await looks.ask(of, async () => {
    asked += 1;
    return await answer();
  });
}

/** How often it is asked of two times: one minute later, and ten. */
async function askedLater(): Promise<number> {
  const before = asked;
  now += MINUTES;
  await ask(() => false);
  now += 9 * MINUTES;
  await ask(() => false);
  return asked - before;
}

test.each([true, false])('what one answers in time is its answer (%s), and it is asked again', async (answer) => {
  expect(await ask(() => answer)).toBe(answer);
  expect(await askedLater()).toBe(2);
});

test('one that fails is left alone for ten minutes, and the others are not', async () => {
  expect(await ask(() => Promise.reject(listError('connect', 'away')))).toBe(false);
  expect(await ask(() => true, other)).toBe(true);
  expect(await askedLater()).toBe(1);
});

test('one that is slow is not waited for, and asked nothing more before it has answered, nor for ten minutes behind that', async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  expect(await ask(() => promise)).toBe(false);
  expect(await askedLater()).toBe(0);
  resolve(true);
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
