/** Proofs of RFC 9162: published vectors, and that nothing but the right proof is taken. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  EMPTY_ROOT,
  consistencySubtrees,
  inclusionSubtrees,
  leafHash,
  provesConsistency,
  provesInclusion,
} from '../../../src/list/transparency/merkle.ts';
import { HASH, naiveRoot, treeOf } from './trees.ts';

interface Vector {
  readonly file: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
  readonly [field: string]: unknown;
}

const VECTORS = readFileSync(new URL('./vectors/merkle.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Vector);

/** Roots that are no hashes: there they are compared as they are, here they are refused. */
const REFUSED = 'consistency/additional/sizes-are-equal-one-and-proof-is-empty.json';

const bytes = (value: unknown): Buffer => Buffer.from(String(value), 'base64');

function holds(vector: Vector): boolean {
  const proof = (vector.proof ?? []).map(bytes);
  return vector.file.startsWith('inclusion/')
    ? provesInclusion(
        {
          index: Number(vector['leafIdx']),
          size: Number(vector['treeSize']),
          leaf: bytes(vector['leafHash']),
          root: bytes(vector['root']),
        },
        proof,
      )
    : provesConsistency(
        {
          first: Number(vector['size1']),
          firstRoot: bytes(vector['root1']),
          second: Number(vector['size2']),
          secondRoot: bytes(vector['root2']),
        },
        proof,
      );
}

describe('published vectors', () => {
  test('there are proofs that hold and proofs that do not', () => {
    expect(VECTORS.filter(({ wantErr }) => !wantErr).length).toBe(12);
    expect(VECTORS.length).toBe(196);
  });

  test.each(VECTORS.map((vector) => [vector.file, vector] as const))('%s', (file, vector) => {
    expect(holds(vector)).toBe(!vector.wantErr && file !== REFUSED);
  });
});

test('the root of no leaves and the hash of an empty leaf are those of RFC 6962', () => {
  expect(Buffer.from(EMPTY_ROOT).toString('hex')).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
  expect(leafHash(new Uint8Array()).toString('hex')).toBe(
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  );
});

describe('of trees of every size up to 70', () => {
  const leaves = Array.from({ length: 70 }, (_, at) => leafHash(Buffer.from(`leaf ${at}`)));
  const sizes = leaves.map((_, at) => at + 1);
  const at = (size: number): { root: Buffer; part: ReturnType<typeof treeOf> } => ({
    root: naiveRoot(leaves.slice(0, size)),
    part: treeOf(leaves.slice(0, size)),
  });

  test('each leaf has a proof, which holds for no other place', () => {
    for (const size of sizes) {
      const { root, part } = at(size);
      for (let index = 0; index < size; index += 1) {
        const proof = inclusionSubtrees(index, size).map(part);
        const claim = { index, size, leaf: leaves[index]!, root };
        expect(provesInclusion(claim, proof)).toBe(true);
        expect(provesInclusion({ ...claim, index: index ^ 1 }, proof)).toBe(size === 1 && (index ^ 1) === 0);
        expect(provesInclusion({ ...claim, size: size + 1 }, proof)).toBe(sameShape(index, size));
      }
    }
  });

  test('each extends each before, and an altered one does not', () => {
    for (const second of sizes) {
      const now = at(second);
      for (const first of sizes.filter((size) => size <= second)) {
        const { root: firstRoot } = at(first);
        const proof = consistencySubtrees(first, second).map(now.part);
        const claim = { first, firstRoot, second, secondRoot: now.root };
        expect(provesConsistency(claim, proof)).toBe(true);
        expect(provesConsistency({ ...claim, firstRoot: HASH }, proof)).toBe(false);
        expect(provesConsistency({ ...claim, secondRoot: HASH }, proof)).toBe(false);
        expect(provesConsistency(claim, [...proof, HASH])).toBe(false);
        if (proof.length > 0) expect(provesConsistency(claim, proof.slice(1))).toBe(false);
      }
    }
  });

  /** A proof has no size in it: where the next size gives the same path, it holds for both with the same root. */
  function sameShape(index: number, size: number): boolean {
    const shape = (total: number): string =>
      inclusionSubtrees(index, total)
        .map(({ start }) => (start > index ? 'right' : 'left'))
        .join();
    return shape(size) === shape(size + 1);
  }
});

test('whatever is given, the answer is no and not an exception', () => {
  const anyNumber = fc.oneof(fc.nat(300), fc.double(), fc.maxSafeInteger());
  const anyHash = fc.oneof(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 40 }));
  const proof = fc.array(anyHash, { maxLength: 60 });
  fc.assert(
    fc.property(anyNumber, anyNumber, anyHash, anyHash, proof, (one, two, hash, other, given) => {
      expect(provesInclusion({ index: one, size: two, leaf: hash, root: other }, given)).toBe(false);
      const claim = { first: one, firstRoot: hash, second: two, secondRoot: other };
      expect(provesConsistency(claim, given)).toBe(false);
    }),
    { numRuns: 2000 },
  );
});
