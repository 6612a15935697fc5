/**
 * What of a configuration's texts may be shown. Diagnostics go to terminals, the log, the status and into tickets; a source may
 * hold a password or a token, and a value in the wrong place may be one. The position of a fault says which value is meant.
 * It must not ask which key a text stands at.
 */

const REDACTED = '[redacted]';
/** A password may hold blanks and slashes; the last `@` ends it all the same. */
const USER_INFORMATION = /:\/\/.*@/s;
const URL_LIKE = /^(.*?[a-z][a-z0-9+.-]*:\/\/(?:\[redacted\]@)?)([^/\\?#]*)(.*)$/is;
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
/** What keys and tokens look like: long runs of letters and digits. */
const OPAQUE = /(?=[a-z+/=_~-]*\d)(?=[\d+/=_~-]*[a-z])[a-z0-9+/=_~-]{16,}/i;
const MAIL = /^[a-z0-9._+-]+@[a-z0-9.-]+$/i;

export function redacted(text: string): string {
  return text.replace(USER_INFORMATION, `://${REDACTED}@`).split(' ').map(wordShown).join(' ');
}

/** Shows only scheme and host of a URL. */
function wordShown(word: string): string {
  const [, start, host = '', rest = ''] = URL_LIKE.exec(word) ?? [];
  if (start !== undefined)
    return `${start}${HOST.test(host) ? host : REDACTED}${rest === '' || rest === '/' ? rest : `/${REDACTED}`}`;
  return (word.includes('@') && !MAIL.test(word)) || OPAQUE.test(word) ? REDACTED : word;
}
