/**
 * Hosts and canaries that no list should cover, as the sanity rules are given them, each with the place that names it.
 * A thread of lists loads this, so that it must not read a file (read-guarded.ts does).
 */
import type { ListAction } from '../../lib/types.ts';
import type { CanonicalHost } from '../../url/host.ts';

export interface GuardedHost {
  readonly host: CanonicalHost;
  /** File and line, for messages: the log tells no host. */
  readonly where: string;
}

export interface Canary extends GuardedHost {
  readonly port: number;
  /** Raw path and query; null: the host as a whole. */
  readonly target: string | null;
}

export interface Guarded {
  readonly canaries: readonly Canary[];
  readonly hosts: readonly GuardedHost[];
  /** Of the list: an entry that only counts, and steers nobody, may be on such a host. */
  readonly action: ListAction;
  /** A text list is used without its entries on these hosts. */
  readonly leavesOut: boolean;
}

/** Nothing is guarded: the sanity rules are not asked of a version, or a list has none. */
export const UNGUARDED: Guarded = { canaries: [], hosts: [], action: 'block', leavesOut: false };
