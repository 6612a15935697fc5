/** What the lists say about a host: never a verdict, the channel decides with it (design D3). */
import type { CanonicalHost } from '../url/host.ts';

export interface HostFacts {
  readonly host: CanonicalHost;
  /** False: no list knows the host or a parent of it; every request to it passes. */
  readonly listed: boolean;
}
