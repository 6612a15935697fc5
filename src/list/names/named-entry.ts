/**
 * What a resolver or a router may do with the host of an entry: the one shape for text lists and names payloads. It must not widen an entry: what
 * names a path or a port never refuses its host.
 */
import type { ListAction } from '../../lib/types.ts';
import type { Entry } from '../../match/entry.ts';
import type { CanonicalHost } from '../../url/host.ts';

export interface NamedEntry {
  readonly host: CanonicalHost;
  /** The host itself and everything below it. */
  readonly subdomains: boolean;
  /** The whole host on any port, and the entry permits `dns`; of an allow list, whether it permits that or not. */
  readonly dns: boolean;
  /** Some address of the host is listed, and the entry permits `steer`; never of an allow list. */
  readonly steer: boolean;
  /** Last valid UTC day, in days since 1970-01-01; 0: never expires. */
  readonly expires: number;
}

/** @returns null if nothing can be done with the host alone. */
export function namedEntry(entry: Entry, action: ListAction): NamedEntry | null {
  const { host, subdomains, expires, path, port } = entry;
  // What is only counted refuses nobody, and steers nobody.
  if (action === 'count' || entry.count) return null;
  const isWhole = path.kind === 'host' && port === 0;
  const dns = isWhole && (action === 'allow' || entry.dns);
  const steer = action !== 'allow' && entry.steer;
  return dns || steer ? { host, subdomains, dns, steer, expires } : null;
}
