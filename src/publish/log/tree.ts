/**
 * The tree of the log at the publisher: leaves are appended, heads and proofs read off. Complete subtrees never change, so
 * their hashes are kept once and for all, each behind the leaf that completes it; appending costs two hashes, a proof as many
 * reads as the tree is high. It must not know what a leaf means, nor where the hashes are kept.
 *
 *   kept for 7 leaves:   0  1  [0,2)  2  3  [2,4)  [0,4)  4  5  [4,6)  6
 */
import {
  EMPTY_ROOT,
  HASH_BYTES,
  consistencySubtrees,
  inclusionSubtrees,
  leftLeaves,
  nodeHash,
} from '../../list/transparency/merkle.ts';
import type { Hash, Subtree } from '../../list/transparency/merkle.ts';

/** Gives the hash at a place of the order above. */
export type KeptHashes = (position: number) => Hash;

export class Tree {
  readonly #kept: KeptHashes;
  readonly #keptHashes: number;
  /** Grows by doubling: two million small buffers would take a quarter of a gigabyte. */
  #fresh = Buffer.alloc(64 * HASH_BYTES);
  #freshBytes = 0;
  #size: number;

  /** @param size leaves whose hashes `kept` has. */
  constructor(kept: KeptHashes, size: number) {
    this.#kept = kept;
    this.#keptHashes = hashesOf(size);
    this.#size = size;
  }

  /** Leaves. */
  get size(): number {
    return this.#size;
  }

  append(leaf: Hash): void {
    this.#keep(leaf);
    let hash = leaf;
    let level = 0;
    // Each 1 at the end of the old size is a complete subtree that this leaf's one is the right sibling of.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      hash = nodeHash(this.#at(level, rest - 1), hash);
      this.#keep(hash);
      level += 1;
    }
    this.#size += 1;
  }

  root(size = this.#size): Hash {
    return size === 0 ? EMPTY_ROOT : this.hashOf({ start: 0, end: size });
  }

  inclusion(index: number, size = this.#size): Hash[] {
    return inclusionSubtrees(index, size).map((subtree) => this.hashOf(subtree));
  }

  consistency(first: number, second = this.#size): Hash[] {
    return consistencySubtrees(first, second).map((subtree) => this.hashOf(subtree));
  }

  /** Of a subtree as a proof names it: it begins at a multiple of its left side. */
  hashOf({ start, end }: Subtree): Hash {
    const leaves = end - start;
    const level = Math.log2(leaves);
    if (Number.isInteger(level)) return this.#at(level, start / leaves);
    const middle = start + leftLeaves(leaves);
    return nodeHash(this.hashOf({ start, end: middle }), this.hashOf({ start: middle, end }));
  }

  /** The hashes that were not kept yet, in their order; they stay fresh. */
  fresh(): Buffer {
    return this.#fresh.subarray(0, this.#freshBytes);
  }

  #keep(hash: Hash): void {
    if (this.#freshBytes === this.#fresh.length) {
      const larger = Buffer.alloc(this.#fresh.length * 2);
      larger.set(this.#fresh);
      this.#fresh = larger;
    }
    this.#fresh.set(hash, this.#freshBytes);
    this.#freshBytes += HASH_BYTES;
  }

  /** @param index among the complete subtrees of 2^level leaves. */
  #at(level: number, index: number): Hash {
    const position = hashesOf((index + 1) * 2 ** level - 1) + level;
    if (position < this.#keptHashes) return this.#kept(position);
    const at = (position - this.#keptHashes) * HASH_BYTES;
    if (at >= this.#freshBytes) throw new RangeError(`the tree of ${this.#size} leaves has no such subtree`);
    return this.#fresh.subarray(at, at + HASH_BYTES);
  }
}

/** How many hashes are kept for so many leaves: one for each complete subtree. */
export function hashesOf(leaves: number): number {
  let hashes = 0;
  for (let subtrees = leaves; subtrees > 0; subtrees = Math.floor(subtrees / 2)) hashes += subtrees;
  return hashes;
}
