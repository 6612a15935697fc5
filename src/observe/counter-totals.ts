/**
 * The reading end of the counters: adds up the regions of all workers. It runs in the control thread when somebody asks;
 * it must not run on the path of a request, and writes nothing.
 */
import type { CounterLayout, RowPlace } from './counter-layout.ts';
import type { CounterKey } from './counters.ts';

/** As Prometheus wants it: `cumulative[i]` counts what is not above `bounds[i]`. */
export interface HistogramTotals {
  readonly bounds: readonly number[];
  readonly cumulative: readonly number[];
  readonly count: number;
  /** Seconds. */
  readonly sum: number;
}

export class CounterTotals {
  readonly #layout: CounterLayout;
  readonly #regions: readonly Float64Array[];

  constructor(layout: CounterLayout, buffer: SharedArrayBuffer, workers: number) {
    this.#layout = layout;
    this.#regions = Array.from(
      { length: workers },
      (_, worker) => new Float64Array(buffer, layout.bytes(worker), layout.slotsPerWorker),
    );
  }

  /** Of one owner and one value; 0 where the row has none. */
  value(key: CounterKey, owner = 0, code = 0): number {
    const { start, stride } = this.#layout.places[key];
    return this.#slot(start + owner * stride + code);
  }

  /** Of all owners together, also of one that a reload took away: totals never go back. */
  total(key: CounterKey, code = 0): number {
    return ownersOf(this.#layout.places[key]).reduce((sum, owner) => sum + this.value(key, owner, code), 0);
  }

  /** Of all owners and values together, of each worker alone, in their order. */
  perWorker(key: CounterKey): number[] {
    const { start, owners, stride } = this.#layout.places[key];
    return this.#regions.map((region) =>
      region.subarray(start, start + owners * stride).reduce((sum, count) => sum + count, 0),
    );
  }

  /** The count comes from the buckets, so that the two agree even while a worker is between two additions. */
  histogram(key: CounterKey): HistogramTotals {
    const { row, start } = this.#layout.places[key];
    const bounds = row.kind === 'histogram' ? row.bounds : [];
    const cumulative: number[] = [];
    let count = 0;
    for (let index = 0; index <= bounds.length; index += 1) {
      count += this.#slot(start + 1 + index);
      if (index < bounds.length) cumulative.push(count);
    }
    return { bounds, cumulative, count, sum: this.#slot(start) };
  }

  #slot(offset: number): number {
    return this.#regions.reduce((sum, region) => sum + (region[offset] ?? 0), 0);
  }
}

function ownersOf({ owners }: RowPlace): readonly number[] {
  return Array.from({ length: owners }, (_, owner) => owner);
}
