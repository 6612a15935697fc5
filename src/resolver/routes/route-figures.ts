/** What the route feed shows of itself: counts for metrics and the status, addresses under review for `ctl steer`. It must not change the plan. */
import type { CanonicalHost } from '../../url/host.ts';
import type { PlanEffect, WithdrawReason } from './plan-events.ts';
import type { HostKey, PlanState, Review } from './plan-state.ts';

/** `dns`: no resolver knew. `ranges`: a file of them could not be read. `full`: there are more names or addresses than there may be. */
type RouteFailure = 'dns' | 'ranges' | 'counters' | 'state' | 'write' | 'notify' | 'full';

export interface RouteStatus {
  readonly announced: number;
  readonly held: number;
  readonly denied: number;
  /** Since the start. */
  readonly withdrawn: Readonly<Record<WithdrawReason, number>>;
  readonly failures: Readonly<Record<RouteFailure, number>>;
}

export interface SteerReport {
  readonly announced: number;
  /** Held and denied, the oldest first. */
  readonly reviews: readonly ReviewedAddress[];
}

export interface ReviewedAddress {
  readonly address: string;
  readonly reason: Review['reason'];
  /** ISO 8601, UTC. */
  readonly since: string;
  /** Listed hosts that lead there, at most three. */
  readonly hosts: readonly string[];
  /** How many do. */
  readonly hostCount: number;
}

const MAX_HOSTS = 3;

export class RouteFigures {
  readonly #withdrawn: Record<WithdrawReason, number> = { removed: 0, gone: 0, rate: 0, never: 0, denied: 0 };
  readonly #failures: Record<RouteFailure, number> = {
    dns: 0,
    ranges: 0,
    counters: 0,
    state: 0,
    write: 0,
    notify: 0,
    full: 0,
  };

  count(effect: PlanEffect): void {
    if (effect.do === 'withdraw') this.#withdrawn[effect.reason] += 1;
    if (effect.do === 'skip') this.failed('full');
  }

  failed(what: RouteFailure): void {
    this.#failures[what] += 1;
  }

  status({ routes, reviews }: PlanState): RouteStatus {
    const denied = [...reviews.values()].filter(({ reason }) => reason === 'denied').length;
    return {
      announced: routes.size,
      held: reviews.size - denied,
      denied,
      withdrawn: { ...this.#withdrawn },
      failures: { ...this.#failures },
    };
  }

  report({ routes, reviews }: PlanState, hosts: ReadonlyMap<HostKey, CanonicalHost>): SteerReport {
    const sorted = [...reviews].toSorted(([, a], [, b]) => a.since - b.since);
    return {
      announced: routes.size,
      reviews: sorted.map(([address, { reason, since, owners }]) => ({
        address,
        reason,
        since: new Date(since).toISOString(),
        hosts: [...owners.keys()].flatMap((key) => hosts.get(key) ?? []).slice(0, MAX_HOSTS),
        hostCount: owners.size,
      })),
    };
  }
}
