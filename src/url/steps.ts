/**
 * What the readings of one request may take, counted and not timed: the same path is read or refused on every machine. A step is
 * about ten nanoseconds where these counts were fitted to times (`npm run fuzz -- slowest-readings` searches for what takes longer;
 * bench/micro/readings.ts). It must not measure anything itself.
 */

/** Of one request; what takes all of them: bench/micro/readings.ts. */
export const MAX_STEPS = 11_000;

/** What is left of the steps of one request; below 0, there was too much to read. */
export interface StepBudget {
  left: number;
}

/** Once through a text, whose result is another one: decoded, resolved, cut. @param bytes its length. */
export function stepsOfPass(bytes: number): number {
  return 35 + ((bytes * 5) >> 3);
}

/** A text cut into pieces. */
export function stepsOfPieces(bytes: number, pieces: number): number {
  return 15 + ((bytes * 5) >> 2) + 18 * pieces;
}

/** One walk over pieces, and what it gives compared with what others gave. */
export function stepsOfWalk(pieces: number): number {
  return 6 + 2 * pieces;
}

/** The canonical form of a text, compared with others. */
export function stepsOfCanonicalForm(bytes: number): number {
  return 90 + ((bytes * 3) >> 1);
}

/** What a server may make of a path first (other-texts.ts), before it is read. @param hasMore it may be decoded before: all is looked for twice. */
export function stepsOfOtherText(bytes: number, hasMore: boolean): number {
  return 110 + ((bytes * (hasMore ? 7 : 3)) >> 2);
}

/** A key folded, hashed and looked up, once. */
export function stepsOfLookUp(bytes: number): number {
  return 45 + ((bytes * 3) >> 3);
}
