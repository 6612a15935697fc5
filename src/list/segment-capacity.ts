/**
 * A snapshot holds four segments: one for all text lists together, one for each compiled list, which brings its own key.
 * Says which lists find no room; `check` asks before, the running instance with every update.
 */
import type { ListError } from '../lib/errors.ts';
import { MAX_SEGMENTS } from '../match/snapshot.ts';
import { sourceError } from './source/source.ts';

export type ListKind = 'text' | 'compiled';

export interface KindChange {
  /** What is in force; null: nothing yet. */
  readonly now: ListKind | null;
  /** What it would become; null: it stays. */
  readonly next: ListKind | null;
}

/** Indexes of the changes that cannot be made, the last lists first in line to be refused; what is in force always fits. */
export function withoutRoom(lists: readonly KindChange[]): readonly number[] {
  const kinds = lists.map(({ now, next }) => next ?? now);
  const refused: number[] = [];
  for (let i = lists.length - 1; i >= 0 && segmentsOf(kinds) > MAX_SEGMENTS; i -= 1) {
    const { now, next } = lists[i]!;
    if (next === null || next === now) continue;
    kinds[i] = now;
    refused.push(i);
  }
  return refused;
}

export function noRoom(): ListError {
  return sourceError(
    'too_many_keys',
    `no room for one more key: there can be ${MAX_SEGMENTS}, all text lists together have one and each compiled list brings its own`,
  );
}

function segmentsOf(kinds: readonly (ListKind | null)[]): number {
  return kinds.filter((kind) => kind === 'compiled').length + (kinds.includes('text') ? 1 : 0);
}
