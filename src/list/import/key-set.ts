/**
 * A set of texts of which only a keyed hash of 64 bits is kept: a million names take 16 to 32 MiB. Two texts with one hash would be taken for
 * one; among a million that is one chance in thirty million, under a key nobody knows. It must not grow past its bound.
 */
import { randomBytes } from 'node:crypto';
import { HalfSipHash } from '../../match/half-sip-hash.ts';

const FIRST_SLOTS = 1 << 12;
/** 128 MiB, for as many as four million texts. */
const MOST_SLOTS = 1 << 24;

/** A name has 255 bytes; of a longer text its beginning is enough to tell, and it is no name. */
const HASHED_BYTES = 512;

export class KeySet {
  readonly #hash = new HalfSipHash(randomBytes(8));
  readonly #bytes = Buffer.alloc(HASHED_BYTES);
  readonly #cuts = new Int32Array(1);
  readonly #out = { low: new Int32Array(1), high: new Int32Array(1) };
  /** Pairs of 32 bits; two zeros: free. */
  #slots: Int32Array;
  #size = 0;
  readonly #most: number;

  /** @param most slots, a power of two. */
  constructor(most = MOST_SLOTS) {
    this.#most = most;
    this.#slots = new Int32Array(2 * Math.min(FIRST_SLOTS, most));
  }

  /** @returns false if there is no more room: then nothing is known about this text. */
  add(text: string): boolean {
    const capacity = this.#slots.length / 2;
    if (this.#size * 2 >= capacity && !this.#grow(capacity * 2)) return false;
    const key = this.#keyOf(text);
    const slot = slotOf(this.#slots, key);
    if (isFree(this.#slots, slot)) this.#size += 1;
    put(this.#slots, slot, key);
    return true;
  }

  has(text: string): boolean {
    return !isFree(this.#slots, slotOf(this.#slots, this.#keyOf(text)));
  }

  #keyOf(text: string): Key {
    const length = Math.min(text.length, HASHED_BYTES);
    for (let i = 0; i < length; i += 1) this.#bytes[i] = text.charCodeAt(i);
    this.#cuts[0] = length;
    this.#hash.hashPrefixes(this.#bytes, this.#cuts, 1, this.#out);
    return keyAt(this.#out.low, this.#out.high, 0);
  }

  #grow(capacity: number): boolean {
    if (capacity > this.#most) return false;
    const grown = new Int32Array(2 * capacity);
    const high = this.#slots.subarray(1);
    for (let i = 0; i < this.#slots.length; i += 2) {
      if (isFree(this.#slots, i)) continue;
      const key = keyAt(this.#slots, high, i);
      put(grown, slotOf(grown, key), key);
    }
    this.#slots = grown;
    return true;
  }
}

interface Key {
  readonly low: number;
  readonly high: number;
}

/** Two zeros mean "free", so that no key is that. */
function keyAt(lows: Int32Array, highs: Int32Array, at: number): Key {
  const low = lows[at] ?? 0;
  const high = highs[at] ?? 0;
  return low === 0 && high === 0 ? { low: 1, high } : { low, high };
}

/** Where it stands, or would: at most half of the slots are taken. */
function slotOf(slots: Int32Array, { low, high }: Key): number {
  const mask = slots.length / 2 - 1;
  let slot = low & mask;
  while (!isFree(slots, 2 * slot) && (slots[2 * slot] !== low || slots[2 * slot + 1] !== high))
    slot = (slot + 1) & mask;
  return 2 * slot;
}

function put(slots: Int32Array, slot: number, { low, high }: Key): void {
  slots[slot] = low;
  slots[slot + 1] = high;
}

function isFree(slots: Int32Array, at: number): boolean {
  return slots[at] === 0 && slots[at + 1] === 0;
}
