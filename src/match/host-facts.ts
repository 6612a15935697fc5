/**
 * What the lists say about a host: never a verdict, the channel decides with it (design D3). Facts point into the snapshot
 * they came from: look the host up again for each request instead of keeping them.
 */
import type { CanonicalHost } from '../url/host.ts';
import type { Segment } from './segment.ts';

export interface HostFacts {
  readonly host: CanonicalHost;
  /** False: no list knows the host or a parent of it, and every request to it passes. */
  readonly listed: boolean;
  /** Entries on the whole host, or on a parent with its subdomains; proved. */
  readonly entries: readonly FoundEntry[];
  /** Where path entries may be found: for the host, for parents that have any with subdomains. */
  readonly leads: readonly Lead[];
}

/** An entry as it comes out of a segment: everything but the text, which nobody has there. */
export interface FoundEntry {
  readonly id: bigint;
  readonly list: number;
  /** 0: any. */
  readonly port: number;
  /** Last valid UTC day since 1970-01-01; 0: never expires. */
  readonly expires: number;
  readonly subdomains: boolean;
  readonly count: boolean;
  readonly test: boolean;
  readonly dns: boolean;
  readonly steer: boolean;
}

/** Not proved: the host may only share a fingerprint. The expression's proof settles it. */
export interface Lead {
  readonly segment: Segment;
  /** The host, or the parent of it, that path entries are on. */
  readonly host: string;
  /** True for a parent: only entries with subdomains apply. */
  readonly isParent: boolean;
  readonly root: boolean;
  /** Bit d-1: directories of d segments. */
  readonly depths: number;
  readonly path: boolean;
  readonly query: boolean;
}
