/**
 * Arrays of struct mmsghdr as recvmmsg(2) and sendmmsg(2) take them on 64-bit Linux, each element with one piece of a buffer. What it
 * points to must neither move nor be freed. It must not make a system call.
 */
/** struct mmsghdr, in 32-bit words: name (2), length of it, 0, vector (2), its length (2), control (2), its length (2), flags, 0, length, 0. */
export const HEADER_WORDS = 16;
export const NAME_LENGTH = 2;
const VECTOR = 4;
const VECTOR_LENGTH = 6;
const CONTROL = 8;
export const CONTROL_LENGTH = 10;
export const LENGTH = 14;
/** struct iovec: address (2), length (2). */
const VECTOR_WORDS = 4;
const WORD = 0x1_0000_0000;

export class MessageHeaders {
  readonly bytes: Buffer;
  readonly words: Uint32Array;
  readonly #vectors: Uint32Array;
  readonly #base: number;

  constructor(count: number, base: number, addressOf: (bytes: Uint8Array) => number) {
    this.bytes = Buffer.from(new ArrayBuffer(count * HEADER_WORDS * 4));
    this.words = new Uint32Array(this.bytes.buffer);
    this.#vectors = new Uint32Array(count * VECTOR_WORDS);
    this.#base = base;
    const vectors = addressOf(new Uint8Array(this.#vectors.buffer));
    for (let i = 0; i < count; i++) {
      const at = i * HEADER_WORDS;
      write(this.words, at + VECTOR, vectors + i * VECTOR_WORDS * 4);
      this.words[at + VECTOR_LENGTH] = 1;
    }
  }

  payload(index: number, at: number, length: number): void {
    const vector = index * VECTOR_WORDS;
    write(this.#vectors, vector, this.#base + at);
    this.#vectors[vector + 2] = length;
  }

  /** Of a length of 0: none. */
  control(index: number, at: number, length: number): void {
    const header = index * HEADER_WORDS;
    if (length === 0) this.words[header + CONTROL] = this.words[header + CONTROL + 1] = 0;
    else write(this.words, header + CONTROL, this.#base + at);
    this.words[header + CONTROL_LENGTH] = length;
  }

  name(index: number, at: number, length: number): void {
    const header = index * HEADER_WORDS;
    if (length === 0) this.words[header] = this.words[header + 1] = 0;
    else write(this.words, header, this.#base + at);
    this.words[header + NAME_LENGTH] = length;
  }
}

function write(words: Uint32Array, at: number, address: number): void {
  words[at] = address % WORD;
  words[at + 1] = Math.floor(address / WORD);
}
