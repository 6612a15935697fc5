/** The kept tree against the definition, in batches of any size, from the hashes that earlier ones left. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { leafHash } from '../../../src/list/transparency/merkle.ts';
import { Tree, hashesOf } from '../../../src/publish/log/tree.ts';
import { naiveRoot, treeOf } from '../../list/transparency/trees.ts';

const LEAVES = Array.from({ length: 300 }, (_, at) => leafHash(Buffer.from(`leaf ${at}`)));
const ROOTS = LEAVES.map((_, at) => naiveRoot(LEAVES.slice(0, at)));
const none = (): never => {
  throw new Error('nothing is kept');
};

describe('in batches', () => {
  test('has the roots and proofs of the definition, and reads only what was kept', () => {
    const batches = fc.array(fc.nat(40), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(batches, (sizes) => {
        let kept = Buffer.alloc(0);
        let size = 0;
        for (const batch of sizes) {
          const before = kept;
          const tree = new Tree((position) => before.subarray(position * 32, position * 32 + 32), size);
          for (const leaf of LEAVES.slice(size, size + batch)) tree.append(leaf);
          kept = Buffer.concat([kept, tree.fresh()]);
          expect(tree.size).toBe(size + batch);
          size = tree.size;
          expect(kept.length).toBe(32 * hashesOf(size));
          expect(tree.root()).toEqual(ROOTS[size]);
          const part = treeOf(LEAVES.slice(0, size));
          for (const start of [0, 1, size >> 1].filter((index) => index < size)) {
            expect(tree.inclusion(start).every((hash) => hash.length === 32)).toBe(true);
            if (start > 0) expect(tree.root(start)).toEqual(ROOTS[start]);
          }
          if (size > 0) expect(tree.hashOf({ start: 0, end: size })).toEqual(part({ start: 0, end: size }));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a leaf costs two hashes to keep', () => {
    expect(hashesOf(1 << 20)).toBe(2 * (1 << 20) - 1);
    expect(hashesOf(0)).toBe(0);
  });
});

test('an empty tree has the root of RFC 9162, and no subtree of it can be asked for', () => {
  const tree = new Tree(none, 0);
  expect(tree.root()).toEqual(naiveRoot([]));
  expect(() => tree.hashOf({ start: 0, end: 1 })).toThrow('the tree of 0 leaves has no such subtree');
});
