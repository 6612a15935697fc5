/** Lists that are off: the words that data threads read, and what is said of it. */
import { beforeEach, expect, test } from '@jest/globals';
import { steadyNow } from '../../src/lib/steady-clock.ts';
import { ListsOff } from '../../src/workers/lists-off.ts';
import { CONTROL_BYTES, LIST_OFF_SLOT } from '../../src/workers/messages.ts';
import { SlotRegister } from '../../src/workers/counter-slots.ts';
import { effectiveConfig } from '../../src/workers/effective-config.ts';
import { CONFIG } from '../observe/fixtures.ts';
import { memoryLog, type MemoryLog } from '../support/memory-log.ts';
import { VirtualTime } from '../support/virtual-time.ts';

let control: Int32Array;
let log: MemoryLog;
let time: VirtualTime;
let told: number;
let lists: ListsOff;
const NAMES = CONFIG.lists.map(({ name }) => name);

beforeEach(() => {
  time = new VirtualTime();
  control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
  log = memoryLog();
  told = 0;
  const current = effectiveConfig(CONFIG, new SlotRegister(), { now: 0, revision: 1, descriptorLimit: null })!;
  lists = new ListsOff({ control, log, inForce: { current }, time, changed: () => (told += 1) });
});

const words = (): readonly boolean[] => NAMES.map((_, slot) => control[LIST_OFF_SLOT + slot] !== 0);
const events = (): readonly unknown[] => log.events.map(({ event, fields }) => [event, fields]);

test('it is off for the time that was said, in the word of its own, and says so each minute', async () => {
  const [name = ''] = NAMES.slice(-1);
  lists.off(name, 130);
  const began = steadyNow(time);
  expect(lists.endedAt).toBe(-Infinity);
  expect(words()).toEqual(NAMES.map((each) => each === name));
  expect([lists.isOff(name), told]).toEqual([true, 1]);
  await time.advance(129_000);
  expect(lists.isOff(name)).toBe(true);
  await time.advance(2000);
  expect([lists.isOff(name), lists.endsAt(name), told]).toEqual([false, null, 2]);
  expect(lists.endedAt).toBe(began + 130_000);
  expect(words()).not.toContain(true);
  expect(events()).toMatchObject([
    ['list.switched_off', { list: name, seconds: 130 }],
    ['list.is_off', { list: name }],
    ['list.is_off', { list: name }],
    ['list.switched_on', { list: name, reason: 'expired' }],
  ]);
});

test('a second time replaces the first, and it is ended by hand or with the process', async () => {
  const [name = ''] = NAMES;
  lists.off(name, 10);
  lists.off(name, 100);
  await time.advance(50_000);
  expect(lists.isOff(name)).toBe(true);
  expect([lists.on(name, 'requested'), lists.on(name, 'requested')]).toEqual([true, false]);
  lists.off(name, 100);
  lists.close();
  expect(words()).not.toContain(true);
  expect(events().slice(-1)).toMatchObject([['list.switched_on', { reason: 'shutdown' }]]);
});

test('of a list that is none nothing is noted', () => {
  lists.off('nobody', 100);
  expect([lists.isOff('nobody'), told, words().includes(true)]).toEqual([false, 0, false]);
});
