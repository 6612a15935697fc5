/**
 * What the times that a publisher has signed say of the time: a node whose clock is behind takes nothing that had expired by then. Pure. It must not let
 * a stolen key send the node's time ahead: what the publisher signs afterwards would be refused as expired.
 */
import type { StoredState } from './stored-state.ts';

export type SignedTimes = Pick<StoredState, 'signedAt' | 'listSignedAt'>;

/** What was signed says nothing of the time. */
export const NO_TIMES: SignedTimes = { signedAt: 0, listSignedAt: 0 };

/** Milliseconds since the epoch. */
export interface TimeTerms {
  /** Lists are signed by people, withdrawn sets by a key that is online. */
  readonly of: 'list' | 'withdrawn set';
  readonly clock: number;
  /** Of the metadata that vouches for it. */
  readonly expiresAt: number;
}

/** So far ahead of the clock, and of what people have signed, a key that is online is believed: less than a timestamp lives. */
export const MAX_AHEAD_MS = 24 * 60 * 60_000;

/** @param time milliseconds since the epoch. */
export function timesWith(
  { signedAt, listSignedAt }: SignedTimes,
  time: number,
  { of, clock, expiresAt }: TimeTerms,
): SignedTimes {
  // Metadata that expires earlier cannot vouch for it.
  if (time >= expiresAt) return { signedAt, listSignedAt };
  if (of === 'list') return { signedAt: Math.max(time, signedAt), listSignedAt: Math.max(time, listSignedAt) };
  const latest = Math.max(clock, listSignedAt) + MAX_AHEAD_MS;
  return { signedAt: Math.max(signedAt, Math.min(time, latest)), listSignedAt };
}
