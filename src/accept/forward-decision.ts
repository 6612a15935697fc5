/**
 * That a request passes, and where it goes. There is one a thread, filled anew for each request: a request that passes gets no object of
 * its own. It must not be kept beyond the turn.
 */
import type { Origin } from '../match/host-facts.ts';
import type { VerdictCode } from '../observe/counters.ts';

export interface ForwardDecision {
  readonly kind: 'forward';
  readonly destination: Origin;
  readonly verdict: VerdictCode;
  /** Some list has entries for single paths of a host that it names. */
  readonly hasPathEntries: boolean;
}

let decision: { -readonly [Key in keyof ForwardDecision]: ForwardDecision[Key] } | null = null;

/** @returns what is valid until the next call. */
export function forwardTo(destination: Origin, verdict: VerdictCode, hasPathEntries: boolean): ForwardDecision {
  if (decision === null) return (decision = { kind: 'forward', destination, verdict, hasPathEntries });
  decision.destination = destination;
  decision.verdict = verdict;
  decision.hasPathEntries = hasPathEntries;
  return decision;
}
