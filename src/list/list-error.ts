/**
 * Why a list is not taken, or not brought into force: one code for each reason, for the log and for scripts (docs/operations.md has them).
 * Which label a reason has in the metrics is the concern of `observe`.
 */
import { CleanfeedError, ListError } from '../lib/errors.ts';

export const LIST_REASONS = [
  'unreadable',
  'bad_lines',
  'too_large',
  'timeout',
  'http_status',
  'redirect',
  'connect',
  'truncated',
  'corrupt',
  'unsupported',
  'too_many_keys',
  'public_suffix',
  'file_changing',
  'snapshot_invalid',
  'text_segment_missing',
  'memory_not_leased',
  'internal',
] as const;

export type ListReason = (typeof LIST_REASONS)[number];

export function listError(code: ListReason, message: string, cause?: unknown): ListError {
  return new ListError(code, message, cause === undefined ? {} : { cause });
}

/** The reason that an error of any kind stands for. */
export function reasonOf(error: unknown): ListReason {
  const code = error instanceof CleanfeedError ? error.code : 'internal';
  return LIST_REASONS.find((reason) => reason === code) ?? 'internal';
}
