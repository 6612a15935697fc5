/**
 * From what lies on disk to what is served, piece by piece:
 *
 *   full payload ─▶ age ─▶ image builder ◀─ deltas ◀─ age ◀─ files     or, where it is on the way: image in force ─▶ image builder
 *
 * What lies on disk is verified once more on its way, since nobody knows what a disk gives back. It must keep nothing decrypted but the
 * image, which the caller releases.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { errnoOf, fileReason, ListError } from '../../../lib/errors.ts';
import { STEP_BYTES } from '../../../lib/steps.ts';
import { listError } from '../../list-error.ts';
import { decodeDelta } from '../../protected/delta.ts';
import type { Delta } from '../../protected/delta.ts';
import { imageTerms, isImage } from '../../protected/image-layout.ts';
import type { ImageTerms } from '../../protected/image-layout.ts';
import { imageFromFull, imageFromImage } from '../../protected/image.ts';
import { decodeWithdrawn } from '../../protected/withdrawn.ts';
import type { WithdrawnSet } from '../../protected/withdrawn.ts';
import type { ReadContext } from '../source.ts';
import type { Identity } from './identity.ts';
import { wholeOf } from './repository.ts';
import type { Pieces } from './repository.ts';
import type { Chain, Store, StoredFile } from './store.ts';

/** Where files lie, and what opens them. */
export interface Vault {
  readonly store: Store;
  readonly identity: Identity;
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
  const { store, identity } = vault;
  const read = async (path: string): Promise<WithdrawnSet> =>
    decodeWithdrawn(await wholeOf(identity.decrypt(storedPieces(path, file))));
  try {
    return { set: await read(store.pathOf(file)), isDamaged: false };
  } catch (error) {
    const copy = await read(store.copyOf(file)).catch(() => null);
    if (copy === null) throw error;
    return { set: copy, isDamaged: true };
  }
}

/** @returns null if the bytes are no image: there are none, or another format's. */
export function imageIn(bytes: Uint8Array | null): ImageTerms | null {
  return bytes !== null && isImage(bytes) ? imageTerms(bytes) : null;
}

/**
 * The image of a version that the chain leads to.
 * @throws ListError; damage on disk is `corrupt`, `digest` or `truncated`, and a fresh full payload mends it.
 */
export async function storedImage(
  { chain, version }: { readonly chain: Chain; readonly version: number },
  withdrawn: WithdrawnSet | null,
  vault: Vault,
  context: ReadContext,
): Promise<Uint8Array> {
  const { inForce } = context;
  const before = imageIn(inForce)?.version ?? null;
  if (inForce !== null && before !== null && chain.version <= before && before <= version)
    return await imageFromImage(inForce, { deltas: await deltasOf(chain, before, version, vault), withdrawn }, context);
  const deltas = await deltasOf(chain, chain.version, version, vault);
  return await imageFromFull(decrypted(chain.full, vault), { deltas, withdrawn }, context);
}

async function deltasOf(chain: Chain, from: number, to: number, vault: Vault): Promise<readonly Delta[]> {
  const deltas: Delta[] = [];
  for (const file of chain.deltas.slice(from - chain.version, to - chain.version))
    deltas.push(decodeDelta(await wholeOf(decrypted(file, vault))));
  return deltas;
}

function decrypted(file: StoredFile, { store, identity }: Vault): Pieces {
  return identity.decrypt(storedPieces(store.pathOf(file), file));
}

/** @throws ListError `corrupt` where it is not what was received. */
export async function* storedPieces(path: string, { sha256 }: StoredFile): Pieces {
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(path, { highWaterMark: STEP_BYTES })) {
      hash.update(piece);
      yield piece;
    }
  } catch (error) {
    throw error instanceof ListError
      ? error
      : listError('corrupt', `${path} cannot be read: ${fileReason(errnoOf(error))}`, error);
  }
  if (hash.digest('hex') !== sha256) throw listError('corrupt', `${path} is not what was received`);
}
