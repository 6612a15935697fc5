/**
 * Texts by number: a million of them in one block of bytes, where a Map would have an object for each (bench/lint). Exact: a keyed hash finds, the bytes decide. Byte strings only. It holds the list in the clear and must live no longer than the
 * command that asks.
 */
import { randomBytes } from 'node:crypto';
import { IntColumn } from '../../match/columns.ts';
import { HalfSipHash } from '../../match/half-sip-hash.ts';
import type { ByteString } from '../../url/bytes.ts';

export const NO_TEXT = -1;

const FIRST_SLOTS = 1 << 10;
const FIRST_BYTES = 1 << 14;

export class TextTable {
  readonly #hash = new HalfSipHash(randomBytes(8));
  readonly #cuts = new Int32Array(1);
  readonly #out = { low: new Int32Array(1), high: new Int32Array(1) };
  /** The text that is asked for. */
  #asked = Buffer.alloc(1024);
  #bytes = Buffer.alloc(FIRST_BYTES);
  /** By number: where it ends; the next one begins there. */
  readonly #ends = new IntColumn();
  readonly #hashes = new IntColumn();
  /** Numbers, one more each; 0: free. At most half of them are taken. */
  #slots = new Int32Array(FIRST_SLOTS);

  get size(): number {
    return this.#ends.length;
  }

  /** @returns its number, from 0 on in the order in which they came; `NO_TEXT` if it is not here. */
  find(text: ByteString): number {
    const length = this.#ask(text);
    return (this.#slots[this.#slotOf(length)] ?? 0) - 1;
  }

  /** The same, and puts it here if it is not. */
  add(text: ByteString): number {
    const length = this.#ask(text);
    const slot = this.#slotOf(length);
    const found = this.#slots[slot] ?? 0;
    if (found !== 0) return found - 1;
    const start = this.#start(this.size);
    if (start + length > 0x7fff_ffff) throw new RangeError('texts of more than 2 GiB in one table');
    if (start + length > this.#bytes.length) this.#bytes = grown(this.#bytes, 2 * (start + length));
    this.#asked.copy(this.#bytes, start, 0, length);
    this.#ends.push(start + length);
    this.#hashes.push(this.#out.low[0] ?? 0);
    this.#slots[slot] = this.size;
    if (2 * this.size > this.#slots.length) this.#growSlots();
    return this.size - 1;
  }

  text(number: number): ByteString {
    return this.#bytes.toString('latin1', this.#start(number), this.#ends.get(number));
  }

  #start(number: number): number {
    return number === 0 ? 0 : this.#ends.get(number - 1);
  }

  /** @returns its length. */
  #ask(text: ByteString): number {
    if (text.length > this.#asked.length) this.#asked = Buffer.alloc(2 * text.length);
    const length = this.#asked.write(text, 0, 'latin1');
    this.#cuts[0] = length;
    this.#hash.hashPrefixes(this.#asked, this.#cuts, 1, this.#out);
    return length;
  }

  /** Where what is asked for stands, or would. */
  #slotOf(length: number): number {
    const hash = this.#out.low[0] ?? 0;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let found = this.#slots[slot] ?? 0; found !== 0; found = this.#slots[slot] ?? 0) {
      if (this.#hashes.get(found - 1) === hash && this.#isAsked(found - 1, length)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #isAsked(number: number, length: number): boolean {
    const start = this.#start(number);
    if (this.#ends.get(number) - start !== length) return false;
    for (let i = 0; i < length; i += 1) if (this.#bytes[start + i] !== this.#asked[i]) return false;
    return true;
  }

  #growSlots(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let number = 0; number < this.size; number += 1) {
      let slot = this.#hashes.get(number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }
}

function grown(bytes: Buffer, length: number): Buffer<ArrayBuffer> {
  const larger = Buffer.alloc(length);
  bytes.copy(larger);
  return larger;
}
