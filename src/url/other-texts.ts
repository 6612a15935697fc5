/**
 * What a few servers make of a path before they read it, because some bytes mean to them what no standard says. What they make is a path again, which
 * has all readings (path-keys.ts). Pure, total, linear; it must not resolve dots, nor decode what everybody decodes.
 *
 *   %%32f    `%2f`: escapes of letters and digits are decoded first (RFC 3986 §6.2.2.2): nghttpx, HAProxy, hapi
 *   %uNNNN   a character, as JavaScript's `escape` writes it (ECMA-262, Annex B): Jetty
 *   %00      the end, as in C: CivetWeb, Merecat
 *   % %7     nothing where the path ends in it: uWSGI
 *   /.../    `.`, with any more dots: Mojolicious, CivetWeb
 *   %0a %20  nothing at the end, other controls too: whoever compares with an expression that ends in `$` takes a line break before its end for
 *            the end (nginx, Starlette, Pyramid), others trim (Caddy's matchers, the URL standard)
 *   %0a %09  nothing at all, and %0d: the URL standard removes them, of what was decoded before too
 *   %25x     `x`, where what was decoded is decoded again and a `%` that starts no escape is nothing: nginx, told by a program to serve an address
 *
 * A server in front may have decoded it once: all but the first mean the same with one `%25` more (`/page%250a`).
 */
import type { ByteString } from './bytes.ts';
import { decodeOnce, escapeAt, escapeByte, hexValue, inScratch } from './bytes.ts';
import { endOfRun, isAllOf, KIND } from './characters.ts';
import { AXIS, type Axes } from './reading-axes.ts';

export interface OtherText {
  readonly text: ByteString;
  readonly axis: Axes;
}

const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const PERCENT = 0x25;
const NUL = '%00';
const BLANK = '%20';
const ESCAPED_PERCENT = '%25';
const QUESTION = 0x3f;
/** How the escapes of a tab and of line breaks begin, and each of them. */
const BREAK = '%0';
const BREAKS: ReadonlySet<string> = new Set(['%09', '%0a', '%0d']);
const MARK = '%u';
const DIGITS = 4;
const LENGTH = MARK.length + DIGITS;
const HEX = KIND.digit | KIND.hex;
const MANY_DOTS = 3;
const ESCAPE_LENGTH = NUL.length;
const NONE: readonly OtherText[] = [];
/** By byte: the character if it is unreserved, else nothing. */
const UNRESERVED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  return isAllOf(char, KIND.unreserved) ? char : '';
});

/** In this order: what one of them gives may have what a later one takes. `inFront`: a server in front may have decoded the path once. */
const WAYS = [
  { axis: AXIS.lettersFirst, read: withLettersFirst, inFront: false },
  { axis: AXIS.utf16, read: withoutUtf16Escapes, inFront: true },
  { axis: AXIS.cutEnd, read: withoutCutEnd, inFront: true },
  { axis: AXIS.manyDots, read: withManyDotsAsOne, inFront: true },
  { axis: AXIS.blankEnd, read: withoutBlankEnd, inFront: true },
  { axis: AXIS.breaks, read: withoutBreaks, inFront: true },
  { axis: AXIS.strays, read: withoutStrays, inFront: false },
] as const;

/**
 * @param earlier how this text came to be: only ways behind it are tried, and the last of what came or ended in blanks alone, so that there are 64 texts of a path at most.
 * @returns those that differ from it: none of most paths.
 */
export function otherTexts(raw: ByteString, earlier: Axes = 0): readonly OtherText[] {
  if (!raw.includes('%') && !raw.includes('...')) return NONE;
  const decoded = raw.replaceAll(ESCAPED_PERCENT, '%');
  return WAYS.flatMap(({ axis, read, inFront }) => {
    if (axis <= earlier || (axis === AXIS.strays && earlier > 0 && earlier !== AXIS.blankEnd)) return NONE;
    const text = read(raw);
    if (text !== raw) return [{ text, axis }];
    if (!inFront || decoded === raw) return NONE;
    // Only where it has nothing of it as it is.
    const inner = read(decoded);
    return inner === decoded ? NONE : [{ text: inner, axis }];
  });
}

/** `..%%32f` as `..%2f`, and all other unreserved characters likewise; only where that makes an escape which was none before. */
function withLettersFirst(raw: ByteString): ByteString {
  if (!hasEscapeInEscape(raw)) return raw;
  let out = '';
  let copied = 0;
  for (let at = raw.indexOf('%'); at >= 0; at = raw.indexOf('%', at + 1)) {
    const char = unreservedAt(raw, at);
    if (char === '') continue;
    out += raw.slice(copied, at) + char;
    copied = at + ESCAPE_LENGTH;
  }
  out += raw.slice(copied);
  return decodeOnce(out) === decodeOnce(raw) ? raw : out;
}

/** Whether an escape begins where the first or the second digit of another one would be. */
function hasEscapeInEscape(raw: ByteString): boolean {
  let at = raw.indexOf('%');
  while (at >= 0) {
    const next = raw.indexOf('%', at + 1);
    const isInside = next === at + 1 || (next === at + 2 && hexValue(raw.charCodeAt(at + 1)) >= 0);
    if (isInside && unreservedAt(raw, next) !== '') return true;
    at = next;
  }
  return false;
}

/** @returns the letter, digit or other unreserved character (RFC 3986 §2.3) that is escaped here; empty: none is. */
function unreservedAt(raw: ByteString, at: number): string {
  return UNRESERVED[escapedByteAt(raw, at)] ?? '';
}

/** The path before its first `%00`, or without half an escape at its end. */
function withoutCutEnd(raw: ByteString): ByteString {
  const at = raw.indexOf(NUL);
  if (at >= 0) return raw.slice(0, at);
  const percent = raw.lastIndexOf('%');
  const isHalf = percent >= 0 && raw.length - percent < NUL.length && isHex(raw.slice(percent + 1));
  return isHalf ? raw.slice(0, percent) : raw;
}

/** `/%u0070age` as `/%70age`. Neighbours are one text: two halves of a pair are one character. */
function withoutUtf16Escapes(raw: ByteString): ByteString {
  let out = '';
  let copied = 0;
  for (let at = raw.indexOf(MARK); at >= 0; at = raw.indexOf(MARK, at)) {
    let end = at;
    let characters = '';
    while (isUtf16Escape(raw, end)) {
      characters += String.fromCharCode(Number.parseInt(raw.slice(end + MARK.length, end + LENGTH), 16));
      end += LENGTH;
    }
    if (end > at) {
      out += raw.slice(copied, at) + escapesOf(characters);
      copied = end;
    }
    at = Math.max(end, at + MARK.length);
  }
  return copied === 0 ? raw : out + raw.slice(copied);
}

function isUtf16Escape(raw: ByteString, at: number): boolean {
  if (!raw.startsWith(MARK, at)) return false;
  const digits = raw.slice(at + MARK.length, at + LENGTH);
  return digits.length === DIGITS && isHex(digits);
}

function isHex(digits: string): boolean {
  return endOfRun(digits.toLowerCase(), 0, HEX) === digits.length;
}

function escapesOf(characters: string): ByteString {
  let out = '';
  for (const byte of Buffer.from(characters, 'utf8')) out += escapeByte(byte);
  return out;
}

/** `/.../x` as `/./x`; dots and what is around them as they are or escaped once. */
function withManyDotsAsOne(raw: ByteString): ByteString {
  if (!raw.includes('...') && !raw.includes('%2e') && !raw.includes('%2E')) return raw;
  // Byte by byte: a text that was put together gives its characters slowly.
  const text = { bytes: inScratch(raw), length: raw.length };
  let out = '';
  let copied = 0;
  for (let at = 0; at < text.length;) {
    const start = at + slashLength(text, at);
    if (start === at) {
      at += 1;
      continue;
    }
    let end = start;
    let dots = 0;
    for (let length = dotLength(text, end); length > 0; length = dotLength(text, end)) {
      dots += 1;
      end += length;
    }
    if (dots >= MANY_DOTS && (end === text.length || slashLength(text, end) > 0)) {
      out += `${raw.slice(copied, start)}.`;
      copied = end;
    }
    at = end;
  }
  return copied === 0 ? raw : out + raw.slice(copied);
}

interface Bytes {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** @returns how many bytes the slash at this place takes; 0: there is none. */
function slashLength({ bytes, length }: Bytes, at: number): number {
  const byte = bytes[at];
  if (byte === SLASH || byte === BACKSLASH) return 1;
  if (byte !== PERCENT || at + 2 >= length) return 0;
  const escaped = escapeAt(bytes, at);
  return escaped === SLASH || escaped === BACKSLASH ? ESCAPE_LENGTH : 0;
}

/** @returns likewise for a dot. */
function dotLength({ bytes, length }: Bytes, at: number): number {
  if (at >= length) return 0;
  if (bytes[at] === DOT) return 1;
  return bytes[at] === PERCENT && at + 2 < length && escapeAt(bytes, at) === DOT ? ESCAPE_LENGTH : 0;
}

/** The path without the escapes of blanks and controls at its end. */
function withoutBlankEnd(raw: ByteString): ByteString {
  let end = raw.length;
  while (isBlankAt(raw, end - ESCAPE_LENGTH)) end -= ESCAPE_LENGTH;
  return end === raw.length ? raw : raw.slice(0, end);
}

/** Whether the escape of a space, or of a control before it, stands here; `%00` ends more than itself. */
function isBlankAt(raw: ByteString, at: number): boolean {
  if (raw.charAt(at) !== '%') return false;
  const escape = raw.slice(at, at + ESCAPE_LENGTH);
  return escape === BLANK || ('01'.includes(escape.charAt(1)) && isHex(escape.charAt(2)) && escape !== NUL);
}

/** The path without the escapes of tabs and line breaks. */
function withoutBreaks(raw: ByteString): ByteString {
  let out = '';
  let copied = 0;
  for (let at = raw.indexOf(BREAK); at >= 0; at = raw.indexOf(BREAK, at + 1)) {
    if (!BREAKS.has(raw.slice(at, at + ESCAPE_LENGTH).toLowerCase())) continue;
    out += raw.slice(copied, at);
    copied = at + ESCAPE_LENGTH;
  }
  return copied === 0 ? raw : out + raw.slice(copied);
}

/**
 * What was decoded once, without each `%` that starts no escape there; where a digit stands behind it, that and what follows are gone, too.
 * @returns the text as it came if there is none.
 */
function withoutStrays(raw: ByteString): ByteString {
  if (!mayHaveStrays(raw)) return raw;
  const text = decodeOnce(raw, QUESTION);
  let out = '';
  let copied = 0;
  for (let at = text.indexOf('%'); at >= 0;) {
    const digits = digitsAt(text, at + 1);
    if (digits < ESCAPE_LENGTH - 1) {
      out += text.slice(copied, at);
      copied = digits === 0 ? at + 1 : at + ESCAPE_LENGTH;
    }
    // What follows stays, whatever it is.
    at = text.indexOf('%', at + (digits === 0 ? 2 : ESCAPE_LENGTH));
  }
  return copied === 0 ? raw : out + text.slice(copied);
}

/** Whether something may start no escape once it is decoded; quicker than decoding it. */
function mayHaveStrays(raw: ByteString): boolean {
  if (!raw.includes(ESCAPED_PERCENT)) return false;
  for (let at = raw.indexOf('%'); at >= 0; at = raw.indexOf('%', at + 1)) {
    if (digitsAt(raw, at + 1) < 2) return true;
    if (escapedByteAt(raw, at) === PERCENT && digitsAt(raw, at + ESCAPE_LENGTH) < 2) return true;
  }
  return false;
}

/** @returns how many hex digits stand here: 0, 1, or 2 and perhaps more. */
function digitsAt(raw: ByteString, at: number): number {
  if (hexValue(raw.charCodeAt(at)) < 0) return 0;
  return hexValue(raw.charCodeAt(at + 1)) < 0 ? 1 : 2;
}

/** @returns the byte that is escaped here; -1 if none is. */
function escapedByteAt(raw: ByteString, at: number): number {
  if (raw.charCodeAt(at) !== PERCENT) return -1;
  const high = hexValue(raw.charCodeAt(at + 1));
  const low = hexValue(raw.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}
