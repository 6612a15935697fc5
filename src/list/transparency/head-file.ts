/**
 * The file that carries a head of the log: the checkpoint, the hashes that prove that it extends earlier ones, and the leaves
 * that its reader may open. Heads for nodes, for witnesses, and proofs for courts are all such files. Reading is total; it must
 * not decide which checkpoint, key or leaf is the right one.
 *
 *   { "format": "cleanfeed log head 1",
 *     "checkpoint": a signed note,
 *     "hashes": { "64-128": base64, … }             by subtree, first leaf and the one behind the last
 *     "leaves": [{ "index": 70, "salt": base64, "event": text }, …] }
 */
import { HASH_BYTES, consistencySubtrees, inclusionSubtrees, provesConsistency, provesInclusion } from './merkle.ts';
import type { Hash, Subtree } from './merkle.ts';
import { isObject, openedLeafHash, readObject } from './leaf.ts';
import type { OpenedLeaf } from './leaf.ts';
import { readCheckpoint, readNote } from './signed-note.ts';
import type { Checkpoint, SignedNote } from './signed-note.ts';

export interface HeadFile {
  readonly note: SignedNote;
  readonly checkpoint: Checkpoint;
  /** The note as it came. */
  readonly noteText: string;
  readonly hashes: ReadonlyMap<string, Hash>;
  readonly leaves: readonly OpenedLeaf[];
}

export type HeadFileParts = Pick<HeadFile, 'noteText' | 'hashes' | 'leaves'>;

const FORMAT = 'cleanfeed log head 1';

/** @returns null if it is no such file. */
export function readHeadFile(bytes: Uint8Array): HeadFile | null {
  const file = readObject(Buffer.from(bytes).toString());
  if (file?.['format'] !== FORMAT || typeof file['checkpoint'] !== 'string') return null;
  const note = readNote(file['checkpoint']);
  const checkpoint = note === null ? null : readCheckpoint(note.text);
  const hashes = readHashes(file['hashes']);
  const leaves = readLeaves(file['leaves']);
  if (note === null || checkpoint === null || hashes === null || leaves === null) return null;
  return { note, checkpoint, noteText: file['checkpoint'], hashes, leaves };
}

export function headFileBytes({ noteText, hashes, leaves }: HeadFileParts): Buffer {
  const named = Object.fromEntries([...hashes].map(([name, hash]) => [name, Buffer.from(hash).toString('base64')]));
  return Buffer.from(`${JSON.stringify({ format: FORMAT, checkpoint: noteText, hashes: named, leaves }, null, 1)}\n`);
}

/** How a subtree is named in `hashes`. */
export function subtreeName({ start, end }: Subtree): string {
  return `${start}-${end}`;
}

/** Whether the file proves that its checkpoint extends another of the same log; null: it has no proof for that size. */
export function extendsCheckpoint({ checkpoint, hashes }: HeadFile, first: Checkpoint): boolean | null {
  const proof = hashesFor(hashes, consistencySubtrees(first.size, checkpoint.size));
  if (proof === null) return null;
  const { size, root } = checkpoint;
  return provesConsistency({ first: first.size, firstRoot: first.root, second: size, secondRoot: root }, proof);
}

/** Whether the file proves that the leaf is in the log. */
export function provesLeaf({ checkpoint, hashes }: HeadFile, opened: OpenedLeaf): boolean {
  const { size, root } = checkpoint;
  const leaf = openedLeafHash(opened);
  const proof = hashesFor(hashes, inclusionSubtrees(opened.index, size));
  return leaf !== null && proof !== null && provesInclusion({ index: opened.index, size, leaf, root }, proof);
}

function hashesFor(hashes: HeadFile['hashes'], subtrees: readonly Subtree[]): Hash[] | null {
  const found = subtrees.flatMap((subtree) => hashes.get(subtreeName(subtree)) ?? []);
  return found.length === subtrees.length ? found : null;
}

function readHashes(value: unknown): Map<string, Hash> | null {
  if (!isObject(value)) return null;
  const hashes = new Map<string, Hash>();
  for (const [name, base64] of Object.entries(value)) {
    const hash = typeof base64 === 'string' ? Buffer.from(base64, 'base64') : null;
    if (hash?.length !== HASH_BYTES) return null;
    hashes.set(name, hash);
  }
  return hashes;
}

function readLeaves(value: unknown): OpenedLeaf[] | null {
  if (!Array.isArray(value)) return null;
  const leaves: OpenedLeaf[] = [];
  const written: readonly unknown[] = value;
  for (const leaf of written) {
    if (!isObject(leaf)) return null;
    const { index, salt, event } = leaf;
    if (typeof index !== 'number' || typeof salt !== 'string' || typeof event !== 'string') return null;
    leaves.push({ index, salt, event });
  }
  return leaves;
}
