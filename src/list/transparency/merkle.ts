/**
 * The Merkle tree of RFC 9162 (section 2.1) as whoever checks it needs it: hashes, which subtrees a proof consists of, and
 * whether a proof holds. It must not hold a tree; src/publish/log/tree.ts does.
 *
 *   root of 7 ── [0,4) ── [0,2) ── 0, 1        a proof that leaf 2 is in it: 3, [0,2), [4,7)
 *             │        └─ [2,4) ── 2, 3        a proof that 7 extends 4:     [4,7)
 *             └─ [4,7) ── [4,6), 6
 */
import { hash as digest } from 'node:crypto';

/** 32 bytes. */
export type Hash = Uint8Array;

export const HASH_BYTES = 32;

/** The leaves from `start` to `end - 1`; every subtree that a proof names is one. */
export interface Subtree {
  readonly start: number;
  readonly end: number;
}

export interface InclusionClaim {
  /** Of the leaf, from 0. */
  readonly index: number;
  readonly size: number;
  readonly leaf: Hash;
  readonly root: Hash;
}

export interface ConsistencyClaim {
  readonly first: number;
  readonly firstRoot: Hash;
  readonly second: number;
  readonly secondRoot: Hash;
}

/** RFC 9162, 2.1.1: the prefix keeps leaves from being taken for nodes. */
const LEAF = 0;
/** Used again: a log has millions of leaves. */
let leaf = Buffer.alloc(1024);
const NODE = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

/** The root of a tree without leaves. */
export const EMPTY_ROOT: Hash = sha256(new Uint8Array());

/** Of the data given in parts. */
export function leafHash(...data: readonly Uint8Array[]): Buffer {
  const length = data.reduce((sum, part) => sum + part.length, 1);
  if (leaf.length < length) leaf = Buffer.alloc(2 * length);
  leaf[0] = LEAF;
  let at = 1;
  for (const part of data) {
    leaf.set(part, at);
    at += part.length;
  }
  return sha256(leaf.subarray(0, length));
}

export function nodeHash(left: Hash, right: Hash): Buffer {
  NODE.set(left, 1);
  NODE.set(right, 1 + HASH_BYTES);
  return sha256(NODE);
}

/** The largest power of two below `size`, which is 2 or more: a tree's left side has as many leaves. */
export function leftLeaves(size: number): number {
  let leaves = 1;
  while (leaves * 2 < size) leaves *= 2;
  return leaves;
}

/** What PATH(index, D[size]) of RFC 9162, 2.1.3.1 consists of, in its order. Nothing if the index is outside. */
export function inclusionSubtrees(index: number, size: number): readonly Subtree[] {
  const path: Subtree[] = [];
  if (!isIndex(index, size)) return path;
  for (let start = 0, end = size; end - start > 1;) {
    const middle = start + leftLeaves(end - start);
    if (index < middle) {
      path.push({ start: middle, end });
      end = middle;
    } else {
      path.push({ start, end: middle });
      start = middle;
    }
  }
  return path.toReversed();
}

/** What PROOF(first, D[second]) of RFC 9162, 2.1.4.1 consists of, in its order. Nothing unless 0 < first < second. */
export function consistencySubtrees(first: number, second: number): readonly Subtree[] {
  const path: Subtree[] = [];
  if (!isIndex(first, second) || first === 0) return path;
  let start = 0;
  let end = second;
  while (end !== first) {
    const middle = start + leftLeaves(end - start);
    if (first <= middle) {
      path.push({ start: middle, end });
      end = middle;
    } else {
      path.push({ start, end: middle });
      start = middle;
    }
  }
  // What is left is a whole subtree of the old tree; where it is the old tree itself, its root is known.
  if (start > 0) path.push({ start, end });
  return path.toReversed();
}

/** RFC 9162, 2.1.3.2. Total: anything that is no proof of the claim gives false. */
export function provesInclusion({ index, size, leaf, root }: InclusionClaim, proof: readonly Hash[]): boolean {
  if (!isIndex(index, size) || !areHashes([leaf, root, ...proof])) return false;
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const next of proof) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      hash = nodeHash(next, hash);
      for (; at > 0 && !isOdd(at); at = half(at)) last = half(last);
    } else hash = nodeHash(hash, next);
    at = half(at);
    last = half(last);
  }
  return last === 0 && sameHash(hash, root);
}

/** RFC 9162, 2.1.4.2; a tree extends itself without proof, and of an empty one nothing can be said. Total, as above. */
export function provesConsistency(claim: ConsistencyClaim, proof: readonly Hash[]): boolean {
  const { first, firstRoot, second, secondRoot } = claim;
  if (!isSize(second) || first === 0 || !isIndex(first, second + 1)) return false;
  if (!areHashes([firstRoot, secondRoot, ...proof])) return false;
  if (first === second) return proof.length === 0 && sameHash(firstRoot, secondRoot);
  return proof.length > 0 && reachesBoth(claim, isPowerOfTwo(first) ? [firstRoot, ...proof] : proof);
}

export function sameHash(one: Hash, other: Hash): boolean {
  return Buffer.compare(one, other) === 0;
}

/** In one call, and as a byte string: a log of a million leaves takes two million digests, and one that comes as a Buffer costs twice as much (ADR 0003). */
function sha256(bytes: Uint8Array): Buffer {
  return Buffer.from(digest('sha256', bytes, 'binary'), 'latin1');
}

function reachesBoth({ first, firstRoot, second, secondRoot }: ConsistencyClaim, path: readonly Hash[]): boolean {
  const [seed, ...rest] = path;
  if (seed === undefined) return false;
  let at = first - 1;
  let last = second - 1;
  for (; isOdd(at); at = half(at)) last = half(last);
  let old = seed;
  let grown = seed;
  for (const next of rest) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      old = nodeHash(next, old);
      grown = nodeHash(next, grown);
      for (; at > 0 && !isOdd(at); at = half(at)) last = half(last);
    } else grown = nodeHash(grown, next);
    at = half(at);
    last = half(last);
  }
  return last === 0 && sameHash(old, firstRoot) && sameHash(grown, secondRoot);
}

/** Sizes are no 32-bit numbers: bits are taken by arithmetic. */
function half(value: number): number {
  return Math.floor(value / 2);
}

function isOdd(value: number): boolean {
  return value % 2 === 1;
}

function isPowerOfTwo(value: number): boolean {
  return value === 1 || leftLeaves(value) * 2 === value;
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isIndex(index: number, size: number): boolean {
  return isSize(index) && isSize(size) && index < size;
}

function areHashes(values: readonly Uint8Array[]): boolean {
  return values.every((value) => value.length === HASH_BYTES);
}
