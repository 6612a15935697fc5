/**
 * A file of a repository as it lies on this node, piece by piece: verified once more, since nobody knows what a disk gives back; or from memory, where
 * no disk has taken it. It must not open what is encrypted.
 */
import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { errnoOf, fileReason } from '../../../lib/errors.ts';
import { STEP_BYTES } from '../../../lib/steps.ts';
import { ListError, listError } from '../../list-error.ts';
import type { Pieces } from './repository.ts';
import type { StoredFile } from './stored-state.ts';

/** Each holds until the next is asked for. @throws ListError `corrupt` where it is not what was received. */
export async function* storedPieces(path: string, { sha256 }: StoredFile): Pieces {
  const hash = createHash('sha256');
  const place = new Uint8Array(STEP_BYTES);
  let file: FileHandle | null = null;
  try {
    file = await open(path);
    for (;;) {
      const { bytesRead } = await file.read(place);
      if (bytesRead === 0) break;
      const piece = place.subarray(0, bytesRead);
      hash.update(piece);
      yield piece;
    }
  } catch (error) {
    throw error instanceof ListError
      ? error
      : listError('corrupt', `${path} cannot be read: ${fileReason(errnoOf(error))}`, error);
  } finally {
    await file?.close();
  }
  if (hash.digest('hex') !== sha256) throw listError('corrupt', `${path} is not what was received`);
}

export type SoundBytes =
  | { readonly kind: 'sound'; readonly bytes: Uint8Array }
  | { readonly kind: 'damaged'; readonly reason: string };

/** The whole of a small file, if it is what was received. Never throws. */
export async function soundBytes(path: string, { sha256, bytes: length }: StoredFile): Promise<SoundBytes> {
  try {
    const { size } = await stat(path);
    if (size !== length) return { kind: 'damaged', reason: `it has ${size} bytes in place of ${length}` };
    const bytes = await readFile(path);
    const digest = createHash('sha256').update(bytes).digest('hex');
    return digest === sha256 ? { kind: 'sound', bytes } : { kind: 'damaged', reason: 'it is not what was received' };
  } catch (error) {
    return { kind: 'damaged', reason: fileReason(errnoOf(error)) };
  }
}

/** Each holds as long as the bytes. They were verified when they came. */
export async function* heldPieces(bytes: Uint8Array): Pieces {
  for (let at = 0; at < bytes.length; at += STEP_BYTES)
    yield await Promise.resolve(bytes.subarray(at, at + STEP_BYTES));
}
