/**
 * What a server says of a file, to ask it later whether the file has changed (RFC 9110, sections 8.8 and 13.1). It must not ask anybody.
 */
import { textOrNull } from '../../lib/json.ts';

/** To be asked with; null: the server gave none, or none that can be relied on. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export const NO_VALIDATORS: Validators = { etag: null, lastModified: null };

/**
 * Milliseconds. nginx and others make an ETag of a file's length and the second it was written in: two versions of one length in one second have one
 * ETag, and whoever read the first is told that nothing has changed until there is a third. RFC 9110, 8.8.2.2, asks for one second between the two
 * dates; the second one is for a file system whose clock is some milliseconds behind.
 */
const SETTLED_MS = 2000;

/**
 * The headers of a response, as undici gives them. A response that was made while the file could still change within the second of its
 * `Last-Modified` has no validators: the next request is for the whole file once more.
 */
export function validatorsOf(headers: Readonly<Record<string, string | string[] | undefined>>): Validators {
  const [etag, lastModified, date] = ['etag', 'last-modified', 'date'].map((name) => textOrNull(headers[name]));
  const settledMs = Math.abs(Date.parse(date ?? '') - Date.parse(lastModified ?? ''));
  // Without one of the dates it is not known, and the server is believed.
  if (settledMs < SETTLED_MS) return NO_VALIDATORS;
  return { etag: etag ?? null, lastModified: lastModified ?? null };
}

/** The headers of a request. */
export function conditionsOf({ etag, lastModified }: Validators): Record<string, string> {
  return {
    ...(etag === null ? {} : { 'if-none-match': etag }),
    ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
  };
}
