/**
 * The health of one listener, from rounds of probes: pure, values in, values out.
 *
 *   healthy ──something failed──▶ suspect ──nothing answered, `failures` rounds──▶ down
 *      ▲                            │                                               │
 *      └──everything answered, `successes` rounds──◀────────────────────────────────┘
 *
 * While all is well a round is one connection. As soon as one fails, a round is many at once: the kernel spreads connections over the
 * workers, so that many failures without an answer are a dead process, and a mixture is a dead worker among living ones. It must not
 * decide what is done about it.
 */
import type { HealthTerms } from './settings.ts';

/** Probes that were answered, and that were not; what cannot be told (the guard itself was late) is in neither. */
export interface Round {
  readonly ok: number;
  readonly failed: number;
}

/** `unknown`: it has just begun. */
export type Phase = 'unknown' | 'healthy' | 'suspect' | 'down';

export interface Health {
  readonly phase: Phase;
  /** Rounds in a row in which nothing was answered, and in which everything was. */
  readonly failedInRow: number;
  readonly okInRow: number;
  /** Since when a part fails; null: all or nothing. */
  readonly partialSince: number | null;
}

export const UNKNOWN: Health = { phase: 'unknown', failedInRow: 0, okInRow: 0, partialSince: null };
const HEALTHY: Health = { phase: 'healthy', failedInRow: 0, okInRow: 0, partialSince: null };

/** @param now milliseconds of any clock that does not jump. */
export function afterRound(health: Health, round: Round, terms: HealthTerms, now: number): Health {
  if (round.ok === 0 && round.failed === 0) return health;
  if (round.failed === 0) return answered(health, terms);
  return round.ok === 0 ? silent(health, terms, now) : mixed(health, now);
}

/** How many connections the next round makes. */
export function connectionsOf({ phase, okInRow }: Health, { connections }: HealthTerms): number {
  const isPlain = phase === 'healthy' || (phase === 'down' && okInRow === 0);
  return isPlain ? 1 : connections;
}

function answered(health: Health, { successes }: HealthTerms): Health {
  if (health.phase === 'healthy') return health;
  const okInRow = health.okInRow + 1;
  return okInRow >= successes ? HEALTHY : { ...health, failedInRow: 0, okInRow };
}

function silent(health: Health, { failures }: HealthTerms, now: number): Health {
  if (health.phase === 'down') return { ...health, okInRow: 0 };
  const failedInRow = health.failedInRow + 1;
  if (failedInRow >= failures) return { phase: 'down', failedInRow, okInRow: 0, partialSince: null };
  return { ...suspected(health, now), failedInRow };
}

function mixed(health: Health, now: number): Health {
  if (health.phase === 'down') return { ...health, okInRow: 0 };
  return { ...suspected(health, now), failedInRow: 0 };
}

function suspected({ phase, partialSince, failedInRow }: Health, now: number): Health {
  return {
    phase: phase === 'healthy' ? 'suspect' : phase,
    failedInRow,
    okInRow: 0,
    partialSince: partialSince ?? now,
  };
}
