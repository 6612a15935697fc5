/** In which order peers are measured: side by side, and each round begins with another, so that no peer is always first. */

/** Round 0: A B C; round 1: B C A; round 2: C A B. */
export function rotated<T>(items: readonly T[], round: number): T[] {
  const first = items.length === 0 ? 0 : round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
