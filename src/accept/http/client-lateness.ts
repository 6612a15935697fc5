/**
 * Whose doing it is when nothing has moved for too long in an exchange; the same whether a request came to a proxy or to an origin.
 * It must not end anything.
 */

/** Milliseconds that an idle connection stays when the thread is to end: a request under way is answered, as the last one. */
export const LAST_REQUEST_MS = 1000;

export interface LateExchange {
  readonly requestComplete: boolean;
  /** The origin has not taken what it was sent. */
  readonly congested: boolean;
  /** Part of the answer has been sent to the client. */
  readonly answering: boolean;
}

/** @param unsent bytes that the client has not taken. @returns false if the origin is late. */
export function isClientLate({ requestComplete, congested, answering }: LateExchange, unsent: number): boolean {
  // A body that stops coming is the client's doing, unless it is the origin that does not take it.
  const isBodyAwaited = !requestComplete && !congested;
  // So is an answer that waits for its reader: the origin is not to blame.
  return isBodyAwaited || (answering && unsent > 0);
}
