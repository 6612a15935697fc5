/**
 * The writing end of one worker's counters: a function for each row of COUNTERS, `counters.dropped(DROPPED.connection_limit)`. Each is one
 * addition to a slot; they are made once a thread.
 *
 * They must not allocate, branch on strings or check indexes: they run once or more per request, with codes of the table and slots
 * that the control thread has given out.
 */
import { mapValues } from '../lib/map-values.ts';
import type { CounterLayout, RowPlace } from './counter-layout.ts';
import type { COUNTERS, CounterKey } from './counters.ts';

/** What a row is counted with: the slot of its owner and the code of its label's value, as far as it has them. */
type Writer<Row> = Row extends { readonly kind: 'histogram' }
  ? (seconds: number) => void
  : Row extends { readonly per: string; readonly values: infer Values }
    ? (slot: number, code: Values[keyof Values], by?: number) => void
    : Row extends { readonly per: string }
      ? (slot: number, by?: number) => void
      : Row extends { readonly values: infer Values }
        ? (code: Values[keyof Values], by?: number) => void
        : (by?: number) => void;

export type DataCounters = { readonly [Key in CounterKey]: Writer<(typeof COUNTERS)[Key]> };

/** A replaced worker goes on counting where its predecessor stopped; what its gauges showed is gone with it. */
export function dataCounters(layout: CounterLayout, buffer: SharedArrayBuffer, worker: number): DataCounters {
  const slots = new Float64Array(buffer, layout.bytes(worker), layout.slotsPerWorker);
  return mapValues(layout.places, (place) => {
    if (place.row.kind === 'gauge') slots.fill(0, place.start, place.start + place.owners * place.stride);
    return writerOf(place, slots);
  });
}

/** What a call leaves out is a default, so that one type fits all rows. */
type AnyWriter = (first?: number, second?: number, third?: number) => void;

function writerOf({ row, start, stride }: RowPlace, slots: Float64Array): AnyWriter {
  if (row.kind === 'histogram') return observer(start, row.bounds, slots);
  if (row.per !== undefined && row.values !== undefined)
    return (owner = 0, code = 0, by = 1) => add(slots, start + owner * stride + code, by);
  if (row.per !== undefined || row.values !== undefined) return (index = 0, by = 1) => add(slots, start + index, by);
  return (by = 1) => add(slots, start, by);
}

function observer(start: number, upTo: readonly number[], slots: Float64Array): AnyWriter {
  const bounds = Float64Array.from([...upTo, Infinity]);
  return (seconds = 0) => {
    add(slots, start, seconds);
    add(slots, start + 1 + bucket(bounds, seconds), 1);
  };
}

/** First bound that is not below the value. Upwards from the smallest: what is common is found in three or four steps. */
function bucket(bounds: Float64Array, seconds: number): number {
  let index = 0;
  while (seconds > (bounds[index] ?? Infinity)) index += 1;
  return index;
}

function add(slots: Float64Array, index: number, by: number): void {
  slots[index] = (slots[index] ?? 0) + by;
}
