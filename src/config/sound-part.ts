/**
 * What of a configuration with faults can be looked at all the same: its lists, where they are sound, so that an operator
 * gets the faults of the lists together with those of the configuration. It must never come into force.
 */
import { at, items } from './plain-data.ts';

export interface SoundPart {
  /** The file's data without every top-level key that has a fault; of the lists only those that have one are left out. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Where each list that is left stands among the lists of the file. */
  readonly listIndexes: readonly number[];
}

/** `faultyKeys` as `keyText` has them. */
export function soundPart(data: unknown, faultyKeys: readonly string[]): SoundPart {
  const faulty = new Set(faultyKeys.map((key) => /^lists\[\d+\]|^[^.[]*/.exec(key)?.[0] ?? key));
  const listIndexes = items(data, 'lists').flatMap((_, index) =>
    faulty.has('lists') || faulty.has(`lists[${index}]`) ? [] : [index],
  );
  const keys = typeof data === 'object' && data !== null && !Array.isArray(data) ? Object.entries(data) : [];
  const sound = Object.fromEntries(keys.filter(([key]) => key !== 'lists' && !faulty.has(key)));
  return { data: { ...sound, lists: listIndexes.map((index) => at(at(data, 'lists'), index)) }, listIndexes };
}
