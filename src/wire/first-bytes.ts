/**
 * What the first bytes of an intercepted connection are: TLS, HTTP, or neither (requirement 76). Pure; it decides as early as
 * the bytes allow and changes none.
 *
 *   16 03 …, 16 xx xx xx xx 01       tls, and so are the other records that some server lets come first
 *   GET /…, POST /…                  http, as soon as the method has ended
 *   … HTTP/, WORD /… LF              http (text-line.ts)
 *   anything else                    other: what of it may go on is decided by line-gate.ts and answer-gate.ts
 *
 * `http` may be wrong: the request parser then refuses. `more` once the client has ended (lastBytes): nothing goes on.
 */
import { byteString } from './bytes.ts';
import { METHODS, hasHttpWord, isBinary, isBlank, isBlankLine, isHttpLine, isUnlined } from './text-line.ts';

/* oxlint-disable typescript/no-non-null-assertion -- each byte lies below `end`, which is looked at before; the table has 256 rows */

export const FIRST = { more: 0, tls: 1, http: 2, other: 3 } as const;
export type FirstKind = (typeof FIRST)[keyof typeof FIRST];

const TLS_CHANGE_CIPHER_SPEC = 0x14;
const TLS_HANDSHAKE = 0x16;
const TLS_CLIENT_HELLO = 1;
const TLS_MAJOR = 3;
/** Bytes of a record's header, behind which the type of its message stands. */
const TLS_RECORD_HEADER = 5;
/** Bytes in a record that some server lets come before the ClientHello: an alert has two. */
const TLS_MAX_BEFORE_HELLO = 2;
/**
 * A line without end is HTTP from here on, and is refused there: what is asked again for each byte that comes must be short.
 * Longer lines of other protocols end, or hold a byte of no text, before.
 */
export const MAX_UNDECIDED = 2048;

/** What buf[start, end) begins. The bytes are those since the connection began. */
export function firstBytes(buf: Buffer, start: number, end: number): FirstKind {
  if (start === end) return FIRST.more;
  if (isTlsType(buf[start]!)) return tlsKind(buf, start, end);
  const kind = textKind(buf, start, Math.min(end, start + MAX_UNDECIDED));
  return kind === FIRST.more && end - start >= MAX_UNDECIDED ? FIRST.http : kind;
}

/** The same once the client has ended, which ends a line of text too: syslog with counts ends none (RFC 6587). */
export function lastBytes(buf: Buffer, start: number, end: number): FirstKind {
  const kind = firstBytes(buf, start, end);
  if (kind !== FIRST.more || start === end || isTlsType(buf[start]!)) return kind;
  const line = byteString(buf, start, end);
  return isBlankLine(line) || isHttpLine(line) ? FIRST.more : FIRST.other;
}

/**
 * Of a record's version most servers want major 3, Go one below 16; JSSE, NSS and wolfSSL do not look at it. Before a ClientHello some let an empty
 * record, an alert (2 bytes) or a ChangeCipherSpec (1) pass, and more of them in major 3 (test/e2e/tls-servers.real.test.ts). All that is TLS, and
 * is refused there where it does not begin with a ClientHello of major 3.
 */
function tlsKind(buf: Uint8Array, start: number, end: number): FirstKind {
  if (start + 1 === end) return FIRST.more;
  if (buf[start + 1] === TLS_MAJOR) return FIRST.tls;
  const body = start + TLS_RECORD_HEADER;
  if (body > end) return FIRST.more;
  const length = (buf[body - 2]! << 8) | buf[body - 1]!;
  if (length <= TLS_MAX_BEFORE_HELLO) return nextRecordKind(buf, body + length, end);
  if (body === end) return FIRST.more;
  return buf[start] === TLS_HANDSHAKE && buf[body] === TLS_CLIENT_HELLO ? FIRST.tls : FIRST.other;
}

/** Lengths of other protocols look like such a record too: there is no hello without another record behind it. */
function nextRecordKind(buf: Uint8Array, at: number, end: number): FirstKind {
  if (at >= end) return FIRST.more;
  return isTlsType(buf[at]!) ? FIRST.tls : FIRST.other;
}

function isTlsType(byte: number): boolean {
  return byte >= TLS_CHANGE_CIPHER_SPEC && byte <= TLS_HANDSHAKE;
}

function textKind(buf: Buffer, start: number, end: number): FirstKind {
  let word = start;
  while (word < end && isBlank(buf[word]!)) word++;
  if (word === end) return FIRST.more;
  let i = word;
  while (i < end && !isBlank(buf[i]!)) i++;
  if (i < end && isMethod(buf, word, i)) return FIRST.http;
  return lineKind(byteString(buf, word, end));
}

/** `text` begins with a word. */
function lineKind(text: string): FirstKind {
  const end = text.indexOf('\n');
  const line = end < 0 ? text : text.slice(0, end);
  if (end < 0 ? hasHttpWord(line) : isHttpLine(line)) return FIRST.http;
  return end >= 0 || isUnlined(line) || isBinary(line) ? FIRST.other : FIRST.more;
}

function isMethod(buf: Uint8Array, start: number, end: number): boolean {
  for (const method of METHODS) if (isWord(buf, start, end, method)) return true;
  return false;
}

function isWord(buf: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (buf[start + i] !== word.charCodeAt(i)) return false;
  return true;
}
