/**
 * Tells what a failure of a test is: inconclusive by type (inconclusive.ts), or not. It is given errors of the test's own realm,
 * and must not look at messages.
 */
import { INCONCLUSIVE_KINDS, type InconclusiveKind } from './inconclusive.ts';

/** @returns null: the failure is conclusive */
export function failureKind(error: unknown): InconclusiveKind | null {
  if (typeof error !== 'object' || error === null) return null;
  const { inconclusive, code } = error as { readonly inconclusive?: unknown; readonly code?: unknown };
  const own = INCONCLUSIVE_KINDS.find((kind) => kind === inconclusive);
  if (own !== undefined) return own;
  if (code === 'EADDRINUSE') return 'port taken';
  const kinds = innerErrors(error).map(failureKind);
  return kinds.includes(null) ? null : (kinds[0] ?? null);
}

/** Of an AggregateError, a SuppressedError, and the pair that jest-circus makes of an error and the place of its test. */
function innerErrors(error: object): readonly unknown[] {
  if (Array.isArray(error)) return error.slice(0, 1);
  const inner = error as { readonly errors?: unknown; readonly error?: unknown; readonly suppressed?: unknown };
  if (Array.isArray(inner.errors)) return inner.errors;
  return 'suppressed' in error ? [inner.error, inner.suppressed] : [];
}
