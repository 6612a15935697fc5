/** Which version is taken, and which files it takes: where a publisher goes on, and where another has begun anew. */
import { describe, expect, test } from '@jest/globals';
import { emptyState } from '../../../../src/list/source/tuf/stored-state.ts';
import type { Chain, StoredState } from '../../../../src/list/source/tuf/stored-state.ts';
import type { SignedTarget } from '../../../../src/list/source/tuf/trusted-metadata.ts';
import { choose, offersOf, planFor, seenSince } from '../../../../src/list/source/tuf/versions.ts';
import type { Offers } from '../../../../src/list/source/tuf/versions.ts';

const full = (version: number, sha256: string): readonly [number, SignedTarget] => [
  version,
  { path: `match/1/1/${version}.full`, bytes: 1000, sha256, custom: {} },
];
const delta = (version: number): readonly [number, SignedTarget] => [
  version,
  { path: `match/1/1/${version}.delta`, bytes: 10, sha256: `delta ${version}`, custom: {} },
];
const offers = (fulls: Offers['fulls'], deltas: Offers['deltas'] = new Map()): Offers => ({
  fulls,
  deltas,
  versions: [...new Set([...fulls.keys(), ...deltas.keys()])].sort((a, b) => b - a),
  names: null,
  withdrawn: null,
  others: { newest: 0, forms: [] },
});
const here = (version: number, sha256: string, deltas: number): Chain => ({
  version,
  full: { sha256, bytes: 1000 },
  deltas: Array.from({ length: deltas }, (_, i) => ({ sha256: `delta ${version + 1 + i}`, bytes: 10 })),
});

test('a later version is reached by deltas from what lies here', () => {
  const plan = planFor({ version: 4, digest: 'd' }, offers(new Map([full(2, 'a')]), new Map([delta(3), delta(4)])), [
    here(2, 'a', 1),
  ]);
  expect(plan).toEqual({ chain: here(2, 'a', 2), missing: [delta(4)[1]] });
});

test.each([
  { bytes: 10, takes: 'the delta' },
  { bytes: 11, takes: 'a new base' },
])(
  'base and deltas here take one and a half times the base at most: with a delta of $bytes bytes more, $takes',
  ({ bytes, takes }) => {
    const chain: Chain = { ...here(2, 'a', 0), deltas: [{ sha256: 'delta 3', bytes: 490 }] };
    const [, last] = delta(4);
    const offered = offers(new Map([full(2, 'a'), full(4, 'b')]), new Map([delta(3), [4, { ...last, bytes }]]));
    const plan = planFor({ version: 4, digest: 'd' }, offered, [chain]);
    expect(plan?.missing.map(({ path }) => path)).toEqual([
      takes === 'the delta' ? 'match/1/1/4.delta' : 'match/1/1/4.full',
    ]);
    expect(plan?.chain.version).toBe(takes === 'the delta' ? 2 : 4);
  },
);

test('a number far beyond what is offered is not counted up to', () => {
  const far = 999_999_999_999_999;
  expect(
    planFor({ version: far, digest: 'd' }, offers(new Map([full(2, 'a')]), new Map([delta(3), delta(far)])), [
      here(2, 'a', 1),
    ]),
  ).toBeNull();
  const targets = new Map([full(2, 'a'), full(10 ** 16, 'b'), full(far, 'c')].map(([, t]) => [t.path, t]));
  const trusted = { versions: {}, expiresAt: 0, owners: null, targets, logKeys: [], isWhole: true };
  expect(offersOf(trusted, { format: 1, form: 1 }).versions).toEqual([far, 2]);
});

test('a version that lies here needs nothing', () => {
  expect(planFor({ version: 2, digest: 'd' }, offers(new Map([full(2, 'a')])), [here(2, 'a', 1)])).toEqual({
    chain: here(2, 'a', 1),
    missing: [],
  });
});

test('no chain leads back: the first version of a publisher that has begun anew is fetched', () => {
  const [, first] = full(1, 'b');
  expect(planFor({ version: 1, digest: 'd' }, offers(new Map([[1, first]])), [here(2, 'a', 1)])).toEqual({
    chain: here(1, 'b', 0),
    missing: [first],
  });
  expect(planFor({ version: 1, digest: 'd' }, offers(new Map()), [here(2, 'a', 1)])).toBeNull();
});

test('another list of the number that is wanted is none', () => {
  const [, target] = full(2, 'b');
  const offered = offers(new Map([[2, { ...target, custom: { digest: 'e' } }]]));
  expect(planFor({ version: 2, digest: 'd' }, offered, [here(2, 'b', 0)])).toBeNull();
  expect(planFor({ version: 2, digest: 'e' }, offered, [here(2, 'b', 0)])?.missing).toEqual([]);
});

describe('which is taken', () => {
  const NOW = 1_800_000_000_000;
  const HOUR = 3_600_000;
  /** Versions 2 and 3, whole. */
  const offered = offers(
    new Map(
      [2, 3].map((version) => {
        const [, target] = full(version, `of ${version}`);
        return [version, { ...target, custom: { digest: `d${version}` } }];
      }),
    ),
  );
  const state = (more: Partial<StoredState>): StoredState => ({
    ...emptyState('', '{}'),
    current: 1,
    currentDigest: 'd1',
    firstSeen: { '2@d2': NOW - HOUR, '3@d3': NOW },
    ...more,
  });
  const accepted = (name: string): Partial<StoredState> => ({ notes: { held: null, pinned: null, accepted: name } });

  test.each<{ name: string; more?: Partial<StoredState>; refused?: readonly string[]; takes: string }>([
    { name: 'the newest that has waited', takes: '2 ask' },
    { name: 'the first of all waits for nothing', more: { current: null }, takes: '3 ask' },
    { name: 'none that was refused', refused: ['2@d2'], takes: '1 accepted' },
    {
      name: 'what was accepted, though it was refused before',
      more: accepted('2@d2'),
      refused: ['2@d2'],
      takes: '2 accepted',
    },
    { name: 'what was accepted, though it has not waited', more: accepted('3@d3'), takes: '3 accepted' },
    {
      name: 'what was accepted, and not what has come since',
      more: { ...accepted('2@d2'), firstSeen: {} },
      takes: '2 accepted',
    },
    { name: 'no other list that has the number of what was accepted', more: accepted('3@other'), takes: '2 ask' },
    {
      name: 'what is pinned before all',
      more: { notes: { held: null, pinned: '1@d1', accepted: '3@d3' } },
      takes: '1 pinned',
    },
  ])('$name: $takes', ({ more = {}, refused = [], takes }) => {
    const chosen = choose(offered, state(more), { delayMs: HOUR, now: NOW, refused: new Set(refused) });
    expect(`${chosen?.version} ${chosen?.gate}`).toBe(takes);
  });

  test('since when it waits is told by a clock that may have been set back', () => {
    const ahead = state({ firstSeen: { '2@d2': NOW - HOUR, '3@d3': NOW + HOUR, '9@d9': NOW } });
    expect(seenSince(offered, ahead, NOW)).toEqual({ '2@d2': NOW - HOUR, '3@d3': NOW });
  });
});
