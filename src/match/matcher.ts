/** Raw host in, host facts out. Facts are valid until the next `use`. */
import type { ByteString } from '../url/bytes.ts';
import type { HostFacts } from './host-facts.ts';
import type { Snapshot } from './snapshot.ts';

export declare class Matcher {
  /** Look-ups answered from the cache and not, since the start; the worker reads and resets them at will. */
  hits: number;
  misses: number;
  constructor(options: { readonly cacheEntries: number });
  use(snapshot: Snapshot): void;
  lookup(rawHost: ByteString): HostFacts | null;
}
