/**
 * What the data threads count, in shared memory: one region of doubles per worker, written by that worker alone, so that
 * no lock and no atomic is needed. The control thread reads all regions and adds them up (`counter-totals.ts`).
 *
 *   buffer = | worker 0 ……… | worker 1 ……… |      region = | requests | list hits | connections | … | histograms |
 *
 * Must not allocate, branch on strings or know the metrics' names: it runs once or more per request. A double counts
 * exactly to 2^53. The reader may see a count that is a moment old; on 64-bit machines it never sees half of one.
 */
export const VERDICT = { pass: 0, block: 1, count: 2, allow: 3, refuse: 4, error: 5 } as const;
export const LIST_ACTION = { block: 0, count: 1, allow: 2 } as const;
export const DIRECTION = { client_in: 0, client_out: 1, upstream_in: 2, upstream_out: 3 } as const;
export const UPSTREAM_ERROR = {
  dns_no_name: 0,
  dns_timeout: 1,
  dns_failed: 2,
  dns_refused: 3,
  dns_unreachable: 4,
  dns_busy: 5,
  refused_address: 6,
  connect: 7,
  connect_timeout: 8,
  reset: 9,
  bad_response: 10,
  first_byte_timeout: 11,
  body_timeout: 12,
  early_close: 13,
  descriptors: 14,
} as const;
/** Why the proxy ended a client's connection before its time. */
export const DROPPED = {
  limit: 0,
  client_limit: 1,
  client_denied: 2,
  header_timeout: 3,
  idle_timeout: 4,
  body_timeout: 5,
  client_error: 6,
  protocol: 7,
  descriptors: 8,
} as const;

export type VerdictCode = (typeof VERDICT)[keyof typeof VERDICT];
export type ListActionCode = (typeof LIST_ACTION)[keyof typeof LIST_ACTION];
export type DirectionCode = (typeof DIRECTION)[keyof typeof DIRECTION];
export type UpstreamErrorCode = (typeof UPSTREAM_ERROR)[keyof typeof UPSTREAM_ERROR];
export type DroppedCode = (typeof DROPPED)[keyof typeof DROPPED];

/** Upper bounds in seconds, inclusive; the time the proxy itself adds. */
export const REQUEST_DURATION_BOUNDS = [
  1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1,
] as const;
/** Upper bounds in seconds, inclusive; from the request's last byte sent to the answer's first byte. */
export const UPSTREAM_DURATION_BOUNDS = [
  1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const;

export const VERDICTS = Object.keys(VERDICT).length;
export const LIST_ACTIONS = Object.keys(LIST_ACTION).length;

/** How many listeners and lists have slots of their own; a configuration with its listeners and lists is one. */
export interface CounterCapacity {
  readonly listeners: { readonly length: number };
  readonly lists: { readonly length: number };
}

/** Slots (doubles) of one worker's region. A pure function of the capacity, so both sides compute the same. */
export interface CounterLayout {
  readonly listeners: number;
  readonly lists: number;
  readonly requests: number;
  readonly listHits: number;
  readonly connections: number;
  readonly dropped: number;
  readonly bytesMoved: number;
  readonly hostCache: number;
  readonly upstreamErrors: number;
  /** A histogram is its sum of seconds, then one slot per bound, then one for everything above. */
  readonly requestDuration: number;
  readonly upstreamDuration: number;
  readonly slotsPerWorker: number;
  /** Size of the shared buffer. */
  bytes(workers: number): number;
}

/** 128 bytes: two workers never write to one cache line, nor to the pair that x86 prefetches together. */
const SLOTS_PER_LINE = 16;

export function counterLayout(capacity: CounterCapacity): CounterLayout {
  const listeners = capacity.listeners.length;
  const lists = capacity.lists.length;
  let next = 0;
  const take = (slots: number): number => {
    const start = next;
    next += slots;
    return start;
  };
  const offsets = {
    requests: take(listeners * VERDICTS),
    listHits: take(lists * LIST_ACTIONS),
    connections: take(listeners),
    dropped: take(Object.keys(DROPPED).length),
    bytesMoved: take(Object.keys(DIRECTION).length),
    hostCache: take(2),
    upstreamErrors: take(Object.keys(UPSTREAM_ERROR).length),
    requestDuration: take(REQUEST_DURATION_BOUNDS.length + 2),
    upstreamDuration: take(UPSTREAM_DURATION_BOUNDS.length + 2),
  };
  const slotsPerWorker = Math.ceil(next / SLOTS_PER_LINE) * SLOTS_PER_LINE;
  const bytes = (workers: number): number => workers * slotsPerWorker * Float64Array.BYTES_PER_ELEMENT;
  return { listeners, lists, ...offsets, slotsPerWorker, bytes };
}

/** The writing end of one worker. Indexes are not checked: they come from the control thread and the tables above. */
export class DataCounters {
  readonly #slots: Float64Array;
  readonly #listHits: number;
  readonly #connections: number;
  readonly #dropped: number;
  readonly #bytes: number;
  readonly #hostCache: number;
  readonly #upstreamErrors: number;
  readonly #requestDuration: number;
  readonly #upstreamDuration: number;

  /** A replaced worker goes on counting where its predecessor stopped; the connections it held are gone. */
  constructor(layout: CounterLayout, buffer: SharedArrayBuffer, worker: number) {
    const start = worker * layout.slotsPerWorker * Float64Array.BYTES_PER_ELEMENT;
    this.#slots = new Float64Array(buffer, start, layout.slotsPerWorker);
    this.#listHits = layout.listHits;
    this.#connections = layout.connections;
    this.#dropped = layout.dropped;
    this.#bytes = layout.bytesMoved;
    this.#hostCache = layout.hostCache;
    this.#upstreamErrors = layout.upstreamErrors;
    this.#requestDuration = layout.requestDuration;
    this.#upstreamDuration = layout.upstreamDuration;
    this.#slots.fill(0, layout.connections, layout.connections + layout.listeners);
  }

  /** One finished verdict; `requests` is the first offset of the region, hence no addition. */
  request(listener: number, verdict: VerdictCode): void {
    this.#slots[listener * VERDICTS + verdict]! += 1;
  }

  /** One list that matched a request, whether or not its action won. */
  listHit(list: number, action: ListActionCode): void {
    this.#slots[this.#listHits + list * LIST_ACTIONS + action]! += 1;
  }

  connection(listener: number, delta: 1 | -1): void {
    this.#slots[this.#connections + listener]! += delta;
  }

  dropped(reason: DroppedCode): void {
    this.#slots[this.#dropped + reason]! += 1;
  }

  bytes(direction: DirectionCode, count: number): void {
    this.#slots[this.#bytes + direction]! += count;
  }

  /** Adds look-ups since the last call. */
  hostCache(hits: number, misses: number): void {
    this.#slots[this.#hostCache]! += hits;
    this.#slots[this.#hostCache + 1]! += misses;
  }

  upstreamError(reason: UpstreamErrorCode): void {
    this.#slots[this.#upstreamErrors + reason]! += 1;
  }

  requestDuration(seconds: number): void {
    this.#slots[this.#requestDuration]! += seconds;
    this.#slots[this.#requestDuration + 1 + bucket(REQUEST_BOUNDS, seconds)]! += 1;
  }

  upstreamDuration(seconds: number): void {
    this.#slots[this.#upstreamDuration]! += seconds;
    this.#slots[this.#upstreamDuration + 1 + bucket(UPSTREAM_BOUNDS, seconds)]! += 1;
  }
}

const REQUEST_BOUNDS = Float64Array.from(REQUEST_DURATION_BOUNDS);
const UPSTREAM_BOUNDS = Float64Array.from(UPSTREAM_DURATION_BOUNDS);

/** First bound that is not below the value. Upwards from the smallest: what is common is found in three or four steps. */
function bucket(bounds: Float64Array, seconds: number): number {
  let index = 0;
  while (index < bounds.length && seconds > bounds[index]!) index += 1;
  return index;
}
