/**
 * HMAC-SHA-256 (RFC 2104) truncated to 128 bits: what settles whether a candidate is the entry. Two one-shot digests,
 * which make no object a text and are at best a little faster than `createHmac` (docs/adr/0003-verdict-path.md); only a
 * text whose fingerprint was found pays for them. It must not be asked for a text whose fingerprint was not found.
 */
import { hash } from 'node:crypto';

const BLOCK = 64;
const PROOF_WORDS = 4;

export class Prover {
  /** Key block and message, for the inner and the outer digest. */
  #inner = Buffer.alloc(BLOCK + 1024);
  readonly #outer = Buffer.alloc(BLOCK + 32);

  /** @param key 32 bytes (at most a block). */
  constructor(key: Uint8Array) {
    for (let i = 0; i < BLOCK; i += 1) {
      this.#inner[i] = (key[i] ?? 0) ^ 0x36;
      this.#outer[i] = (key[i] ?? 0) ^ 0x5c;
    }
  }

  /** Writes the proof of `text` (a byte string) as four little-endian words to `target[at..at+4)`. */
  prove(text: string, target: Int32Array, at: number): void {
    const end = BLOCK + text.length;
    if (this.#inner.length < end) this.#inner = Buffer.concat([this.#inner.subarray(0, BLOCK)], end * 2);
    this.#inner.write(text, BLOCK, 'latin1');
    // As byte strings: a digest that comes as a Buffer costs more than the digest itself (ADR 0003 has both figures).
    this.#outer.write(hash('sha256', this.#inner.subarray(0, end), 'binary'), BLOCK, 'latin1');
    const proof = hash('sha256', this.#outer, 'binary');
    for (let i = 0; i < PROOF_WORDS; i += 1) target[at + i] = littleEndian(proof, i * 4);
  }
}

function littleEndian(bytes: string, at: number): number {
  return (
    bytes.charCodeAt(at) |
    (bytes.charCodeAt(at + 1) << 8) |
    (bytes.charCodeAt(at + 2) << 16) |
    (bytes.charCodeAt(at + 3) << 24)
  );
}
