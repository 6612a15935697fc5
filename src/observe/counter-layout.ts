/**
 * Where each counter lies in shared memory: one region of doubles per worker, written by that worker alone, so that no lock
 * and no atomic is needed.
 *
 *   buffer = | worker 0 ……… | worker 1 ……… |      region = | row of COUNTERS | row | … | padding |
 *   row    = counter: owner 0: value 0, value 1 … owner 1: …      histogram: sum of seconds, one a bound, one above all
 *
 * It must not depend on anything but the capacity, so that both sides compute the same. A double counts exactly to 2^53. The reader may see
 * a count that is a moment old; on 64-bit machines it never sees half of one.
 */
import { mapValues } from '../lib/map-values.ts';
import { COUNTERS, type CounterKey, type CountRow, type HistogramRow, type Owner } from './counters.ts';

/** How many names have slots; a configuration with its listeners and lists is one. */
export interface CounterCapacity {
  readonly listeners: { readonly length: number };
  readonly lists: { readonly length: number };
}

/** Of one row, in slots (doubles) from the start of a region. */
export interface RowPlace {
  readonly key: CounterKey;
  readonly row: CountRow | HistogramRow;
  readonly start: number;
  /** Names that have slots of their own; 1 where the row is about none. */
  readonly owners: number;
  /** Slots of each. */
  readonly stride: number;
}

export interface CounterLayout {
  readonly places: Readonly<Record<CounterKey, RowPlace>>;
  readonly slotsPerWorker: number;
  /** Size of the shared buffer. */
  bytes(workers: number): number;
}

/** 128 bytes: two workers never write to one cache line, nor to the pair that x86 prefetches together. */
const SLOTS_PER_LINE = 16;

const ROWS: Readonly<Record<CounterKey, CountRow | HistogramRow>> = COUNTERS;

export function counterLayout({ listeners, lists }: CounterCapacity): CounterLayout {
  const ownersOf: Readonly<Record<Owner, number>> = { listener: listeners.length, list: lists.length };
  let next = 0;
  const places = mapValues(ROWS, (row, key): RowPlace => {
    const owners = row.kind === 'histogram' || row.per === undefined ? 1 : ownersOf[row.per];
    const place = { key, row, start: next, owners, stride: strideOf(row) };
    next += owners * place.stride;
    return place;
  });
  const slotsPerWorker = Math.ceil(next / SLOTS_PER_LINE) * SLOTS_PER_LINE;
  return { places, slotsPerWorker, bytes: (workers) => workers * slotsPerWorker * Float64Array.BYTES_PER_ELEMENT };
}

function strideOf(row: CountRow | HistogramRow): number {
  if (row.kind === 'histogram') return row.bounds.length + 2;
  return row.values === undefined ? 1 : Object.keys(row.values).length;
}
