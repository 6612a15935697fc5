import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CounterTotals } from '../../src/observe/counter-totals.ts';
import {
  counterLayout,
  DataCounters,
  DIRECTION,
  DROPPED,
  LIST_ACTION,
  LIST_ACTIONS,
  REQUEST_DURATION_BOUNDS,
  UPSTREAM_DURATION_BOUNDS,
  UPSTREAM_ERROR,
  VERDICT,
  VERDICTS,
} from '../../src/observe/counters.ts';
import { trafficReader } from '../../src/observe/traffic.ts';
import { CONFIG } from './fixtures.ts';

const layout = counterLayout(CONFIG);

function twoWorkers(): { workers: readonly DataCounters[]; totals: CounterTotals; buffer: SharedArrayBuffer } {
  const buffer = new SharedArrayBuffer(layout.bytes(2));
  const workers = [new DataCounters(layout, buffer, 0), new DataCounters(layout, buffer, 1)];
  return { workers, totals: new CounterTotals(layout, buffer, 2), buffer };
}

describe('counters', () => {
  test('the worker with the most connections, over all listeners', () => {
    const { workers, buffer } = twoWorkers();
    const traffic = trafficReader({ layout, counters: buffer, config: () => ({ workers: 2 }) });
    expect(traffic().connectionsOfFullest).toBe(0);
    for (const listener of [0, 1, 1]) workers[1]!.connection(listener, 1);
    workers[0]!.connection(0, 1);
    expect(traffic()).toMatchObject({ connections: 4, connectionsOfFullest: 3 });
  });

  test('are added up over the workers, each in its own slot', () => {
    const { workers, totals } = twoWorkers();
    for (const counters of workers) {
      counters.request(1, VERDICT.block);
      counters.listHit(1, LIST_ACTION.allow);
      counters.dropped(DROPPED.protocol);
      counters.bytes(DIRECTION.upstream_out, 1000);
      counters.hostCache(10, 1);
      counters.upstreamError(UPSTREAM_ERROR.early_close);
      counters.connection(0, 1);
    }
    workers[0]!.connection(0, -1);
    const read = {
      request: totals.slot(layout.requests + VERDICTS + VERDICT.block),
      listHit: totals.slot(layout.listHits + LIST_ACTIONS + LIST_ACTION.allow),
      dropped: totals.slot(layout.dropped + DROPPED.protocol),
      bytes: totals.slot(layout.bytesMoved + DIRECTION.upstream_out),
      hits: totals.slot(layout.hostCache),
      misses: totals.slot(layout.hostCache + 1),
      upstreamError: totals.slot(layout.upstreamErrors + UPSTREAM_ERROR.early_close),
      connections: totals.slot(layout.connections),
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
    const all = Array.from({ length: layout.slotsPerWorker }, (_, slot) => totals.slot(slot));
    expect(all.filter((value) => value !== 0)).toHaveLength(Object.keys(read).length);
  });

  test('the workers share no cache line', () => {
    expect((layout.slotsPerWorker * 8) % 128).toBe(0);
  });

  test('a replaced worker keeps its counts and loses its connections', () => {
    const { workers, totals, buffer } = twoWorkers();
    workers[1]!.request(0, VERDICT.pass);
    workers[1]!.connection(1, 1);
    workers[0]!.connection(1, 1);
    const replacement = new DataCounters(layout, buffer, 1);
    replacement.request(0, VERDICT.pass);
    expect(totals.slot(layout.requests + VERDICT.pass)).toBe(2);
    expect(totals.slot(layout.connections + 1)).toBe(1);
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
    const { cumulative, count } = totals.histogram(layout.requestDuration, REQUEST_DURATION_BOUNDS);
    expect(cumulative).toEqual(REQUEST_DURATION_BOUNDS.map((_, index) => (index >= at ? 1 : 0)));
    expect(count).toBe(1);
  });

  test('any durations give the histogram a plain count gives', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true })), (durations) => {
        const { workers, totals } = twoWorkers();
        durations.forEach((seconds, index) => workers[index % 2]!.upstreamDuration(seconds));
        const { cumulative, count, sum } = totals.histogram(layout.upstreamDuration, UPSTREAM_DURATION_BOUNDS);
        expect(cumulative).toEqual(
          UPSTREAM_DURATION_BOUNDS.map((bound) => durations.filter((seconds) => seconds <= bound).length),
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
