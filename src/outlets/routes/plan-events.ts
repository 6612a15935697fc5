/** What the plan is told, what it answers, and what it goes by (route-plan.ts). Types only: it must hold no rule. */
import type { RouteWithdrawal } from '../../observe/control-view.ts';
import type { HostKey, ReviewReason } from './plan-state.ts';

export interface PlanSettings {
  /** Whether this address must not be steered, whoever leads there. */
  readonly never: (address: string) => boolean;
  /** Addresses that are new to a host, in one update of it. */
  readonly newAddresses: number;
  /** Milliseconds for which a route stays after its host was last seen there. */
  readonly holdMs: number;
  /** It bounds the routes, and as many addresses that are held or denied. */
  readonly maxRoutes: number;
  /** Null: traffic is not measured. */
  readonly bytesPerSecond: number | null;
}

export type PlanEvent =
  /** The names in force. Not complete: a list is not there yet, and its names may be any. */
  | { readonly on: 'names'; readonly inForce: ReadonlySet<HostKey>; readonly isComplete: boolean }
  /** Where a name leads; addresses as `formatAddress` writes them. Not complete: it may lead elsewhere too, and none is gone. */
  | {
      readonly on: 'resolved';
      readonly host: HostKey;
      readonly addresses: readonly string[];
      readonly isComplete: boolean;
      readonly at: number;
    }
  /** Bytes that addresses have carried, since any moment that is the same each time. */
  | { readonly on: 'counted'; readonly bytes: ReadonlyMap<string, number>; readonly at: number }
  | { readonly on: 'settings' }
  /** Of an operator. */
  | { readonly on: 'release'; readonly address: string; readonly at: number }
  | { readonly on: 'deny'; readonly address: string; readonly at: number };

export type PlanEffect =
  | { readonly do: 'announce'; readonly address: string }
  | { readonly do: 'withdraw'; readonly address: string; readonly reason: RouteWithdrawal }
  | { readonly do: 'hold'; readonly address: string; readonly reason: ReviewReason }
  /** It is neither announced nor held any more, and was not announced. */
  | { readonly do: 'forget'; readonly address: string }
  /** There are as many as there may be. */
  | { readonly do: 'skip'; readonly address: string }
  /** It is neither held nor denied: there is nothing to release. */
  | { readonly do: 'ignore'; readonly address: string };
