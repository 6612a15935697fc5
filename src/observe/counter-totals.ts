/**
 * The reading end of the counters: adds up the regions of all workers. Runs in the control thread when somebody asks,
 * never on the path of a request, and writes nothing.
 */
import type { CounterLayout } from './counters.ts';

/** As Prometheus wants it: `cumulative[i]` counts what is not above `bounds[i]`. */
export interface HistogramTotals {
  readonly bounds: readonly number[];
  readonly cumulative: readonly number[];
  readonly count: number;
  /** Seconds. */
  readonly sum: number;
}

export class CounterTotals {
  readonly #regions: readonly Float64Array[];

  constructor(layout: CounterLayout, buffer: SharedArrayBuffer, workers: number) {
    this.#regions = Array.from(
      { length: workers },
      (_, worker) => new Float64Array(buffer, layout.bytes(worker), layout.slotsPerWorker),
    );
  }

  /** Of each worker, in their order. */
  perWorker(offset: number): number[] {
    return this.#regions.map((region) => region[offset]!);
  }

  slot(offset: number): number {
    let total = 0;
    for (const region of this.#regions) total += region[offset]!;
    return total;
  }

  /** The count comes from the buckets, so that the two agree even while a worker is between two additions. */
  histogram(offset: number, bounds: readonly number[]): HistogramTotals {
    const cumulative: number[] = [];
    let count = 0;
    for (let index = 0; index <= bounds.length; index += 1) {
      count += this.slot(offset + 1 + index);
      if (index < bounds.length) cumulative.push(count);
    }
    return { bounds, cumulative, count, sum: this.slot(offset) };
  }
}
