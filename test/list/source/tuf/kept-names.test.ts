/** Which names stand in for those of a version that are not here, and which are kept for versions that may be asked for. */
import { expect, test } from '@jest/globals';
import { nearestNames, withoutStale } from '../../../../src/list/source/tuf/kept-names.ts';
import { emptyState } from '../../../../src/list/source/tuf/stored-state.ts';
import type { KeptNames } from '../../../../src/list/source/tuf/stored-state.ts';
import { nameOf } from '../../../../src/list/source/tuf/versions.ts';
import type { Offers } from '../../../../src/list/source/tuf/versions.ts';

const digest = (version: number): string => version.toString(16).padStart(64, '0');
const id = (version: number) => ({ version, digest: digest(version) });
const names = (version: number): KeptNames => ({
  id: nameOf(id(version)),
  file: { sha256: digest(1000 + version), bytes: 1 },
});
const numbers = (kept: readonly KeptNames[]): number[] => kept.map((one) => Number(one.id.split('@')[0]));

test.each([
  { kept: [3, 5, 7], of: 5, want: 5 },
  { kept: [7, 3, 5], of: 6, want: 5 },
  { kept: [7, 9], of: 6, want: 7 },
  { kept: [9, 7], of: 6, want: 7 },
  { kept: [3], of: 6, want: 3 },
  { kept: [], of: 6, want: null },
])('of $kept those of $want are the nearest to $of', ({ kept, of, want }) => {
  const nearest = nearestNames(kept.map(names), id(of));
  expect(nearest === null ? null : numbers([nearest])[0]).toBe(want);
});

test('a version of the same number and other records is not its own', () => {
  const other: KeptNames = { ...names(5), id: nameOf({ version: 5, digest: digest(99) }) };
  expect(nearestNames([other, names(4)], id(5))).toEqual(names(4));
});

const STATE = { ...emptyState('', ''), names: [1, 2, 3, 4, 5, 6, 7, 8].map(names) };
const offering = (version: number): Offers => ({
  fulls: new Map(),
  deltas: new Map(),
  versions: [],
  withdrawn: null,
  names: { id: nameOf(id(version)), target: { path: '', bytes: 1, sha256: digest(0), custom: {} } },
  others: { newest: 0, forms: [] },
});

test('kept are those in force, before that, pinned, held, accepted and offered', () => {
  const state = {
    ...STATE,
    current: 2,
    currentDigest: digest(2),
    previous: 1,
    previousDigest: digest(1),
    notes: { pinned: nameOf(id(3)), held: nameOf(id(5)), accepted: nameOf(id(6)) },
  };
  expect(numbers(withoutStale(state, offering(8)))).toEqual([1, 2, 3, 5, 6, 8]);
  expect(numbers(withoutStale(state, null))).toEqual([1, 2, 3, 5, 6]);
});

test('kept are those that wait, unless they are no newer than what is in force', () => {
  const firstSeen = Object.fromEntries([1, 4, 7].map((version) => [nameOf(id(version)), 1]));
  expect(numbers(withoutStale({ ...STATE, current: 4, currentDigest: digest(4), firstSeen }, null))).toEqual([4, 7]);
});

test('of those that wait 32 are kept, and the oldest of them: they come into force first', () => {
  const many = Array.from({ length: 40 }, (_, i) => names(i + 1)).toReversed();
  const firstSeen = Object.fromEntries(many.map((one) => [one.id, 1]));
  const kept = numbers(withoutStale({ ...STATE, names: many, firstSeen }, null)).toSorted((a, b) => a - b);
  expect([kept.length, kept[0], kept.at(-1)]).toEqual([32, 1, 32]);
  const fit = withoutStale({ ...STATE, names: many.slice(8), firstSeen }, null);
  expect(fit).toHaveLength(32);
});
