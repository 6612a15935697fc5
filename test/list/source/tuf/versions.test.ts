/** Which version is taken, and which files it takes: where a publisher goes on, and where another has begun anew. */
import { expect, test } from '@jest/globals';
import type { Chain } from '../../../../src/list/source/tuf/stored-state.ts';
import type { SignedTarget } from '../../../../src/list/source/tuf/trusted-metadata.ts';
import { offersOf, planFor } from '../../../../src/list/source/tuf/versions.ts';
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

test('a number far beyond what is offered is not counted up to', () => {
  const far = 999_999_999_999_999;
  expect(
    planFor({ version: far, digest: 'd' }, offers(new Map([full(2, 'a')]), new Map([delta(3), delta(far)])), [
      here(2, 'a', 1),
    ]),
  ).toBeNull();
  const targets = new Map([full(2, 'a'), full(10 ** 16, 'b'), full(far, 'c')].map(([, t]) => [t.path, t]));
  const trusted = { versions: {}, expiresAt: 0, owners: null, targets, logKeys: [] };
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
