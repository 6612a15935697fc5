/**
 * DNS messages on a stream (RFC 1035 §4.2.2, RFC 7766 §8): each behind its length, in two bytes. Cut into messages wherever the reads
 * end; what a part of a message takes grows with what has come of it, not with the length that it claims.
 *
 *   add ─▶ next, next … ─▶ null: more is needed
 *
 * It must not look into a message.
 */
export const LENGTH_BYTES = 2;
/** Of a message that has begun. */
const FIRST_BYTES = 512;
const NOTHING = Buffer.alloc(0);

export class DnsFrames {
  /** What was added and is not looked at. */
  #bytes: Buffer = NOTHING;
  /** Of a message that is not whole, with its length. */
  #part: Buffer = NOTHING;
  #partBytes = 0;

  /** Whether a message has begun and is not whole. */
  get isWithin(): boolean {
    return this.#partBytes > 0;
  }

  /** Bytes that are kept. */
  get unread(): number {
    return this.#partBytes + this.#bytes.length;
  }

  /** @param bytes nobody changes them from now on */
  add(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
  }

  /** @returns the next message with its length before it; null if it has not come whole. */
  next(): Buffer | null {
    return this.#partBytes === 0 ? this.#nextWhole() : this.#goOn();
  }

  #nextWhole(): Buffer | null {
    const bytes = this.#bytes;
    if (bytes.length >= LENGTH_BYTES) {
      const length = LENGTH_BYTES + bytes.readUInt16BE();
      if (bytes.length >= length) {
        this.#bytes = behind(bytes, length);
        return bytes.subarray(0, length);
      }
    }
    if (bytes.length > 0) this.#keep(bytes.length);
    return null;
  }

  #goOn(): Buffer | null {
    if (this.#partBytes < LENGTH_BYTES) this.#keep(Math.min(this.#bytes.length, LENGTH_BYTES - this.#partBytes));
    if (this.#partBytes < LENGTH_BYTES) return null;
    const length = LENGTH_BYTES + this.#part.readUInt16BE();
    this.#keep(Math.min(this.#bytes.length, length - this.#partBytes));
    if (this.#partBytes < length) return null;
    const whole = this.#part.subarray(0, length);
    this.#part = NOTHING;
    this.#partBytes = 0;
    return whole;
  }

  /** Moves so many bytes to the part. */
  #keep(count: number): void {
    const needed = this.#partBytes + count;
    if (needed > this.#part.length) {
      const larger = Buffer.alloc(Math.max(FIRST_BYTES, 2 * this.#part.length, needed));
      this.#part.copy(larger, 0, 0, this.#partBytes);
      this.#part = larger;
    }
    this.#bytes.copy(this.#part, this.#partBytes, 0, count);
    this.#partBytes = needed;
    this.#bytes = behind(this.#bytes, count);
  }
}

/** Nothing of a read that is used up is kept, not even an empty piece of its memory. */
function behind(bytes: Buffer, count: number): Buffer {
  return bytes.length === count ? NOTHING : bytes.subarray(count);
}
