/** Rows of hints are all that lead from a host, whatever the order of the entries is, and however many of them are of one host. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mergedHints, type HintSource } from '../../src/match/hint-rows.ts';
import { HINT } from '../../src/match/segment-layout.ts';

interface Row {
  readonly high: number;
  readonly low: number;
  readonly depths: number;
  readonly scopes: number;
  readonly fold: number;
}

function sourceOf(rows: readonly Row[]): HintSource {
  return {
    high: Int32Array.from(rows, ({ high }) => high),
    low: Int32Array.from(rows, ({ low }) => low),
    depths: (row) => rows[row]!.depths,
    scopes: (row) => rows[row]!.scopes,
    folds: (row) => rows[row]!.fold,
  };
}

/** By fingerprint and fold, in plain sets. */
function expected(rows: readonly Row[]): Record<string, string> {
  const found = new Map<string, { depths: number; scopes: number }>();
  for (const { high, low, depths, scopes, fold } of rows) {
    const key = `${high} ${low} ${fold}`;
    const before = found.get(key) ?? { depths: 0, scopes: 0 };
    found.set(key, { depths: before.depths | depths, scopes: before.scopes | scopes });
  }
  return Object.fromEntries([...found].map(([key, { depths, scopes }]) => [key, `${depths} ${scopes}`]));
}

function merged(rows: readonly Row[]): Record<string, string> {
  const { high, low, depths, scopes, folds } = mergedHints(sourceOf(rows));
  const found: Record<string, string> = {};
  for (let row = 0; row < high.length; row += 1) {
    const key = `${high[row]!} ${low[row]!} ${folds[row]! & HINT.foldMask}`;
    expect(found).not.toHaveProperty([key]);
    found[key] = `${depths[row]!} ${scopes[row]!}`;
  }
  return found;
}

const row = (hosts: fc.Arbitrary<number>): fc.Arbitrary<Row> =>
  fc
    .tuple(hosts, fc.integer({ min: 0, max: 0xffff }), fc.nat(255), fc.integer({ min: 0, max: 7 }))
    .map(([host, depths, scopes, fold]) => ({
      high: Math.imul(host, 0x9e37_79b9),
      low: host,
      depths,
      scopes,
      fold: fold & HINT.foldMask,
    }));

// One host with nearly all entries is a part of its own, which is too long to be copied.
test.each([
  { what: 'many hosts', hosts: fc.nat(200) },
  { what: 'few hosts', hosts: fc.nat(3) },
  { what: 'one host beside many', hosts: fc.oneof({ weight: 9, arbitrary: fc.constant(7) }, fc.nat(200)) },
])('$what: one row a host and fold, with all that leads on', ({ hosts }) => {
  fc.assert(
    fc.property(fc.array(row(hosts), { maxLength: 400, size: 'max' }), (rows) => {
      expect(merged(rows)).toEqual(expected(rows));
    }),
  );
});
