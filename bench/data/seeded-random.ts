/**
 * Numbers that look random and are the same on every machine: benches and generators must be repeatable.
 * Not for anything secret.
 */

/** Numbers in [0, 1) from a 32-bit seed (mulberry32, public domain, Tommy Ettinger 2017). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Whole numbers from 0 to below `limit`. */
export function seededInteger(random: () => number, limit: number): number {
  return Math.floor(random() * limit);
}
