/**
 * Raw host in, host facts out: what every request asks first.
 *
 *   raw host ─▶ LRU ─┬─ hit ───────────────────────────────────────────▶ facts
 *                    └─ miss ─▶ canonical host ─▶ filter of each segment ─▶ facts       unlisted hosts end here
 *                                                       └─▶ tables, proofs ─▶ facts
 *
 * What each of these ways may take, and takes: bench/micro/verdict.ts and ADR 0003.
 * One per data thread. The cache belongs to the snapshot: `use` empties it, so no fact outlives its generation.
 * It must not judge: facts know neither listener nor client.
 */
import { LRUCache } from 'lru-cache';
import type { ByteString } from '../url/bytes.ts';
import { canonicalHost } from '../url/host.ts';
import type { CanonicalHost } from '../url/host.ts';
import type { FoundEntry } from './found-entry.ts';
import type { HostFacts } from './host-facts.ts';
import { HostProbe } from './probe.ts';
import type { PathHint, Segment } from './segment.ts';
import type { Snapshot } from './snapshot.ts';

/** Longer spellings of a host exist (escapes of escapes); they are judged and not cached. */
const MAX_CACHED_LENGTH = 512;
const NOT_A_HOST = Symbol('not a host');
/** Given so that the cache makes no such object of its own a call. */
const NO_OPTIONS = {};
const NO_ENTRIES: readonly FoundEntry[] = [];
const NO_HINTS: readonly PathHint[] = [];

type Cached = HostFacts | typeof NOT_A_HOST;

export class Matcher {
  /** Look-ups answered by the cache, and not, since the start. */
  hits = 0;
  misses = 0;
  #cacheEntries: number;
  readonly #probe = new HostProbe();
  /**
   * Filled and emptied by one look-up after the other. An unlisted host allocates its facts, its copy and its place in the cache, and nothing
   * else (bench/micro/allocation.ts).
   */
  readonly #gathered: Gathered = { entries: [], hints: [] };
  readonly #copy = Buffer.alloc(MAX_CACHED_LENGTH);
  #cache: LRUCache<ByteString, Cached>;
  #segments: readonly Segment[] = [];

  constructor(options: { readonly cacheEntries: number }) {
    this.#cacheEntries = options.cacheEntries;
    this.#cache = new LRUCache({ max: options.cacheEntries });
  }

  /** Hosts that are remembered. */
  get cached(): number {
    return this.#cache.size;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** From now on facts come from `snapshot`; facts given out before are not to be used any more. */
  use(snapshot: Snapshot): void {
    this.#segments = snapshot.segments;
    // Emptied: a new one takes its time to make, and the old one would lie about as garbage after each update.
    if (this.#cache.max === this.#cacheEntries) this.#cache.clear();
    else this.#cache = new LRUCache({ max: this.#cacheEntries });
  }

  /** From the next snapshot on. */
  set cacheEntries(entries: number) {
    this.#cacheEntries = entries;
  }

  /** @returns null if this is not a host that can be connected to: the request is to be refused. */
  lookup(rawHost: ByteString): HostFacts | null {
    const cached = this.#cache.get(rawHost, NO_OPTIONS);
    if (cached !== undefined) {
      this.hits += 1;
      return cached === NOT_A_HOST ? null : cached;
    }
    this.misses += 1;
    return this.#lookupAfresh(rawHost);
  }

  /** What is looked up meanwhile is asked by no request, and is not counted. */
  uncounted<T>(work: () => T): T {
    const { hits, misses } = this;
    try {
      return work();
    } finally {
      this.hits = hits;
      this.misses = misses;
    }
  }

  #lookupAfresh(rawHost: ByteString): HostFacts | null {
    const cacheable = rawHost.length <= MAX_CACHED_LENGTH;
    const raw = cacheable ? this.#ownCopy(rawHost) : rawHost;
    const host = canonicalHost(raw);
    const facts = host === null ? null : this.#factsOf(host);
    if (cacheable) this.#cache.set(raw, facts ?? NOT_A_HOST, NO_OPTIONS);
    return facts;
  }

  #factsOf(host: CanonicalHost): HostFacts {
    const probe = this.#probe;
    probe.load(host);
    const { entries, hints } = this.#gathered;
    entries.length = hints.length = 0;
    for (const segment of this.#segments) if (segment.mayKnow(probe)) gather(segment, probe, host, this.#gathered);
    if (entries.length === 0 && hints.length === 0)
      return { host, listed: false, entries: NO_ENTRIES, hints: NO_HINTS, folds: false, origin: null };
    return {
      host,
      listed: true,
      entries: entries.length === 0 ? NO_ENTRIES : entries.slice(),
      hints: hints.length === 0 ? NO_HINTS : hints.slice(),
      folds: hints.some(({ fold }) => fold !== 0),
      origin: null,
    };
  }

  /** A host cut out of a request head would keep the whole head alive for as long as it is cached (V8 sliced strings). */
  #ownCopy(rawHost: ByteString): ByteString {
    const length = this.#copy.write(rawHost, 0, 'latin1');
    return this.#copy.toString('latin1', 0, length);
  }
}

interface Gathered {
  readonly entries: FoundEntry[];
  readonly hints: PathHint[];
}

function gather(segment: Segment, probe: HostProbe, host: CanonicalHost, gathered: Gathered): void {
  for (let level = probe.count - 1; level >= 0; level -= 1) {
    const isParent = level < probe.count - 1;
    for (const entry of segment.findHost(probe, level, host, isParent).entries) gathered.entries.push(entry);
    segment.findHints(probe, level, host, isParent, gathered.hints);
  }
}
