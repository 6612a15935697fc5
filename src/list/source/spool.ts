/**
 * Bytes of which nobody knows how many will come, one after the other, in one piece of memory that grows in place and is given
 * back at once. Many small pieces would be gone with the next collection of garbage only, and their memory would stay with the
 * C library even then. It must not be read once it has been discarded.
 */

/** Grown by as much at a time: a system call each. */
const STEP_BYTES = 1024 * 1024;

export class Spool {
  readonly #buffer: ArrayBuffer;
  #length = 0;

  /** It takes memory for what is in it only. */
  constructor(mostBytes: number) {
    this.#buffer = new ArrayBuffer(0, { maxByteLength: mostBytes });
  }

  add(piece: Uint8Array): void {
    const end = this.#length + piece.length;
    if (end > this.#buffer.byteLength)
      this.#buffer.resize(Math.min(this.#buffer.maxByteLength, Math.ceil(end / STEP_BYTES) * STEP_BYTES));
    new Uint8Array(this.#buffer, this.#length).set(piece);
    this.#length = end;
  }

  /** All that was added; to be copied before `discard`. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#buffer, 0, this.#length);
  }

  discard(): void {
    this.#buffer.transferToFixedLength(0);
  }
}
