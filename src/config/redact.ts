/**
 * What of a configuration's texts may be shown. Diagnostics go to terminals, the log, the status and into tickets; a source may
 * hold a password or a token, and a value in the wrong place may be one. The position of a fault says which value is meant.
 * A text may be as long as the file: no expression here tries one place after the other to the end of it.
 * It must not ask which key a text stands at.
 */
import { REDACTED } from '../lib/redacted-words.ts';

const AUTHORITY = '://';
/** What the name of a scheme is made of; one of them is a letter. */
const SCHEME_CHARACTER = /[a-z0-9+.-]/i;
const LETTER = /[a-z]/i;
const DIGIT = /\d/;
const HOST_END = /[/\\?#]/;
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
/** What keys and tokens look like: long runs of letters and digits. */
const RUN = /[a-z0-9+/=_~-]{16,}/gi;
const MAIL = /^[a-z0-9._+-]+@[a-z0-9.-]+$/i;
/** Names of keys whose values may be secrets, as part of an expression: ours, and those that other programs have. */
export const SECRET_NAMES = String.raw`(?:auth|authori[sz]ation|basic|bearer|cookie|credentials?|identity|key|login|pass\w{0,32}|pin|psk|pwd?|secret|sig|signature|token|user|username)`;
/** In the text of one value: a key without its colon goes on from the line above, or stands where a mapping is expected. */
const NAMED = new RegExp(String.raw`(\b${SECRET_NAMES}["']?[\s:=]\s{0,32})\S.*$`, 'is');

/** What is behind the name of a secret in a value is not shown either, nor what goes on behind a URL. */
export function redactedValue(text: string): string {
  return redacted(withoutEnd(withoutUser(text)).replace(NAMED, `$1${REDACTED}`));
}

/** Whether a URL in the text goes on where a sound one would have ended: behind a blank, or without its scheme. */
export function goesOn(text: string): boolean {
  return withoutEnd(text) !== text;
}

/** A password may hold blanks where no `@` ends it, too; a token may be a query or a fragment by itself. */
function withoutEnd(text: string): string {
  const authority = text.indexOf(AUTHORITY);
  if (authority === -1) return withoutToken(text);
  const blank = text.slice(authority).search(/\s/);
  const behind = blank === -1 ? '' : text.slice(authority + blank).trimStart();
  // A comment.
  return behind === '' || behind.startsWith('#') ? text : `${text.slice(0, authority + blank)} ${REDACTED}`;
}

/** Of what has no scheme. */
function withoutToken(text: string): string {
  if (text.includes('@') && /[:/]/.test(text) && /\s/.test(text)) return REDACTED;
  const query = /(?<=[^\s"'])(?:\?\w|#[^\s#=]{1,64}=)/.exec(text);
  return query === null ? text : `${text.slice(0, query.index + 1)}${REDACTED}`;
}

export function redacted(text: string): string {
  return withoutUser(text).split(' ').map(wordShown).join(' ');
}

/** A password may hold blanks and slashes; the last `@` ends it all the same. */
function withoutUser(text: string): string {
  const start = text.indexOf(AUTHORITY);
  const at = text.lastIndexOf('@');
  return start === -1 || at < start + AUTHORITY.length
    ? text
    : `${text.slice(0, start)}${AUTHORITY}${REDACTED}${text.slice(at)}`;
}

/** Shows only scheme and host of a URL, and no query of one that lacks its scheme. */
function wordShown(word: string): string {
  const authority = authorityIn(word);
  if (authority === -1)
    return (word.includes('@') && !MAIL.test(word)) || isOpaque(word) ? REDACTED : withoutQuery(word);
  const start = authority + (word.startsWith(`${REDACTED}@`, authority) ? REDACTED.length + 1 : 0);
  const behind = word.slice(start);
  const end = behind.search(HOST_END);
  const [host, rest] = end === -1 ? [behind, ''] : [behind.slice(0, end), behind.slice(end)];
  return `${word.slice(0, start)}${HOST.test(host) ? host : REDACTED}${rest === '' || rest === '/' ? rest : `/${REDACTED}`}`;
}

function withoutQuery(word: string): string {
  const query = word.indexOf('?');
  return query === -1 || !word.includes('=', query) ? word : `${word.slice(0, query)}?${REDACTED}`;
}

/** Where the authority of the first URL in the word begins, whatever stands before its scheme; -1: there is none. */
function authorityIn(word: string): number {
  for (let at = word.indexOf(AUTHORITY); at !== -1; at = word.indexOf(AUTHORITY, at + AUTHORITY.length)) {
    let hasLetter = false;
    for (let i = at - 1; i >= 0 && SCHEME_CHARACTER.test(word.charAt(i)); i -= 1)
      hasLetter ||= LETTER.test(word.charAt(i));
    if (hasLetter) return at + AUTHORITY.length;
  }
  return -1;
}

function isOpaque(word: string): boolean {
  return (word.match(RUN) ?? []).some((run) => LETTER.test(run) && DIGIT.test(run));
}
