/**
 * How age encrypts the content of a file (age-encryption.org/v1, "Payload"), the same for whoever seals and whoever opens it:
 *
 *   key of the file, nonce ─▶ HKDF ─▶ key of the stream ─▶ chunks of 64 KiB, each with a tag, the last one marked
 *
 * The package `age-encryption` does it in JavaScript, so it is asked for headers only. This must not know a header.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

export const NONCE_BYTES = 16;
export const CHUNK_BYTES = 64 * 1024;
export const TAG_BYTES = 16;

const KEY_BYTES = 32;
const CIPHER = 'chacha20-poly1305';
/** Of a chunk's nonce: the number of the chunk, and whether it is the last. */
const CHUNK_NONCE = { bytes: 12, number: 7, isLast: 11 } as const;

export interface ChunkPlace {
  /** From 0. */
  readonly number: number;
  readonly isLast: boolean;
}

/** @param fileKey 16 bytes. @param nonce 16 bytes. */
export function streamKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', fileKey, nonce, 'payload', KEY_BYTES));
}

/** @returns memory of its own. @throws an Error where it is not what was sealed. */
export function openedChunk(chunk: Uint8Array, key: Uint8Array, place: ChunkPlace): Uint8Array {
  const end = chunk.length - TAG_BYTES;
  if (end < 0) throw new Error('it ends within a chunk');
  const decipher = createDecipheriv(CIPHER, key, chunkNonce(place), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(chunk.subarray(end));
  const plain = decipher.update(chunk.subarray(0, end));
  decipher.final();
  return plain;
}

/** Nonce and chunks of a whole file. @param nonce fresh, 16 bytes. */
export function* sealedPieces(plain: Uint8Array, fileKey: Uint8Array, nonce: Uint8Array): Generator<Uint8Array, void> {
  yield nonce;
  const key = streamKey(fileKey, nonce);
  const chunks = Math.max(1, Math.ceil(plain.length / CHUNK_BYTES));
  for (let number = 0; number < chunks; number += 1) {
    const place = { number, isLast: number === chunks - 1 };
    const cipher = createCipheriv(CIPHER, key, chunkNonce(place), { authTagLength: TAG_BYTES });
    yield cipher.update(plain.subarray(number * CHUNK_BYTES, (number + 1) * CHUNK_BYTES));
    cipher.final();
    yield cipher.getAuthTag();
  }
}

function chunkNonce({ number, isLast }: ChunkPlace): Buffer {
  const nonce = Buffer.alloc(CHUNK_NONCE.bytes);
  nonce.writeUInt32BE(number, CHUNK_NONCE.number);
  nonce[CHUNK_NONCE.isLast] = Number(isLast);
  return nonce;
}
