/** Trees as RFC 9162 defines them, by recursion over all leaves: slow, and nothing shared with what is tested but the hashes. */
import { createHash } from 'node:crypto';
import type { Subtree } from '../../../src/list/transparency/merkle.ts';

/** Of nothing. */
export const HASH = Buffer.alloc(32, 0x5a);

export function naiveRoot(leaves: readonly Uint8Array[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return createHash('sha256').digest();
  if (leaves.length === 1) return Buffer.from(only);
  let left = 1;
  while (left * 2 < leaves.length) left *= 2;
  return createHash('sha256')
    .update(Buffer.concat([Buffer.of(1), naiveRoot(leaves.slice(0, left)), naiveRoot(leaves.slice(left))]))
    .digest();
}

/** Gives the hash of each of its subtrees. */
export function treeOf(leaves: readonly Uint8Array[]): (subtree: Subtree) => Buffer {
  return ({ start, end }) => naiveRoot(leaves.slice(start, end));
}
