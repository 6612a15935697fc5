/**
 * A stream of decrypted pieces, of any size, read as what a payload consists of. Of records nothing is copied but those that two pieces
 * share. It must not read further than it is asked to.
 */
import { STEP_BYTES } from '../../lib/steps.ts';
import { payloadFault } from './payload-header.ts';
import { RECORD_BYTES } from './record.ts';

const STEP_RECORDS_BYTES = Math.floor(STEP_BYTES / RECORD_BYTES) * RECORD_BYTES;

export class PieceReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  /** What is left of the piece that was read last. */
  #piece: Uint8Array = new Uint8Array(0);
  #taken = 0;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** @throws ListError `truncated`. */
  async exactly(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const part = await this.#some(length - at);
      if (part.length === 0)
        throw payloadFault('truncated', `it ends after ${this.#taken} bytes, within what its header says`);
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  /**
   * So many records, in runs of whole ones, each as long as a step. What was yielded holds until the next.
   * @throws ListError `truncated`.
   */
  async *records(count: number): AsyncGenerator<Uint8Array, void> {
    for (let left = count * RECORD_BYTES; left > 0;) {
      const part = await this.#some(Math.min(left, STEP_RECORDS_BYTES));
      const whole = part.length - (part.length % RECORD_BYTES);
      if (whole === 0) {
        this.#putBack(part);
        yield await this.exactly(RECORD_BYTES);
        left -= RECORD_BYTES;
        continue;
      }
      this.#putBack(part.subarray(whole));
      yield part.subarray(0, whole);
      left -= whole;
    }
  }

  /** Zeros up to `end` bytes in all, and nothing behind. @throws ListError `truncated`, `corrupt`. */
  async padding(end: number): Promise<void> {
    while (this.#taken < end) {
      const part = await this.#some(end - this.#taken);
      if (part.length === 0) throw payloadFault('truncated', `it should have ${end} bytes and has ${this.#taken}`);
      if (part.some((byte) => byte !== 0)) throw payloadFault('corrupt', 'what follows its records is not its padding');
    }
    if ((await this.#some(1)).length > 0) throw payloadFault('corrupt', `it goes on after ${end} bytes`);
  }

  /** Whoever gives the pieces may close what it reads from. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  /** At least a byte, at most as many as said; none at the end. */
  async #some(maxBytes: number): Promise<Uint8Array> {
    while (this.#piece.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return this.#piece;
      this.#piece = next.value;
    }
    const part = this.#piece.subarray(0, maxBytes);
    this.#piece = this.#piece.subarray(part.length);
    this.#taken += part.length;
    return part;
  }

  /** The last bytes of what `#some` gave last. */
  #putBack(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#piece = new Uint8Array(part.buffer, part.byteOffset, part.length + this.#piece.length);
    this.#taken -= part.length;
  }
}
