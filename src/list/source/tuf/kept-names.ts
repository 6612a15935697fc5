/**
 * Which payloads of names a node keeps, as pure functions: those that may be asked for without being offered any more, and the newest. It must not touch a
 * file.
 */
import type { KeptNames, StoredState } from './stored-state.ts';
import { idIn, idOf, nameOf } from './versions.ts';
import type { Offers, VersionId } from './versions.ts';

/** Of versions that wait for `delay` at most so many, the oldest first: they come into force first. */
const MAX_WAITING = 32;

type NamesState = Pick<
  StoredState,
  'names' | 'current' | 'currentDigest' | 'previous' | 'previousDigest' | 'notes' | 'firstSeen'
>;

/** Its own, or those of the nearest version: the newest before it, else the oldest after it. @returns null if nothing is kept. */
export function nearestNames(names: readonly KeptNames[], id: VersionId): KeptNames | null {
  const own = names.find((one) => one.id === nameOf(id));
  if (own !== undefined) return own;
  const sorted = names.toSorted((a, b) => versionIn(a) - versionIn(b));
  return sorted.findLast((one) => versionIn(one) < id.version) ?? sorted[0] ?? null;
}

/** @param offers of the repository; null: it has not been read yet. @returns what is in force, offered, or waits for its version. */
export function withoutStale(state: NamesState, offers: Offers | null): readonly KeptNames[] {
  const { names, current, firstSeen } = state;
  const waiting = names
    .filter((one) => one.id in firstSeen && versionIn(one) > (current ?? 0))
    .sort((a, b) => versionIn(a) - versionIn(b))
    .slice(0, MAX_WAITING);
  const needed = new Set([...neededIds(state, offers), ...waiting.map(({ id }) => id)]);
  return names.filter(({ id }) => needed.has(id));
}

function neededIds(
  { current, currentDigest, previous, previousDigest, notes: { pinned, held, accepted } }: NamesState,
  offers: Offers | null,
): readonly string[] {
  const ids = [idOf(current, currentDigest), idOf(previous, previousDigest)];
  const named = ids.map((id) => (id === null ? null : nameOf(id)));
  return [...named, pinned, held, accepted, offers?.names?.id ?? null].filter((id) => id !== null);
}

function versionIn({ id }: KeptNames): number {
  return idIn(id).version;
}
