/** Deadlines that no busy machine meets, for tests of whatever else (src/lib/deadlines.ts). */

const TIMES = 1000;
/** What a timer of Node takes. */
const LONGEST_MS = 2 ** 31 - 1;

export function stretched<Deadlines extends Readonly<Record<string, number>>>(deadlines: Deadlines): Deadlines {
  const rows = Object.entries(deadlines).map(([name, ms]) => [name, Math.min(ms * TIMES, LONGEST_MS)]);
  return Object.fromEntries(rows) as Deadlines;
}
