/**
 * How many public suffixes lie below a name that is none itself (`s3.amazonaws.com` below `amazonaws.com`): whoever lists the name with all that is below
 * it lists the sites of strangers. It must not decide what becomes of such an entry.
 */
import { PUBLIC_SUFFIXES } from './suffix-rows.ts';

/** By name; made when it is first asked for. */
let below: ReadonlyMap<string, number> | null = null;

/** @param name canonical. @returns 0 for a suffix, too: what lies below one is another matter (text/public-suffix.ts). */
export function suffixesBelow(name: string): number {
  below ??= countBelow();
  return below.get(name) ?? 0;
}

function countBelow(): ReadonlyMap<string, number> {
  const suffixes = new Set(PUBLIC_SUFFIXES.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
  const counts = new Map<string, number>();
  for (const suffix of suffixes)
    for (let dot = suffix.indexOf('.'); dot !== -1; dot = suffix.indexOf('.', dot + 1)) {
      const name = suffix.slice(dot + 1);
      if (!suffixes.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  return counts;
}
