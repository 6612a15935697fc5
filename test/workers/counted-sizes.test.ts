import { expect, test } from '@jest/globals';
import { CountedSizes } from '../../src/workers/counted-sizes.ts';
import { CounterTotals } from '../../src/observe/counter-totals.ts';
import { counterLayout } from '../../src/observe/counter-layout.ts';
import { HOST_CACHE } from '../../src/observe/counters.ts';
import { dataCounters } from '../../src/observe/data-counters.ts';
import { CONFIG } from '../observe/fixtures.ts';

const layout = counterLayout(CONFIG);

function measured(buffer: SharedArrayBuffer) {
  const matcher = { hits: 0, misses: 0, cached: 0 };
  const context = {
    counters: dataCounters(layout, buffer, 0),
    pool: { size: 0 },
    upstreamCapacity: { open: 0 },
    verdicts: { matcher },
  };
  const sizes = new CountedSizes(context as unknown as ConstructorParameters<typeof CountedSizes>[0]);
  return { ...context, matcher, sizes };
}

test('gauges follow what is there, counters add up; a worker that is replaced begins at nothing', () => {
  const buffer = new SharedArrayBuffer(layout.bytes(1));
  const totals = new CounterTotals(layout, buffer, 1);
  const { matcher, pool, upstreamCapacity, sizes } = measured(buffer);
  const shown = (): number[] => [
    totals.value('hostCacheEntries'),
    totals.value('upstreamIdle'),
    totals.value('upstreamConnection'),
    totals.value('hostCache', 0, HOST_CACHE.hit),
    totals.value('hostCache', 0, HOST_CACHE.miss),
  ];
  Object.assign(matcher, { hits: 5, misses: 3, cached: 3 });
  pool.size = 4;
  upstreamCapacity.open = 9;
  sizes.count();
  expect(shown()).toEqual([3, 4, 9, 5, 3]);
  Object.assign(matcher, { hits: 6, cached: 0 });
  pool.size = 1;
  upstreamCapacity.open = 2;
  sizes.count();
  sizes.count();
  expect(shown()).toEqual([0, 1, 2, 6, 3]);
  measured(buffer);
  expect(shown()).toEqual([0, 0, 0, 6, 3]);
});
