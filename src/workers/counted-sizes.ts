/**
 * How full the tables of one worker are, told to the counters at each tick: what has changed since the last. A table that is asked now and
 * then costs a request nothing. A worker that is replaced begins at nothing, as its gauges do. It must not be called for a request.
 */
import { HOST_CACHE } from '../observe/counters.ts';
import type { MutableWorkerContext } from './compose-worker.ts';

type Measured = Pick<MutableWorkerContext, 'counters' | 'pool' | 'upstreamCapacity' | 'verdicts'>;

export class CountedSizes {
  readonly #context: Measured;
  #told = { hits: 0, misses: 0, hosts: 0, idle: 0, upstream: 0 };

  constructor(context: Measured) {
    this.#context = context;
  }

  count(): void {
    const { counters, pool, upstreamCapacity, verdicts } = this.#context;
    const { hits, misses, cached } = verdicts.matcher;
    const now = { hits, misses, hosts: cached, idle: pool.size, upstream: upstreamCapacity.open };
    const told = this.#told;
    counters.hostCache(HOST_CACHE.hit, now.hits - told.hits);
    counters.hostCache(HOST_CACHE.miss, now.misses - told.misses);
    counters.hostCacheEntries(now.hosts - told.hosts);
    counters.upstreamIdle(now.idle - told.idle);
    counters.upstreamConnection(now.upstream - told.upstream);
    this.#told = now;
  }
}
