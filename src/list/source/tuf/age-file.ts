/**
 * Opens a file that was encrypted with age (age-encryption.org/v1), piece by piece:
 *
 *   header ─▶ whoever has the identity ─▶ file key ─┐
 *   nonce ──────────────────────────────────────────┴▶ key of the stream ─▶ chunks of 64 KiB, each authenticated, the last one marked
 *
 * So a thread that decrypts needs the key of one file and no identity. The package `age-encryption` would decrypt in JavaScript and leave a multiple
 * of the file to the garbage collector; here OpenSSL does it, and whoever takes a chunk may free it. It must not parse the header, nor keep
 * anything that it has decrypted.
 */
import { CleanfeedError } from '../../../lib/errors.ts';
import { listError } from '../../list-error.ts';
import { CHUNK_BYTES, NONCE_BYTES, openedChunk, streamKey, TAG_BYTES } from '../../protected/age-stream.ts';
import type { Pieces } from './repository.ts';

/** 16 bytes. @param header of the file, with its MAC. @throws anything where it is none, or not for this node. */
export type FileKeyOf = (header: Uint8Array) => Promise<Uint8Array>;

/** A recipient takes some 200 bytes of it. */
const MAX_HEADER_BYTES = 64 * 1024;
/** Begins the last line of a header, and no other. */
const LAST_LINE = '\n--- ';

/**
 * What was encrypted, in the chunks of the file. Each lies in memory of its own, which the caller may free.
 * @param pieces of any size; each stays as it is until the next is asked for. @throws ListError `decrypt`; rather than that, errors of `pieces`, since
 * what is not as it was received need not be decrypted.
 */
export async function* openedPieces(pieces: Pieces, fileKeyOf: FileKeyOf): AsyncGenerator<Uint8Array, void> {
  const sealed = new SealedBytes(pieces);
  try {
    const header = await sealed.header();
    const key = streamKey(await fileKeyOf(header), await sealed.some(NONCE_BYTES));
    for (let number = 0, isLast = false; !isLast; number += 1) {
      const chunk = await sealed.some(CHUNK_BYTES + TAG_BYTES);
      isLast = await sealed.isAtEnd();
      const plain = openedChunk(chunk, key, { number, isLast });
      if (plain.length === 0 && number > 0) throw new Error('its last chunk is empty');
      yield plain;
    }
  } catch (error) {
    throw await faultOf(error, sealed);
  } finally {
    await sealed.close();
  }
}

/** The key of a file, for whoever opens it elsewhere. @throws ListError as `openedPieces`. */
export async function fileKeyIn(pieces: Pieces, fileKeyOf: FileKeyOf): Promise<Uint8Array> {
  const sealed = new SealedBytes(pieces);
  try {
    return await fileKeyOf(await sealed.header());
  } catch (error) {
    throw await faultOf(error, sealed);
  } finally {
    await sealed.close();
  }
}

async function faultOf(error: unknown, sealed: SealedBytes): Promise<CleanfeedError> {
  if (error instanceof CleanfeedError) return error;
  await sealed.skip();
  return listError(
    'decrypt',
    'the list cannot be decrypted with the identity of this node: ask the clearing house to which recipient it is encrypted',
    error,
  );
}

/** @returns null if there is not all of it yet. */
function headerEnd(start: Buffer): number | null {
  const last = start.indexOf(LAST_LINE);
  const end = last === -1 ? -1 : start.indexOf('\n', last + LAST_LINE.length);
  return end === -1 ? null : end + 1;
}

/** What is read of a file, so many bytes at a time. */
class SealedBytes {
  readonly #pieces: AsyncIterator<Uint8Array>;
  /** What is left of the piece that was read last. */
  #piece: Uint8Array = new Uint8Array(0);
  #place: Uint8Array = new Uint8Array(0);

  constructor(pieces: Pieces) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  async header(): Promise<Uint8Array> {
    let read = Buffer.alloc(0);
    while (read.length < MAX_HEADER_BYTES && !(await this.isAtEnd())) {
      const before = read.length;
      read = Buffer.concat([read, this.#piece]);
      const end = headerEnd(read);
      this.#piece = this.#piece.subarray(end === null ? this.#piece.length : end - before);
      if (end !== null) return read.subarray(0, end);
    }
    throw new Error('it has no header of age');
  }

  /** As many, or fewer at the end. They hold until the next are asked for. */
  async some(count: number): Promise<Uint8Array> {
    if (this.#place.length < count) this.#place = new Uint8Array(count);
    let at = 0;
    while (at < count && !(await this.isAtEnd())) {
      const part = this.#piece.subarray(0, count - at);
      this.#place.set(part, at);
      this.#piece = this.#piece.subarray(part.length);
      at += part.length;
    }
    return this.#place.subarray(0, at);
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#piece.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return true;
      this.#piece = next.value;
    }
    return false;
  }

  /** The rest is read, for what its end may say of it. */
  async skip(): Promise<void> {
    while (!(await this.isAtEnd())) this.#piece = this.#piece.subarray(this.#piece.length);
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
