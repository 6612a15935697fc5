/**
 * From what lies on disk to what is served, piece by piece:
 *
 *   full payload ─▶ age ─▶ image builder ◀─ deltas ◀─ age ◀─ files     or, where it is on the way: image in force ─▶ image builder
 *
 * What lies on disk is verified once more on its way, since nobody knows what a disk gives back. It must keep nothing decrypted but the
 * image, which the caller releases.
 */
import { listError } from '../../list-error.ts';
import { giveBack } from '../../list-memory.ts';
import { decodeDelta } from '../../protected/delta.ts';
import { imageTerms, isImage } from '../../protected/image-layout.ts';
import type { ImageTerms } from '../../protected/image-layout.ts';
import { imageFromFull, imageFromImage } from '../../protected/image.ts';
import { decodeWithdrawn } from '../../protected/withdrawn.ts';
import type { WithdrawnSet } from '../../protected/withdrawn.ts';
import type { ReadContext } from '../source.ts';
import { fileKeyIn, openedPieces } from './age-file.ts';
import { wholeOf } from './repository.ts';
import type { Pieces } from './repository.ts';
import type { Store } from './store.ts';
import type { Chain, StoredFile } from './stored-state.ts';

/** Where files lie, and what opens them. */
export interface Vault {
  readonly store: Pick<Store, 'piecesOf' | 'piecesOfCopy'>;
  /** Or, in a thread that has none, its keys of single files. */
  readonly identity: {
    /** 16 bytes. @param header of that file, by age. @throws anything where it is not for this node. */
    fileKey(header: Uint8Array, file: StoredFile): Promise<Uint8Array>;
  };
}

export interface KeptSet {
  readonly set: WithdrawnSet;
  /** It was read from the copy. */
  readonly isDamaged: boolean;
}

/**
 * The set that lies here: what was withdrawn must not come back because a file is damaged.
 * @throws ListError `decrypt`, `corrupt`, `truncated`, `unsupported`; then the copy, if there is one, is no better.
 */
export async function readWithdrawn(file: StoredFile, vault: Vault): Promise<KeptSet> {
  const { store } = vault;
  const read = async (pieces: Pieces): Promise<WithdrawnSet> =>
    decodeWithdrawn(await wholeOf(openedWith(pieces, file, vault)));
  try {
    return { set: await read(store.piecesOf(file)), isDamaged: false };
  } catch (error) {
    const copy = await read(store.piecesOfCopy(file)).catch(() => null);
    if (copy === null) throw error;
    return { set: copy, isDamaged: true };
  }
}

/** @returns null if the bytes are no image: there are none, or another format's. */
export function imageIn(bytes: Uint8Array | null): ImageTerms | null {
  return bytes !== null && isImage(bytes) ? imageTerms(bytes) : null;
}

/** A version that the chain leads to. */
export interface ChainTo {
  readonly chain: Chain;
  readonly version: number;
}

/**
 * The image of a version that the chain leads to.
 * @throws ListError; damage on disk is `corrupt`, `digest` or `truncated`, and a fresh full payload mends it.
 */
export async function storedImage(
  { chain, version }: ChainTo,
  withdrawn: WithdrawnSet | null,
  vault: Vault,
  context: ReadContext,
): Promise<Uint8Array> {
  const { inForce } = context;
  const { full, deltas: files } = partsFor({ chain, version }, inForce);
  const payloads: Uint8Array[] = [];
  try {
    for (const file of files) payloads.push(await wholeAndNoMore(opened(file, vault), context));
    const deltas = payloads.map(decodeDelta);
    if (full !== null)
      return await imageFromFull(freedBehind(opened(full, vault), context), { deltas, withdrawn }, context);
    if (inForce === null) throw listError('internal', 'there is nothing that the deltas could be applied to');
    return await imageFromImage(inForce, { deltas, withdrawn }, context);
  } finally {
    // A thread that stays has nothing to do until the next update, and collects no garbage until then.
    for (const payload of payloads) giveBack(payload, context.memory);
  }
}

/** By SHA-256 of a file, what opens it. */
export type FileKeys = ReadonlyMap<string, Uint8Array>;

/** What of a chain an image is made of. */
export interface ImageFiles {
  /** Null: what is in force is on the way. */
  readonly full: StoredFile | null;
  readonly deltas: readonly StoredFile[];
}

export function partsFor({ chain, version }: ChainTo, inForce: Uint8Array | null): ImageFiles {
  const before = imageIn(inForce)?.version ?? null;
  const isOnTheWay = before !== null && chain.version <= before && before <= version;
  const from = isOnTheWay ? before : chain.version;
  return {
    full: isOnTheWay ? null : chain.full,
    deltas: chain.deltas.slice(from - chain.version, version - chain.version),
  };
}

/** What opens these files, by their SHA-256, for a thread that has no identity. @throws ListError `decrypt`, `corrupt`. */
export async function fileKeysOf({ full, deltas }: ImageFiles, { store, identity }: Vault): Promise<FileKeys> {
  const keys = new Map<string, Uint8Array>();
  for (const file of full === null ? deltas : [full, ...deltas]) {
    keys.set(
      file.sha256,
      await fileKeyIn(store.piecesOf(file), async (header) => await identity.fileKey(header, file)),
    );
  }
  return keys;
}

function opened(file: StoredFile, vault: Vault): Pieces {
  return openedWith(vault.store.piecesOf(file), file, vault);
}

function openedWith(pieces: Pieces, file: StoredFile, { identity }: Vault): Pieces {
  return openedPieces(pieces, async (header) => await identity.fileKey(header, file));
}

/** All of it in one place, and nowhere else. */
async function wholeAndNoMore(pieces: Pieces, { memory }: ReadContext): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  const [first] = all;
  if (first !== undefined && all.length === 1) return first;
  const whole = Buffer.concat(all);
  for (const piece of all) giveBack(piece, memory);
  return whole;
}

/** Of a long list the collector would come too late: each chunk goes back, and not with what was in it, as soon as the next is asked for. */
async function* freedBehind(pieces: Pieces, { memory }: ReadContext): Pieces {
  for await (const piece of pieces) {
    yield piece;
    giveBack(piece, memory);
  }
}
