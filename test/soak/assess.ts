/**
 * Did everything return to where it was? The state at rest after the soak is compared with the state at rest after the
 * warm-up: both with no client left, garbage collected. Counts must not have grown at all; memory by no more than a bound
 * that does not depend on how long the soak was, so that a leak shows the more the longer it runs.
 */
import type { Sample } from './sample.ts';

const MIB = 1024 * 1024;

/**
 * Bytes that may be held more at rest than after the warm-up. Heap and external memory are counted after a collection: what they grow by
 * is compiled code and caches that were not full. Resident memory has what the allocator keeps of its arenas too.
 */
export const GROWTH_BOUNDS = { heap: 6 * MIB, external: 6 * MIB, resident: 64 * MIB } as const;

const COUNTS = ['descriptors', 'sockets', 'threads', 'timers', 'clients', 'upstreams'] as const;
const MEMORY = ['heap', 'external', 'resident'] as const;

/** Counts that have not returned to where they were, in words; empty: all have. */
export function leftovers(before: Sample, after: Sample): string[] {
  return COUNTS.filter((name) => after[name] > before[name]).map(
    (name) => `${name}: ${before[name]} before, ${after[name]} after`,
  );
}

/** Memory that has grown beyond its bound, in words: a figure, which a busy machine may spoil. */
export function growth(before: Sample, after: Sample): string[] {
  return MEMORY.filter((name) => after[name] - before[name] > GROWTH_BOUNDS[name]).map(
    (name) => `${name}: ${mebibytes(before[name])} before, ${mebibytes(after[name])} after`,
  );
}

export function mebibytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
