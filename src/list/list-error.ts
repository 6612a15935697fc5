/**
 * Errors of lists: how they are made, and which reason any error stands for. Which label a reason has in the metrics is the
 * concern of `observe`.
 */
import { CleanfeedError, LIST_REASONS, ListError } from '../lib/errors.ts';
import type { ListReason } from '../lib/errors.ts';

export function listError(code: ListReason, message: string, cause?: unknown): ListError {
  return new ListError(code, message, cause === undefined ? {} : { cause });
}

/** The reason that an error of any kind stands for. */
export function reasonOf(error: unknown): ListReason {
  const code = error instanceof CleanfeedError ? error.code : 'internal';
  return LIST_REASONS.find((reason) => reason === code) ?? 'internal';
}
