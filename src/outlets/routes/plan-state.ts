/**
 * What the plan knows: routes, addresses under review, the hosts that lead to each, and what was last counted.
 *
 * The index by host is kept here and nowhere else. It must hold no name of a host: only keys.
 */

/** A keyed digest of a host (host-keys.ts). */
export type HostKey = string;

/** The hosts that lead to an address, each with the time at which it last did. */
export type Owners = Map<HostKey, number>;

export interface Route {
  /** When it was announced. */
  readonly since: number;
  /** An operator let it through: it counts as no change of its host. */
  readonly isReleased: boolean;
  readonly owners: Owners;
}

/** `many`: in one update of its host. `changing`: its host had too many new ones before. `rate`: it carried too much. `denied`: by an operator. */
export const REVIEW_REASONS = ['many', 'changing', 'rate', 'denied'] as const;
export type ReviewReason = (typeof REVIEW_REASONS)[number];

export interface Review {
  readonly reason: ReviewReason;
  readonly since: number;
  readonly owners: Owners;
}

export interface PlanState {
  readonly routes: Map<string, Route>;
  readonly reviews: Map<string, Review>;
  /** Addresses of `routes` and `reviews` by the hosts that lead to them. */
  readonly byHost: Map<HostKey, Set<string>>;
  names: ReadonlySet<HostKey>;
  counts: { readonly at: number; readonly bytes: ReadonlyMap<string, number> } | null;
}

export function emptyPlan(): PlanState {
  return { routes: new Map(), reviews: new Map(), byHost: new Map(), names: new Set(), counts: null };
}

/** A copy, so that they may be dropped meanwhile. */
export function addressesOf({ byHost }: PlanState, host: HostKey): readonly string[] {
  return [...(byHost.get(host) ?? [])];
}

interface Ownership {
  /** Of a route or a review. */
  readonly address: string;
  readonly host: HostKey;
  readonly at: number;
}

/** Does nothing where the address has neither a route nor a review. */
export function addOwner(state: PlanState, { address, host, at }: Ownership): void {
  const found = state.routes.get(address) ?? state.reviews.get(address);
  if (found === undefined) return;
  found.owners.set(host, at);
  const addresses = state.byHost.get(host);
  if (addresses === undefined) state.byHost.set(host, new Set([address]));
  else addresses.add(address);
}

/** The route stays, with or without an owner: who calls decides what becomes of it. */
export function dropOwner(state: PlanState, address: string, host: HostKey): void {
  state.routes.get(address)?.owners.delete(host);
  state.reviews.get(address)?.owners.delete(host);
  const addresses = state.byHost.get(host);
  addresses?.delete(address);
  if (addresses?.size === 0) state.byHost.delete(host);
}
