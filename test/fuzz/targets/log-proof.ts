/**
 * Fuzz target: proofs of the log. Proofs are put together from true hashes of a small tree, in any order and number, for any claim: what is
 * accepted is true. The rest of the input is read as a head file and as a note, which never throw.
 */
import { createHash } from 'node:crypto';
import { extendsCheckpoint, provesLeaf, readHeadFile } from '../../../src/list/transparency/head-file.ts';
import { provesConsistency, provesInclusion } from '../../../src/list/transparency/merkle.ts';
import { readCheckpoint, readKey, readNote } from '../../../src/list/transparency/signed-note.ts';

const MOST = 24;
const LEAVES = Array.from({ length: MOST }, (_, at) => sha256(Buffer.of(0, at)));
const ROOTS = Array.from({ length: MOST + 1 }, (_, size) => (size === 0 ? sha256(Buffer.alloc(0)) : root(0, size)));
const POOL = [
  ...LEAVES,
  ...ROOTS,
  ...LEAVES.flatMap((_, at) => [2, 4, 8].map((span) => root(at, Math.min(at + span, MOST)))),
];

export function fuzz(data: Buffer): void {
  const [a = 0, b = 0, c = 0, length = 0] = data;
  const proof = [...data.subarray(4, 4 + (length % 12))].map(hashAt);
  const size = 1 + (b % MOST);
  const inclusion = { index: a % (MOST + 1), size, leaf: hashAt(c), root: ROOTS[size] ?? hashAt(0) };
  if (provesInclusion(inclusion, proof))
    demand(inclusion.index < size && inclusion.leaf === LEAVES[inclusion.index], 'only that leaf is there', inclusion);
  const consistency = {
    first: a % (MOST + 1),
    firstRoot: hashAt(c),
    second: size,
    secondRoot: ROOTS[size] ?? hashAt(0),
  };
  if (provesConsistency(consistency, proof))
    demand(
      consistency.firstRoot.equals(ROOTS[consistency.first] ?? hashAt(0)),
      'only that tree came before',
      consistency,
    );
  const text = data.toString();
  const file = readHeadFile(data);
  if (file !== null) {
    for (const leaf of file.leaves) provesLeaf(file, leaf);
    extendsCheckpoint(file, { origin: 'log.example', size: a, root: hashAt(b) });
  }
  readCheckpoint(readNote(text)?.text ?? text);
  readKey(text);
}

function hashAt(at: number): Buffer {
  return POOL[at % POOL.length] ?? LEAVES[0] ?? Buffer.alloc(32);
}

function root(start: number, end: number): Buffer {
  if (end - start === 1) return LEAVES[start] ?? Buffer.alloc(32);
  let left = 1;
  while (left * 2 < end - start) left *= 2;
  return sha256(Buffer.concat([Buffer.of(1), root(start, start + left), root(start + left, end)]));
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
