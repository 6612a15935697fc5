/**
 * Whether so much of a list in force is withdrawn that somebody has to look: removals apply at once, whoever has signed them, and a list that is emptied
 * by them must not be so in silence. It must not keep anything back.
 */
import type { ListStats } from './stats.ts';

/** Fewer entries are never many. */
const MIN_WITHDRAWN = 20;
/** Of the version in force. */
const MASS_SHARE = 0.1;
const MASS_NUMBER = 1000;

/** @param stats of the version in force. It is over with a version that has the rest only. */
export function isMassWithdrawal({ entries, withdrawn }: Pick<ListStats, 'entries' | 'withdrawn'>): boolean {
  return isMass(withdrawn, entries) || (withdrawn > 0 && entries === 0);
}

/** @param withdrawn entries. @param left behind. */
export function isMass(withdrawn: number, left: number): boolean {
  if (withdrawn < MIN_WITHDRAWN) return false;
  return withdrawn >= MASS_NUMBER || withdrawn > MASS_SHARE * (left + withdrawn);
}
