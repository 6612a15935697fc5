/**
 * What a server says of a file, to ask it later whether the file has changed (RFC 9110, sections 8.8 and 13.1). It must not ask anybody.
 */
import { textOrNull } from '../../lib/json.ts';

/** To be asked with; null: the server gave none, or none that can be relied on. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

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
export function validatorsOf(headers: Headers): Validators {
  const given = givenIn(headers);
  const settledMs = Math.abs(Date.parse(textOrNull(headers['date']) ?? '') - Date.parse(given.lastModified ?? ''));
  // Without one of the dates it is not known, and the server is believed.
  return settledMs < SETTLED_MS ? NO_VALIDATORS : given;
}

/** What a response says of a file, whether it can be relied on or not. */
export function givenIn(headers: Headers): Validators {
  const [etag, lastModified] = ['etag', 'last-modified'].map((name) => textOrNull(headers[name]));
  return { etag: etag ?? null, lastModified: lastModified ?? null };
}

/** Of a response. */
export interface SaidOfFile {
  /** That can be relied on. */
  readonly validators: Validators;
  /** As the server gave them. */
  readonly given: Validators;
}

export const NOTHING_SAID: SaidOfFile = { validators: NO_VALIDATORS, given: NO_VALIDATORS };

/**
 * Of a server that says `Last-Modified: now` in each response, which is never two seconds old: an ETag that has stayed with the same list while the date went
 * on is not made of that second.
 * @param before of the response before. @param isSame both gave the same list.
 */
export function validatorsOfNext(before: SaidOfFile, { validators, given }: SaidOfFile, isSame: boolean): Validators {
  const { etag, lastModified } = given;
  const hasOutlasted =
    isSame && etag !== null && etag === before.given.etag && lastModified !== before.given.lastModified;
  return validators === NO_VALIDATORS && hasOutlasted ? { etag, lastModified: null } : validators;
}

/** The headers of a request. */
export function conditionsOf({ etag, lastModified }: Validators): Record<string, string> {
  return {
    ...(etag === null ? {} : { 'if-none-match': etag }),
    ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
  };
}
