/** What outlets are told: names as they are enforced now, and none of a list whose publisher is gone. */
import { afterEach, expect, test } from '@jest/globals';
import type { ListNames } from '../../src/list/names/list-names.ts';
import { namedEntriesOf } from '../../src/list/names/list-names.ts';
import { composeOutlets } from '../../src/workers/compose-outlets.ts';
import { RouteService } from '../../src/workers/route-service.ts';
import { SlotRegister } from '../../src/workers/counter-slots.ts';
import { effectiveConfig } from '../../src/workers/effective-config.ts';
import type { OutletWatch } from '../../src/workers/outlet-watch.ts';
import { CONFIG } from '../observe/fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { memoryLog } from '../support/memory-log.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const NAMES: Omit<ListNames, 'list'> = {
  action: 'block',
  form: 'text',
  bytes: Buffer.from('a.example dns\n'),
  withdrawn: [],
  version: '1',
};
/** No names are missing. */
const ASKED = { markOf: () => '1', stillOf: () => Promise.resolve(null) };
let watch: OutletWatch | null = null;
afterEach(async () => await watch?.close());

test('a list that is dropped or switched off has no names, and has them again when its publisher is back, or it is on', async () => {
  let gone = new Set<string>();
  let off = new Set<string>();
  const told: string[] = [];
  const outlet = {
    name: 'zone:z',
    exceptions: [],
    lists: ['far'],
    update: async (lists: readonly ListNames[]) => {
      await Promise.resolve();
      told.push(lists.flatMap((names) => [...namedEntriesOf(names, 20_000)].map(({ host }) => host)).join());
    },
    close: () => Promise.resolve(),
  };
  watch = composeOutlets(
    {
      options: { log: memoryLog(), outlets: () => [{ name: 'zone:z', settings: null, open: () => outlet }] },
      inForce: {
        current: effectiveConfig(CONFIG, new SlotRegister(), { now: 0, revision: 1, descriptorLimit: null })!,
      },
      clock: { today: 20_000 },
      time: new VirtualTime(),
    },
    {
      lists: { names: { ...ASKED, versionOf: () => '1', of: (list) => Promise.resolve({ ...NAMES, list }) } },
      publishers: { isDropped: (list) => gone.has(list) },
      listsOff: { isOff: (list) => off.has(list) },
      routes: new RouteService(),
    },
  ).watch;
  watch.start();
  await eventually('it is told', () => told.length === 1);
  gone = new Set(['far']);
  watch.look();
  await eventually('it is dropped', () => told.length === 2);
  gone = new Set();
  watch.look();
  await eventually('it is back', () => told.length === 3);
  off = new Set(['far']);
  watch.look();
  await eventually('it is switched off', () => told.length === 4);
  off = new Set();
  watch.look();
  await eventually('it is on', () => told.length === 5);
  expect(told).toEqual(['a.example', '', 'a.example', '', 'a.example']);
});

test('a configuration without outlets has none', () => {
  const current = effectiveConfig(CONFIG, new SlotRegister(), { now: 0, revision: 1, descriptorLimit: null })!;
  watch = composeOutlets(
    { options: { log: memoryLog() }, inForce: { current }, clock: { today: 20_000 }, time: new VirtualTime() },
    {
      lists: { names: { ...ASKED, versionOf: () => null, of: () => Promise.resolve(null) } },
      publishers: { isDropped: () => false },
      listsOff: { isOff: () => false },
      routes: new RouteService(),
    },
  ).watch;
  watch.start();
  expect(watch.status()).toEqual([]);
});
