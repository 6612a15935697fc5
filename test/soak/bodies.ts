/** Bodies that tell whose they are: every byte follows from a tag and its place, so that any piece can be checked. */

/** The tag again and again. */
export function bodyOf(tag: string, length: number): Buffer {
  return Buffer.alloc(length, `${tag}|`);
}

/** Checks a long body piece by piece without keeping it. */
export class BodyCheck {
  readonly #period: number;
  readonly #pattern: Buffer;
  #offset = 0;

  constructor(tag: string) {
    this.#period = tag.length + 1;
    this.#pattern = bodyOf(tag, 128 * 1024);
  }

  get length(): number {
    return this.#offset;
  }

  /** Throws where a byte is not what it must be. */
  take(piece: Buffer): void {
    for (let at = 0; at < piece.length;) {
      const from = this.#offset % this.#period;
      const count = Math.min(piece.length - at, this.#pattern.length - from);
      if (piece.compare(this.#pattern, from, from + count, at, at + count) !== 0)
        throw new Error(`the body is wrong after ${this.#offset} bytes`);
      at += count;
      this.#offset += count;
    }
  }
}
