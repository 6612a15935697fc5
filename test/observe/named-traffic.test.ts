import { expect, test } from '@jest/globals';
import { CounterTotals } from '../../src/observe/counter-totals.ts';
import { counterLayout } from '../../src/observe/counter-layout.ts';
import { DNS_VERDICT, LIST_ACTION, VERDICT } from '../../src/observe/counters.ts';
import type { CounterKey } from '../../src/observe/counters.ts';
import { namedTraffic } from '../../src/observe/named-traffic.ts';
import { CONFIG } from './fixtures.ts';

test('counts by listener, worker and list: each where its name counts, whatever its place in the configuration', () => {
  const layout = counterLayout({ listeners: { length: 4 }, lists: { length: 4 } });
  const buffer = new SharedArrayBuffer(layout.bytes(2));
  const add = (worker: number, key: CounterKey, owner: number, code: number, count: number): void => {
    const { start, stride } = layout.places[key];
    new Float64Array(buffer, layout.bytes(worker), layout.slotsPerWorker)[start + owner * stride + code]! += count;
  };
  const slots = { listeners: [3, 1], lists: [2, 0] };
  add(0, 'request', 3, VERDICT.pass, 10);
  add(1, 'request', 3, VERDICT.block, 2);
  add(1, 'dnsQuery', 1, DNS_VERDICT.steer, 5);
  add(1, 'dnsQuery', 1, DNS_VERDICT.pass, 7);
  add(0, 'connection', 3, 0, 4);
  add(1, 'listHit', 2, LIST_ACTION.block, 2);
  add(0, 'listHit', 2, LIST_ACTION.count, 1);

  const none = { pass: 0, block: 0, count: 0, allow: 0, refuse: 0, error: 0, steer: 0 };
  expect(namedTraffic(new CounterTotals(layout, buffer, 2), CONFIG, slots)).toEqual({
    listeners: {
      explicit: { requests: { ...none, pass: 10, block: 2 }, connections: 4, resolversDown: 0 },
      'school "A"': { requests: { ...none, pass: 7, steer: 5 }, connections: 0, resolversDown: 0 },
    },
    workers: [
      { requests: 10, connections: 4 },
      { requests: 14, connections: 0 },
    ],
    hits: { main: 3, own: 0 },
  });
});
