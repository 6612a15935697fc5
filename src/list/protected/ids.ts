/**
 * Sets of 64-bit ids, as they come: ascending. Most questions end at the filter, and the worst at a search, so that no choice of ids
 * makes a question slow. It must not say what an id stands for.
 */

/* oxlint-disable typescript/no-non-null-assertion -- numbers lie below the number of ids, bits below the size of the filter */

/** Of whole 64-bit words, wherever they lie. */
export function copyOfWords(bytes: Uint8Array, start: number, end: number): BigUint64Array {
  // `slice` of a Buffer shares its memory.
  const copy = new Uint8Array(end - start);
  copy.set(bytes.subarray(start, end));
  return new BigUint64Array(copy.buffer);
}

export function isAscending(ids: BigUint64Array): boolean {
  for (let i = 1; i < ids.length; i += 1) if (ids[i - 1]! >= ids[i]!) return false;
  return true;
}

/** Bits of the filter for each id. */
const BITS = 16;

export class IdSet {
  readonly size: number;
  /** Low and high words in turns. */
  readonly #words: Uint32Array;
  readonly #filter: Int32Array;
  readonly #mask: number;

  /** @param ids ascending. */
  constructor(ids: BigUint64Array) {
    this.size = ids.length;
    this.#words = new Uint32Array(ids.buffer, ids.byteOffset, ids.length * 2);
    const bits = 2 ** Math.ceil(Math.log2(Math.max(32, ids.length * BITS)));
    this.#mask = bits - 1;
    this.#filter = new Int32Array(bits / 32);
    for (let i = 0; i < ids.length; i += 1) {
      const bit = this.#bitOf(this.#words[2 * i]!, this.#words[2 * i + 1]!);
      this.#filter[bit >>> 5] = this.#filter[bit >>> 5]! | (1 << (bit & 31));
    }
  }

  has(low: number, high: number): boolean {
    const bit = this.#bitOf(low, high);
    return (this.#filter[bit >>> 5]! & (1 << (bit & 31))) !== 0 && this.#find(low >>> 0, high >>> 0);
  }

  #bitOf(low: number, high: number): number {
    const mixed = Math.imul(low ^ (high << 7), 0x9e37_79b1);
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }

  #find(low: number, high: number): boolean {
    const words = this.#words;
    let from = 0;
    let to = this.size;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const order = words[2 * middle + 1]! - high || words[2 * middle]! - low;
      if (order === 0) return true;
      if (order < 0) from = middle + 1;
      else to = middle;
    }
    return false;
  }
}
