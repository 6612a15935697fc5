/** Where workers listen; a listener without counters is a fault of ours, told under its code. */
import { expect, test } from '@jest/globals';
import { InheritedSockets } from '../../src/workers/inherited-sockets.ts';
import { listenSpecsOf } from '../../src/workers/listen-specs.ts';
import { CONFIG } from '../observe/fixtures.ts';

test('each listener has its slot of the counters', () => {
  const specs = listenSpecsOf({ config: CONFIG, slots: { listeners: [4, 2], lists: [] } }, InheritedSockets.NONE)(0);
  expect(specs.map(({ listener, slot }) => [listener.name, slot])).toEqual(
    CONFIG.listeners.map(({ name }, index) => [name, [4, 2][index]]),
  );
});

test('a listener that has none: no worker is told to open it', () => {
  const specsOf = listenSpecsOf({ config: CONFIG, slots: { listeners: [0], lists: [] } }, InheritedSockets.NONE);
  expect(() => specsOf(0)).toThrow(
    expect.objectContaining({
      code: 'counter_slots',
      message: expect.stringContaining(CONFIG.listeners[1]?.name ?? ''),
    }),
  );
});
