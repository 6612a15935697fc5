/**
 * The known name nearest to a mistyped one, for messages. It must not be used to guess what was meant and go on.
 */

const LONGEST_COMPARED = 64;
/** Letters. */
const SHORTEST_PART = 4;

/** @returns null if nothing is near: if more than a third of the letters would have to change, and no one name alone has it in it. */
export function nearest(name: string, known: Iterable<string>): string | null {
  const candidates = [...known];
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance && distance <= Math.max(1, Math.ceil(Math.max(name.length, candidate.length) / 3))) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best ?? onlyOneWith(name.toLowerCase(), candidates);
}

/** `perOrigin` of `maxIdlePerOrigin`. @returns null if there are several, and for a word that may be in any. */
function onlyOneWith(part: string, known: readonly string[]): string | null {
  if (part.length < SHORTEST_PART) return null;
  const [first, second] = known.filter((candidate) => candidate.toLowerCase().includes(part));
  return second === undefined ? (first ?? null) : null;
}

/** It counts insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  // The name comes from a file: its length bounds the work.
  if (a.length > LONGEST_COMPARED || b.length > LONGEST_COMPARED) return Math.max(a.length, b.length);
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
