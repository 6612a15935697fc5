/**
 * How many routes there are, from what a program prints: a number on a line of its own, or BIRD's `2 of 5 routes for 3 networks`. Of several
 * such lines the last counts: BIRD ends with the total. It is total and must not run the program.
 */

const COUNTED = /^\s*(\d{1,9})(?:\s+of\s+\d{1,9}\s+routes\b.*)?\s*$/;
const TOTAL = /^\s*Total:\s+(\d{1,9})\s+of\s/;
const MAX_LINES = 1000;

/** @returns null if there is no such line. */
export function routeCount(output: string): number | null {
  const counts = output
    .split('\n', MAX_LINES)
    .flatMap((line) => COUNTED.exec(line)?.[1] ?? TOTAL.exec(line)?.[1] ?? [])
    .map(Number);
  return counts.at(-1) ?? null;
}
