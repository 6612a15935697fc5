/**
 * The numbers in ratchets.json, and when they may change: each may fall, and one of the measures that a capability may raise rises with a
 * reason beside it. Pure but for the file. It must not count anything (measures.ts).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MEASURES } from './measures.ts';
import type { Measure, MeasureName } from './measures.ts';
import type { SourceFile } from './source-text.ts';

export const FILE = 'test/house/ratchets.json';
const PATH = join(import.meta.dirname, 'ratchets.json');

export interface Ratchet {
  readonly most: number;
  /** Why it was raised last. */
  readonly reason?: string;
}

export type Ratchets = Readonly<Record<string, Ratchet>>;

export function readRatchets(): Ratchets {
  return JSON.parse(readFileSync(PATH, 'utf8')) as Ratchets;
}

export function writeRatchets(ratchets: Ratchets): void {
  writeFileSync(PATH, `${JSON.stringify(ratchets, null, 2)}\n`);
}

export function countAll(files: readonly SourceFile[]): Readonly<Record<MeasureName, number>> {
  const counts = Object.entries<Measure>(MEASURES).map(([name, { places }]) => [name, places(files).length]);
  return Object.fromEntries(counts) as Record<MeasureName, number>;
}

/** @returns what is wrong with a count and what to do; null if nothing is. */
export function faultOf(name: MeasureName, count: number, ratchet: Ratchet | undefined): string | null {
  const measure: Measure = MEASURES[name];
  if (ratchet === undefined) return `${FILE} has no row ${name}: it is ${count}`;
  if (count > ratchet.most)
    return `${name} is ${count}, and may be ${ratchet.most} (${measure.counts}). ${remedyOf(name)}`;
  if (count < ratchet.most - measure.slack)
    return `${name} has fallen from ${ratchet.most} to ${count}: write that down with \`npm run -s ratchets\`, in the same commit`;
  return null;
}

function remedyOf(name: MeasureName): string {
  const { mayRise, remedy }: Measure = MEASURES[name];
  const list = `The places: \`npm run -s ratchets -- --list ${name}\`.`;
  const raise = mayRise ? ` If a new capability needs it: \`npm run -s ratchets -- --raise ${name} 'REASON'\`.` : '';
  return `To do: ${remedy}. ${list}${raise}`;
}

/** @returns the rows with all counts that have fallen. */
export function lowered(ratchets: Ratchets, counts: Readonly<Record<string, number>>): Ratchets {
  const rows = Object.entries(ratchets).map(([name, row]): [string, Ratchet] => {
    const count = counts[name] ?? row.most;
    return [name, count < row.most ? { ...row, most: count } : row];
  });
  return Object.fromEntries(rows);
}

/** @returns what a commit that changes the rows may not do to them: raise one without a reason of its own, or one that never rises. */
export function riseFaults(before: Ratchets, after: Ratchets): readonly string[] {
  return Object.entries(after).flatMap(([name, { most, reason }]) => {
    const former = before[name];
    if (former === undefined || most <= former.most) return [];
    const measure = Object.entries<Measure>(MEASURES).find(([each]) => each === name)?.[1];
    if (measure?.mayRise === false) return [`${name} rises from ${former.most} to ${most}: it may only fall`];
    const isReasoned = reason !== undefined && reason !== '' && reason !== former.reason;
    return isReasoned ? [] : [`${name} rises from ${former.most} to ${most} without a new reason beside it`];
  });
}
