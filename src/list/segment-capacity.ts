/**
 * A snapshot holds four segments: one that lists share, and one for each list that brings a segment with its own key.
 * Says for which lists there is none left; `check` asks before, the running instance with every update. It must not refuse a list itself.
 */
import { MAX_SEGMENTS } from '../match/snapshot.ts';
import { type ListError, listError } from './list-error.ts';
import type { SegmentKind } from './staged-list.ts';

export interface KindChange {
  /** What is in force; null: nothing yet. */
  readonly now: SegmentKind | null;
  /** What it would become; null: it stays. */
  readonly next: SegmentKind | null;
}

/** Indexes of the changes that cannot be made, the last lists first in line to be refused; what is in force always fits. */
export function overflowing(lists: readonly KindChange[]): readonly number[] {
  const kinds = lists.map(({ now, next }) => next ?? now);
  const refused: number[] = [];
  for (let i = lists.length - 1; i >= 0 && segmentsOf(kinds) > MAX_SEGMENTS; i -= 1) {
    const list = lists[i];
    if (list === undefined || list.next === null || list.next === list.now) continue;
    kinds[i] = list.now;
    refused.push(i);
  }
  return refused;
}

export function overflowError(): ListError {
  return listError(
    'too_many_keys',
    `no room for one more key: there can be ${MAX_SEGMENTS}, all text lists together have one and each compiled list brings its own`,
  );
}

function segmentsOf(kinds: readonly (SegmentKind | null)[]): number {
  return kinds.filter((kind) => kind === 'own').length + (kinds.includes('shared') ? 1 : 0);
}
