/**
 * What the lists say about a host: never a verdict, the channel decides with it (design D3). Facts point into the snapshot
 * they came from: look the host up again for each request instead of keeping them.
 */
import type { CanonicalHost } from '../url/host.ts';
import type { FoundEntry } from './found-entry.ts';
import type { Lead } from './segment.ts';

export interface HostFacts {
  readonly host: CanonicalHost;
  /** False: no list knows the host or a parent of it, and every request to it passes. */
  readonly listed: boolean;
  /** Entries on the whole host, or on a parent with its subdomains; proved. */
  readonly entries: readonly FoundEntry[];
  /** Where path entries may be found: for the host, for parents that have any with subdomains. */
  readonly leads: readonly Lead[];
}
