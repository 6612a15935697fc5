/** One recipient after the other; the fault of one must not keep from the others what is due to them. */
import { CleanfeedError, fileFault, messageOf } from '../lib/errors.ts';
import type { Recipient } from './state/recipients.ts';

/**
 * Throws CleanfeedError `not_reached` when all have had their turn: whom it failed for, and why.
 * @param signal asked before each; where it is aborted its reason is thrown, and the others have had no turn.
 */
export async function eachRecipient(
  recipients: readonly Recipient[],
  act: (recipient: Recipient) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  /** Message → names. */
  const faults = new Map<string, string[]>();
  let cause: unknown;
  for (const recipient of recipients) {
    signal?.throwIfAborted();
    try {
      await act(recipient);
    } catch (error) {
      cause ??= error;
      const message = fileFault(error) ?? messageOf(error);
      faults.set(message, [...(faults.get(message) ?? []), recipient.name]);
    }
  }
  if (faults.size === 0) return;
  const named = [...faults].map(([message, names]) => `${names.join(', ')}: ${message}`).join('; ');
  throw new CleanfeedError('config', 'not_reached', `not published to ${named}`, { cause });
}
