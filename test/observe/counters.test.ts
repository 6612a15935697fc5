import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { counterLayout } from '../../src/observe/counter-layout.ts';
import { CounterTotals } from '../../src/observe/counter-totals.ts';
import {
  COUNTERS,
  DIRECTION,
  DROPPED,
  HOST_CACHE,
  LIST_ACTION,
  UPSTREAM_ERROR,
  VERDICT,
} from '../../src/observe/counters.ts';
import { dataCounters, type DataCounters } from '../../src/observe/data-counters.ts';
import { trafficTotals } from '../../src/observe/traffic.ts';
import { CONFIG } from './fixtures.ts';

const layout = counterLayout(CONFIG);

function twoWorkers(): { workers: readonly DataCounters[]; totals: CounterTotals; buffer: SharedArrayBuffer } {
  const buffer = new SharedArrayBuffer(layout.bytes(2));
  const workers = [dataCounters(layout, buffer, 0), dataCounters(layout, buffer, 1)];
  return { workers, totals: new CounterTotals(layout, buffer, 2), buffer };
}

describe('counters', () => {
  test('the worker with the most connections, over all listeners', () => {
    const { workers, totals } = twoWorkers();
    const traffic = () => trafficTotals(totals);
    expect(traffic().connectionsOfFullest).toBe(0);
    for (const listener of [0, 1, 1]) workers[1]!.connection(listener, 1);
    workers[0]!.connection(0, 1);
    expect(traffic()).toMatchObject({ connections: 4, connectionsOfFullest: 3 });
  });

  test('are added up over the workers, each in its own slot', () => {
    const { workers, totals, buffer } = twoWorkers();
    for (const counters of workers) {
      counters.request(1, VERDICT.block);
      counters.listHit(1, LIST_ACTION.allow);
      counters.dropped(DROPPED.idle_timeout);
      counters.bytes(DIRECTION.upstream_out, 1000);
      counters.hostCache(HOST_CACHE.hit, 10);
      counters.hostCache(HOST_CACHE.miss);
      counters.upstreamError(UPSTREAM_ERROR.premature_close);
      counters.connection(0, 1);
    }
    workers[0]!.connection(0, -1);
    const read = {
      request: totals.value('request', 1, VERDICT.block),
      listHit: totals.value('listHit', 1, LIST_ACTION.allow),
      dropped: totals.total('dropped', DROPPED.idle_timeout),
      bytes: totals.total('bytes', DIRECTION.upstream_out),
      hits: totals.total('hostCache', HOST_CACHE.hit),
      misses: totals.total('hostCache', HOST_CACHE.miss),
      upstreamError: totals.total('upstreamError', UPSTREAM_ERROR.premature_close),
      connections: totals.value('connection', 0),
    };
    expect(read).toEqual({
      request: 2,
      listHit: 2,
      dropped: 2,
      bytes: 2000,
      hits: 20,
      misses: 2,
      upstreamError: 2,
      connections: 1,
    });
    const all = new Float64Array(buffer).filter((value) => value !== 0);
    expect(all).toHaveLength(workers.length * Object.keys(read).length - 1);
  });

  test('each row has slots of its own, in the order of the table', () => {
    const places = Object.values(layout.places);
    expect(places.map(({ key }) => key)).toEqual(Object.keys(COUNTERS));
    for (const [index, { start, owners, stride }] of places.entries())
      expect(places[index + 1]?.start ?? start + owners * stride).toBe(start + owners * stride);
    expect(layout.slotsPerWorker).toBeGreaterThanOrEqual(places.at(-1)!.start + places.at(-1)!.stride);
  });

  test('the workers share no cache line', () => {
    expect((layout.slotsPerWorker * 8) % 128).toBe(0);
  });

  test('a replaced worker keeps its counts and loses its connections', () => {
    const { workers, totals, buffer } = twoWorkers();
    workers[1]!.request(0, VERDICT.pass);
    workers[1]!.connection(1, 1);
    workers[0]!.connection(1, 1);
    const replacement = dataCounters(layout, buffer, 1);
    replacement.request(0, VERDICT.pass);
    expect(totals.value('request', 0, VERDICT.pass)).toBe(2);
    expect(totals.value('connection', 1)).toBe(1);
  });

  test.each([
    { name: 'nothing', seconds: 0, at: 0 },
    { name: 'a bound itself', seconds: 1e-5, at: 0 },
    { name: 'just above a bound', seconds: 1.01e-5, at: 1 },
    { name: 'the last bound', seconds: 0.1, at: 12 },
    { name: 'above all', seconds: 5, at: 13 },
    { name: 'a clock gone backwards', seconds: -1, at: 0 },
  ])('a request duration of $name falls into bucket $at', ({ seconds, at }) => {
    const { workers, totals } = twoWorkers();
    workers[0]!.requestDuration(seconds);
    const { cumulative, count } = totals.histogram('requestDuration');
    expect(cumulative).toEqual(COUNTERS.requestDuration.bounds.map((_, index) => (index >= at ? 1 : 0)));
    expect(count).toBe(1);
  });

  test('any durations give the histogram a plain count gives', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true })), (durations) => {
        const { workers, totals } = twoWorkers();
        durations.forEach((seconds, index) => workers[index % 2]!.upstreamDuration(seconds));
        const { cumulative, count, sum } = totals.histogram('upstreamDuration');
        expect(cumulative).toEqual(
          COUNTERS.upstreamDuration.bounds.map((bound) => durations.filter((seconds) => seconds <= bound).length),
        );
        expect(count).toBe(durations.length);
        expect(sum).toBeCloseTo(
          durations.reduce((a, b) => a + b, 0),
          6,
        );
      }),
    );
  });
});
