/** How long nothing was heard of a publisher: by a clock that nobody can set, over restarts, and written down no more than once an hour. */
import { beforeEach, expect, test } from '@jest/globals';
import { LastHeard } from '../../../../src/list/source/tuf/last-heard.ts';
import type { KeptLastHeard } from '../../../../src/list/source/tuf/last-heard.ts';

const HOUR = 3_600_000;
const NOW = 1_800_000_000_000;

let steady: number;
let heard: LastHeard;
let written: object[];
let state: KeptLastHeard['state'];
let kept: KeptLastHeard;

beforeEach(() => {
  steady = 77;
  written = [];
  state = { heardAt: 0, silentMs: 0 };
  kept = {
    get state() {
      return state;
    },
    commit: (change) => {
      written.push(change);
      state = { ...state, ...change };
      return Promise.resolve();
    },
  };
  heard = new LastHeard(() => steady);
});

test('what passed in runs before counts, and what passed between them does not', () => {
  heard.open({ heardAt: NOW, silentMs: 5 * HOUR });
  steady += HOUR;
  expect([heard.silentMs, heard.heardAt]).toEqual([6 * HOUR, NOW]);
});

test('who is heard is silent no more, and the first time is written down', async () => {
  await heard.heard(NOW, kept);
  expect([heard.silentMs, heard.heardAt, written]).toEqual([0, NOW, [{ heardAt: NOW, silentMs: 0 }]]);
});

test('who is heard each minute is written down once an hour', async () => {
  for (let minute = 0; minute <= 120; minute += 1) {
    steady += 60_000;
    await heard.heard(NOW + minute * 60_000, kept);
  }
  expect(written).toEqual([0, 1, 2].map((hour) => ({ heardAt: NOW + hour * HOUR, silentMs: 0 })));
});

test('a wall clock that was set back by more than an hour is written down, too', async () => {
  await heard.heard(NOW, kept);
  await heard.heard(NOW - HOUR, kept);
  expect(written).toHaveLength(2);
});

test('a silence that was written down ends with the first word, however soon', async () => {
  state = { heardAt: NOW, silentMs: 3 * HOUR };
  heard.open(state);
  await heard.heard(NOW + 1, kept);
  expect(written).toEqual([{ heardAt: NOW + 1, silentMs: 0 }]);
});

test('a long silence is written down each hour, and no minute of it counts twice', async () => {
  heard.open({ heardAt: NOW, silentMs: HOUR });
  steady += HOUR - 1;
  await heard.keep(kept);
  expect(written).toEqual([]);
  steady += 1;
  await heard.keep(kept);
  await heard.keep(kept);
  expect(written).toEqual([{ silentMs: 2 * HOUR }]);
  steady += HOUR / 2;
  expect(heard.silentMs).toBe(2.5 * HOUR);
});
