/**
 * What the first bytes of an intercepted connection are: TLS, HTTP, or neither (requirement 76). Pure; it decides as early as
 * the bytes allow and changes none.
 *
 *   16 03 …, 16 0x xx xx xx 01       tls, and so are the other records that some server lets come first
 *   GET /…, POST /…                  http, as soon as the method has ended
 *   WORD … HTTP/… LF, WORD /… LF     http, as soon as the line has ended
 *   anything that no origin answers  other
 *
 * `other` is what may travel unjudged, so it is said only where no HTTP server would find a request. `http` may be wrong: the
 * request parser then refuses. `more` at the end of the client's bytes: nothing has gone on, and nothing goes on.
 */
import { HTAB, LF, SLASH, SP, equalsIgnoreCase } from './bytes.ts';

export const FIRST = { more: 0, tls: 1, http: 2, other: 3 } as const;
export type FirstKind = (typeof FIRST)[keyof typeof FIRST];

const TLS_CHANGE_CIPHER_SPEC = 0x14;
const TLS_HANDSHAKE = 0x16;
const TLS_CLIENT_HELLO = 1;
const TLS_MAJOR = 3;
/** Servers written in Go answer a record of any version below, as long as it holds a ClientHello. */
const TLS_MAJOR_END = 16;
/** Bytes of a record's header, behind which the type of its message stands. */
const TLS_RECORD_HEADER = 5;
/**
 * A line without end is HTTP from here on, and is refused there: what is asked again for each byte that comes must be short.
 * Longer lines of other protocols end, or hold a byte of no text, before.
 */
export const MAX_UNDECIDED = 2048;

const BLANK = 1;
/** Cannot stand in the line of a request that any server answers. */
const NO_TEXT = 2;
/** Begins what is no HTTP: XML, JSON. A method of printable bytes that are no token is believed otherwise. */
const OTHER_START = 4;
const CLASS = classes();

/** Methods that no other protocol begins a line with: these need no look at the rest of it. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH'];

/** What buf[start, end) begins. The bytes are those since the connection began. */
export function firstBytes(buf: Uint8Array, start: number, end: number): FirstKind {
  if (start === end) return FIRST.more;
  if (buf[start]! >= TLS_CHANGE_CIPHER_SPEC && buf[start]! <= TLS_HANDSHAKE) return tlsKind(buf, start, end);
  const kind = textKind(buf, start, Math.min(end, start + MAX_UNDECIDED));
  return kind === FIRST.more && end - start >= MAX_UNDECIDED ? FIRST.http : kind;
}

/**
 * A ChangeCipherSpec before the ClientHello is let pass by GnuTLS, and an alert may be by others (test/e2e/tls-servers.test.ts): what can lead to a
 * handshake is TLS, and is refused there where it does not begin with a ClientHello.
 */
function tlsKind(buf: Uint8Array, start: number, end: number): FirstKind {
  if (start + 1 === end) return FIRST.more;
  const major = buf[start + 1]!;
  if (major === TLS_MAJOR) return FIRST.tls;
  if (buf[start] !== TLS_HANDSHAKE || major >= TLS_MAJOR_END) return FIRST.other;
  if (start + TLS_RECORD_HEADER >= end) return FIRST.more;
  return buf[start + TLS_RECORD_HEADER] === TLS_CLIENT_HELLO ? FIRST.tls : FIRST.other;
}

function textKind(buf: Uint8Array, start: number, end: number): FirstKind {
  const word = skipped(buf, start, end, BLANK);
  if (word === end) return FIRST.more;
  if ((CLASS[buf[word]!]! & (NO_TEXT | OTHER_START)) !== 0) return FIRST.other;
  const wordEnd = skippedText(buf, word, end);
  if (wordEnd === end) return FIRST.more;
  if ((CLASS[buf[wordEnd]!]! & NO_TEXT) !== 0) return FIRST.other;
  if (buf[wordEnd] !== LF && isMethod(buf, word, wordEnd)) return FIRST.http;
  return lineKind(buf, wordEnd, end);
}

/** A line from behind its first word on: what it is shows when it has ended. */
function lineKind(buf: Uint8Array, from: number, end: number): FirstKind {
  let words = 0;
  let second = -1;
  for (let i = from; i < end; i++) {
    const byte = buf[i]!;
    const flags = CLASS[byte]!;
    if (byte === LF) return words === 1 && buf[second] === SLASH ? FIRST.http : FIRST.other;
    if ((flags & NO_TEXT) !== 0) return FIRST.other;
    if ((flags & BLANK) !== 0) continue;
    if ((CLASS[buf[i - 1]!]! & BLANK) !== 0 && ++words === 1) second = i;
    // Wherever it stands: servers differ in what they take for white space.
    if (byte === SLASH && i - from >= 4 && equalsIgnoreCase(buf, i - 4, i, 'http')) return FIRST.http;
  }
  return FIRST.more;
}

function skipped(buf: Uint8Array, from: number, end: number, bit: number): number {
  let i = from;
  while (i < end && (CLASS[buf[i]!]! & bit) !== 0) i++;
  return i;
}

function skippedText(buf: Uint8Array, from: number, end: number): number {
  let i = from;
  while (i < end && (CLASS[buf[i]!]! & (BLANK | NO_TEXT)) === 0) i++;
  return i;
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

function classes(): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 0x20; byte++) table[byte] = NO_TEXT;
  table[0x7f] = NO_TEXT;
  // What `isspace` and Python's `split` take for white space, line ends included.
  for (const byte of [HTAB, LF, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, SP, 0x85, 0xa0]) table[byte] = BLANK;
  for (const byte of Buffer.from('<{[', 'latin1')) table[byte] = OTHER_START;
  return table;
}
