/**
 * Errors of lists: how they are made, and which reason any error stands for. Which label a reason has in the metrics is the
 * concern of `observe`. It must not quote a list.
 */
import { CleanfeedError } from '../lib/errors.ts';
import { REJECTED_REASONS } from '../observe/control-view.ts';

/** Why a list is not taken, or not brought into force: a code each (docs/operations.md). The last ones concern only us, or are answers. */
export const LIST_REASONS = [
  ...REJECTED_REASONS,
  'snapshot_invalid',
  'text_segment_missing',
  'memory_not_leased',
  'version_refused',
] as const;

export type ListReason = (typeof LIST_REASONS)[number];

/** A list that cannot be read, verified or built; the last good one stays. */
export class ListError extends CleanfeedError<ListReason> {
  override readonly name = 'ListError';

  constructor(code: ListReason, message: string, options?: { readonly cause?: unknown }) {
    super('list', code, message, options);
  }
}

export function listError(code: ListReason, message: string, cause?: unknown): ListError {
  return new ListError(code, message, cause === undefined ? {} : { cause });
}

/**
 * What the gate refuses though the list is sound: an operator who knows better may accept that version. Everything else is a fault of the
 * list, which nobody can accept.
 */
const SANITY_REASONS = ['growth', 'shrink', 'canary', 'protected_host', 'public_suffix'] as const;

export function isSanity(reason: ListReason): reason is (typeof SANITY_REASONS)[number] {
  return SANITY_REASONS.some((one) => one === reason);
}

/** The reason that an error of any kind stands for. */
export function reasonOf(error: unknown): ListReason {
  const code = error instanceof CleanfeedError ? error.code : 'internal';
  return LIST_REASONS.find((reason) => reason === code) ?? 'internal';
}
