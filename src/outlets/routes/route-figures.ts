/** What the route feed shows of itself: counts for metrics and the status, addresses under review for `ctl steer`. It must not change the plan. */
import type { CanonicalHost } from '../../url/host.ts';
import type { SteerReport } from '../../observe/control-protocol.ts';
import type { RouteFailure, RouteStatus, RouteWithdrawal } from '../../observe/control-view.ts';
import type { PlanEffect } from './plan-events.ts';
import type { HostKey, PlanState } from './plan-state.ts';

const MAX_HOSTS = 3;

export class RouteFigures {
  readonly #withdrawn: Record<RouteWithdrawal, number> = { removed: 0, gone: 0, rate: 0, never: 0, denied: 0 };
  readonly #failures: Record<RouteFailure, number> = {
    dns: 0,
    ranges: 0,
    counters: 0,
    state: 0,
    write: 0,
    notify: 0,
    full: 0,
    altered: 0,
  };

  count(effect: PlanEffect): void {
    switch (effect.do) {
      case 'withdraw':
        this.#withdrawn[effect.reason] += 1;
        return;
      case 'skip':
        this.failed('full');
        return;
      case 'announce':
      case 'hold':
      case 'forget':
      case 'ignore':
    }
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
