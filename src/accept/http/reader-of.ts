/**
 * What the head of a request says of its client as a reader (Accept, Accept-Language), for an answer of our own. Only requests that are
 * answered here pay for it. The head may be malformed or cut off: what is found chooses among answers that are ready, and nothing else.
 * It must not be used for a verdict.
 */
import type { Reader } from '../../block/negotiate.ts';
import type { HeadBytes } from '../../forward/downstream.ts';
import { fieldValue } from '../../wire/find-field.ts';

/** Browsers name both in the first kilobyte; a head that is refused may be as long as the limits allow. */
const MAX_BYTES = 4096;

export function readerOf({ bytes, start, end }: HeadBytes): Reader {
  const last = Math.min(end, start + MAX_BYTES);
  return {
    accept: fieldValue(bytes, start, last, 'accept'),
    acceptLanguage: fieldValue(bytes, start, last, 'accept-language'),
  };
}
