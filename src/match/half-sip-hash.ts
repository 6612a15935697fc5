/**
 * HalfSipHash-2-4 with 64 bits of output (J.-P. Aumasson and D. J. Bernstein, reference implementation `halfsiphash.c`):
 * a keyed hash of 32-bit operations only, which is what JavaScript integers are fast at.
 *
 * It must not be taken for a proof: it finds candidates, the HMAC proves them. So it has to spread well under a secret
 * key, not to resist forgery: whoever forces a collision buys one HMAC computation and no verdict.
 *
 * One walk gives the hashes of many prefixes: at each cut the state is forked and finished. That is how a host and its
 * parents (over the reversed name), or a URL and its directories, cost one walk over the text however deep they are.
 */

/* oxlint-disable typescript/no-non-null-assertion -- cuts lie below their number, bytes below the cut */

/** Results of `hashPrefixes`: signed 32-bit halves, `low[i]` and `high[i]` for cut i. */
export interface PrefixHashes {
  readonly low: Int32Array;
  readonly high: Int32Array;
}

/** What the matcher needs of a hash; tests inject one that collides. */
export interface PrefixHash {
  /** Writes the hash of `bytes[0..cuts[i])` to `out` for each i below `count`; cuts ascend. */
  hashPrefixes(bytes: Uint8Array, cuts: Int32Array, count: number, out: PrefixHashes): void;
}

export class HalfSipHash implements PrefixHash {
  readonly #k0: number;
  readonly #k1: number;

  /** @param key 8 bytes. */
  constructor(key: Uint8Array) {
    const view = new DataView(key.buffer, key.byteOffset, 8);
    this.#k0 = view.getInt32(0, true);
    this.#k1 = view.getInt32(4, true);
  }

  /**
   * The state lives in local variables from end to end, not in fields or an array, which cost more: that is why this function
   * is long. Both rounds of a word are written out: as a loop of two they take more than twice as long (bench/micro/verdict.ts).
   */
  hashPrefixes(bytes: Uint8Array, cuts: Int32Array, count: number, out: PrefixHashes): void {
    let v0 = this.#k0;
    let v1 = this.#k1 ^ 0xee;
    let v2 = this.#k0 ^ 0x6c79_6765;
    let v3 = this.#k1 ^ 0x7465_6462;
    let at = 0;
    for (let cut = 0; cut < count; cut += 1) {
      const end = cuts[cut]!;
      for (; at + 4 <= end; at += 4) {
        const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
        v3 ^= word;
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
        v0 ^= word;
      }
      let last = end << 24;
      if (end - at > 2) last |= bytes[at + 2]! << 16;
      if (end - at > 1) last |= bytes[at + 1]! << 8;
      if (end - at > 0) last |= bytes[at]!;
      let f0 = v0;
      let f1 = v1;
      let f2 = v2;
      let f3 = v3 ^ last;
      // Rounds 0 and 1 absorb the last word, 2 to 5 finish the low half of the output, 6 to 9 the high half.
      for (let round = 0; round < 10; round += 1) {
        if (round === 2) {
          f0 ^= last;
          f2 ^= 0xee;
        } else if (round === 6) {
          out.low[cut] = f1 ^ f3;
          f1 ^= 0xdd;
        }
        f0 = (f0 + f1) | 0;
        f1 = ((f1 << 5) | (f1 >>> 27)) ^ f0;
        f0 = (f0 << 16) | (f0 >>> 16);
        f2 = (f2 + f3) | 0;
        f3 = ((f3 << 8) | (f3 >>> 24)) ^ f2;
        f0 = (f0 + f3) | 0;
        f3 = ((f3 << 7) | (f3 >>> 25)) ^ f0;
        f2 = (f2 + f1) | 0;
        f1 = ((f1 << 13) | (f1 >>> 19)) ^ f2;
        f2 = (f2 << 16) | (f2 >>> 16);
      }
      out.high[cut] = f1 ^ f3;
    }
  }
}
