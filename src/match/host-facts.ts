/**
 * What the lists say about a host: never a verdict, the channel decides with it (design D3). Facts point into the snapshot
 * they came from: look the host up again for each request instead of keeping them.
 */
import type { CanonicalHost } from '../url/host.ts';
import type { FoundEntry } from './found-entry.ts';
import type { PathHint } from './segment.ts';

const HTTP_PORT = 80;

/** Where requests to the host go. */
export interface Origin {
  readonly host: CanonicalHost;
  readonly port: number;
  /** `host:port`, by which idle connections are kept. */
  readonly key: string;
  /** As in the Host field: without the port where it is the scheme's (RFC 9112 §3.2.2). */
  readonly authority: string;
}

export interface HostFacts {
  readonly host: CanonicalHost;
  /** Some list knows the host or a parent of it. If none does, every request to it passes. */
  readonly listed: boolean;
  /** Entries on the whole host, or on a parent with its subdomains; proved. */
  readonly entries: readonly FoundEntry[];
  /** Where path entries may be found: for the host, for parents that have any with subdomains. */
  readonly hints: readonly PathHint[];
  /** Some of these entries fold (url/fold.ts). */
  readonly folds: boolean;
  /** Of the last request: nearly always the next one's too, and its strings are made and hashed already. */
  origin: Origin | null;
}

/** @param port of the request. */
export function originAt(facts: HostFacts, port: number): Origin {
  const { origin, host } = facts;
  if (origin !== null && origin.port === port) return origin;
  const key = `${host}:${port}`;
  return (facts.origin = { host, port, key, authority: port === HTTP_PORT ? host : key });
}
