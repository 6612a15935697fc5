/** Versions that the gate has refused: what is remembered of them, and how the next one goes to it. */
import { expect, test } from '@jest/globals';
import {
  labelled,
  notedEntry,
  notedRefusal,
  RefusedVersions,
} from '../../../../src/list/source/tuf/refused-versions.ts';
import type { Offers } from '../../../../src/list/source/tuf/versions.ts';

/** Of each version its digest. */
function offers(digests: Readonly<Record<number, string>>): Offers {
  const fulls = Object.entries(digests).map(([version, digest]) => {
    const target = { path: `match/1/1/${version}.full`, bytes: 1, sha256: `of ${version}`, custom: { digest } };
    return [Number(version), target] as const;
  });
  return {
    fulls: new Map(fulls),
    deltas: new Map(),
    versions: fulls.map(([version]) => version).toReversed(),
    names: null,
    withdrawn: null,
    others: { newest: 0, forms: [] },
  };
}

test('each is remembered until all are forgotten, or the repository offers it no longer', () => {
  const refused = new RefusedVersions();
  refused.add('2@b', offers({ 2: 'b' }));
  refused.add('3@c', offers({ 2: 'b', 3: 'c' }));
  expect(['2@b', '3@c', '3@d', '2@c'].map((name) => refused.has(name))).toEqual([true, true, false, false]);
  refused.add('4@d', offers({ 2: 'other', 3: 'c', 4: 'd' }));
  expect(['2@b', '3@c', '4@d'].map((name) => refused.has(name))).toEqual([false, true, true]);
  refused.add('5@e', null);
  expect(['4@d', '5@e'].map((name) => refused.has(name))).toEqual([false, true]);
  expect([refused.forget(), refused.has('5@e'), refused.forget()]).toEqual([true, false, false]);
});

test.each<{ name: string; gate: 'ask' | 'accepted' | 'pinned'; held: string | null; isBehindHeld: boolean }>([
  { name: 'a newer one that is offered is held', gate: 'ask', held: '3@c', isBehindHeld: true },
  { name: 'nothing is held', gate: 'ask', held: null, isBehindHeld: false },
  { name: 'an older one is', gate: 'ask', held: '1@a', isBehindHeld: false },
  { name: 'another of its number is', gate: 'ask', held: '2@z', isBehindHeld: false },
  { name: 'what is held is offered no longer', gate: 'ask', held: '3@z', isBehindHeld: false },
  { name: 'the gate is not asked', gate: 'accepted', held: '3@c', isBehindHeld: false },
  { name: 'it is pinned', gate: 'pinned', held: '3@c', isBehindHeld: false },
])('whether it goes to the gate behind one that is held: $name', ({ gate, held, isBehindHeld }) => {
  const version = labelled({ version: 2, digest: 'b', gate }, held, offers({ 1: 'a', 2: 'b', 3: 'c' }));
  expect(version).toEqual({ label: '2', gate, ...(isBehindHeld ? { isBehindHeld } : {}) });
});

test('what is accepted while another one is judged is kept until it is in force, something newer is, or it is offered no longer', () => {
  const noted = { held: null, accepted: '2@b', pinned: null };
  const known = offers({ 1: 'a', 2: 'b', 3: 'c' });
  const others = offers({ 1: 'a', 2: 'other', 3: 'c' });
  expect([1, 2, 3].map((version) => notedEntry(noted, version, known).accepted)).toEqual(['2@b', null, null]);
  expect(notedEntry(noted, 1, others).accepted).toBeNull();
  expect(notedRefusal(noted, '3@c', known)).toEqual({ held: '3@c', accepted: '2@b', pinned: null });
  expect(notedRefusal(noted, '3@c', others)).toEqual({ held: '3@c', accepted: null, pinned: null });
});
