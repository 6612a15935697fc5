/**
 * A prom-client histogram whose buckets were counted elsewhere (in shared memory by the workers). prom-client can only
 * `observe` value by value; this one answers the registry's question for its samples with the totals themselves.
 * It must not count anything itself.
 */
import { Histogram } from './prometheus-client.ts';
import type { HistogramTotals } from './counter-totals.ts';

type Samples = Awaited<ReturnType<Histogram<'le'>['get']>>;

export class SharedHistogram extends Histogram<'le'> {
  readonly #name: string;
  readonly #help: string;
  readonly #read: () => HistogramTotals;
  readonly #boundText: (bound: number) => number | string;

  /** @param options.boundText how the format writes a bound; as a number if it is left out. */
  constructor(options: {
    readonly name: string;
    readonly help: string;
    readonly read: () => HistogramTotals;
    readonly boundText?: (bound: number) => string;
  }) {
    super({ name: options.name, help: options.help, registers: [] });
    this.#name = options.name;
    this.#help = options.help;
    this.#read = options.read;
    this.#boundText = options.boundText ?? ((bound) => bound);
  }

  override async get(): Promise<Samples> {
    const { bounds, cumulative, count, sum } = this.#read();
    const buckets = bounds.map((le, index) => ({
      metricName: `${this.#name}_bucket`,
      labels: { le: this.#boundText(le) },
      value: cumulative[index] ?? 0,
    }));
    const values = [
      ...buckets,
      { metricName: `${this.#name}_bucket`, labels: { le: '+Inf' }, value: count },
      { metricName: `${this.#name}_sum`, labels: {}, value: sum },
      { metricName: `${this.#name}_count`, labels: {}, value: count },
    ];
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', collect: () => {}, values };
  }

  /** What the registry calls for the text format. */
  async getForPromString(): Promise<Samples> {
    return await this.get();
  }
}
