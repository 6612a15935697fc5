/**
 * What each of a few servers makes of a path (other-texts.ts says who): one pass over its bytes each, linear and total. It must not say which of them
 * are asked, nor in which order.
 */
import type { ByteString } from './bytes.ts';
import { decodeOnce, ESCAPE_LENGTH, escapeAt, hexValue, inScratch, outScratch, putEscape } from './bytes.ts';
import { isAllOf, KIND } from './characters.ts';

/** Dots that are one to some. */
export const MANY_DOTS = 3;

const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const PERCENT = 0x25;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUESTION = 0x3f;
const LETTER_U = 0x75;
/** `%uNNNN`, which becomes nine characters at most (`%EF%BF%BD`). */
const UTF16_LENGTH = 6;
const UTF16_GROWTH = 2;
const NO_UNIT = -1;
/** What most programs in PHP are called that serve every address of a site. */
const SCRIPT = '/index.php';
/** What stands for half a pair without the other one (U+FFFD). */
const REPLACEMENT = 0xff_fd;
/** By byte: 1 if it is an unreserved character (RFC 3986 §2.3). */
const UNRESERVED = Uint8Array.from({ length: 256 }, (_, byte) =>
  isAllOf(String.fromCharCode(byte), KIND.unreserved) ? 1 : 0,
);

/** `%25` as `%`: what a server in front decodes of the escapes of escapes. */
export function withPercents(raw: ByteString): ByteString {
  const { length } = raw;
  const bytes = inScratch(raw);
  let top = 0;
  for (let at = 0; at < length; at += 1) {
    bytes[top++] = bytes[at] ?? 0;
    if (bytes[at] === PERCENT && escapeAt(bytes, at) === PERCENT) at += ESCAPE_LENGTH - 1;
  }
  return bytes.toString('latin1', 0, top);
}

/** `..%%32f` as `..%2f`, and all other unreserved characters likewise; only where that makes an escape which was none before. */
export function withLettersFirst(raw: ByteString): ByteString {
  const { length } = raw;
  const bytes = inScratch(raw);
  let top = 0;
  for (let at = 0; at < length; at += 1) {
    let byte = bytes[at] ?? 0;
    if (byte === PERCENT && isUnreservedAt(bytes, at)) {
      byte = escapeAt(bytes, at);
      at += ESCAPE_LENGTH - 1;
    }
    bytes[top++] = byte;
  }
  const text = bytes.toString('latin1', 0, top);
  return decodeOnce(text) === decodeOnce(raw) ? raw : text;
}

/** Whether the escape of an unreserved character stands here. */
export function isUnreservedAt(bytes: Uint8Array, at: number): boolean {
  return UNRESERVED[escapeAt(bytes, at)] === 1;
}

/** The path before its first `%00`, or without half an escape at its end. */
export function withoutCutEnd(raw: ByteString): ByteString {
  const { length } = raw;
  const bytes = inScratch(raw);
  for (let at = 0; at < length; at += 1)
    if (bytes[at] === PERCENT && escapeAt(bytes, at) === 0) return raw.slice(0, at);
  const percent = raw.lastIndexOf('%');
  const behind = raw.length - percent - 1;
  const isHalf = percent >= 0 && (behind === 0 || (behind === 1 && hexValue(raw.charCodeAt(percent + 1)) >= 0));
  return isHalf ? raw.slice(0, percent) : raw;
}

/** `/%u0070age` as `/%70age`. Two halves of a pair are one character. */
export function withoutUtf16Escapes(raw: ByteString): ByteString {
  const { length } = raw;
  const bytes = inScratch(raw);
  const out = outScratch(length * UTF16_GROWTH);
  let top = 0;
  let isChanged = false;
  for (let at = 0; at < length;) {
    const unit = bytes[at] === PERCENT ? utf16At(bytes, at) : NO_UNIT;
    if (unit === NO_UNIT) {
      out[top++] = bytes[at++] ?? 0;
      continue;
    }
    isChanged = true;
    at += UTF16_LENGTH;
    const low = isHalf(unit, 0xd8_00) ? utf16At(bytes, at) : NO_UNIT;
    const isPair = isHalf(low, 0xdc_00);
    if (isPair) at += UTF16_LENGTH;
    top = putEscapes(out, top, isPair ? 0x1_00_00 + ((unit & 0x3_ff) << 10) + (low & 0x3_ff) : unit);
  }
  return isChanged ? out.toString('latin1', 0, top) : raw;
}

/** @returns the code unit of the `%uNNNN` that stands here; -1 if none does. */
function utf16At(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== PERCENT || bytes[at + 1] !== LETTER_U) return NO_UNIT;
  let unit = 0;
  for (let digit = at + 2; digit < at + UTF16_LENGTH; digit += 1) {
    const value = hexValue(bytes[digit] ?? 0);
    if (value < 0) return NO_UNIT;
    unit = unit * 16 + value;
  }
  return unit;
}

/** Whether the unit is one half of a pair. @param first of the 1,024 that are. */
function isHalf(unit: number, first: number): boolean {
  return unit >= first && unit < first + 0x4_00;
}

/** The escapes of its UTF-8 (RFC 3629 §3). @returns where they end. */
function putEscapes(out: Uint8Array, at: number, character: number): number {
  const code = isHalf(character, 0xd8_00) || isHalf(character, 0xdc_00) ? REPLACEMENT : character;
  if (code < 0x80) return putEscape(out, at, code);
  const size = code < 0x8_00 ? 2 : code < 0x1_00_00 ? 3 : 4;
  let end = putEscape(out, at, ((0xf_00 >> size) & 0xff) | (code >> (6 * (size - 1))));
  for (let rest = size - 2; rest >= 0; rest -= 1) end = putEscape(out, end, 0x80 | ((code >> (6 * rest)) & 0x3f));
  return end;
}

/** `/.../x` as `/./x`; dots and what is around them as they are or escaped once. */
export function withManyDotsAsOne(raw: ByteString): ByteString {
  const { length } = raw;
  const bytes = inScratch(raw);
  let top = 0;
  for (let at = 0; at < length;) {
    const start = at + slashLength(bytes, at);
    if (start === at) {
      bytes[top++] = bytes[at++] ?? 0;
      continue;
    }
    let end = start;
    let dots = 0;
    for (let size = dotLength(bytes, end); size > 0; size = dotLength(bytes, end)) {
      dots += 1;
      end += size;
    }
    const isOne = dots >= MANY_DOTS && (end === length || slashLength(bytes, end) > 0);
    while (at < (isOne ? start : end)) bytes[top++] = bytes[at++] ?? 0;
    if (isOne) bytes[top++] = DOT;
    at = end;
  }
  return top === length ? raw : bytes.toString('latin1', 0, top);
}

/** @returns how many bytes the slash at this place takes; 0: there is none. */
function slashLength(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === SLASH || byte === BACKSLASH) return 1;
  if (byte !== PERCENT) return 0;
  const escaped = escapeAt(bytes, at);
  return escaped === SLASH || escaped === BACKSLASH ? ESCAPE_LENGTH : 0;
}

/** @returns likewise for a dot. */
function dotLength(bytes: Uint8Array, at: number): number {
  if (bytes[at] === DOT) return 1;
  return bytes[at] === PERCENT && escapeAt(bytes, at) === DOT ? ESCAPE_LENGTH : 0;
}

/** The path without the escapes of blanks and controls at its end; `%00` ends more than itself. */
export function withoutBlankEnd(raw: ByteString): ByteString {
  const bytes = inScratch(raw);
  let end = raw.length;
  for (let byte = escapeAt(bytes, end - ESCAPE_LENGTH); byte > 0 && byte <= SPACE;) {
    end -= ESCAPE_LENGTH;
    byte = escapeAt(bytes, end - ESCAPE_LENGTH);
  }
  return raw.slice(0, end);
}

/** The path without the escapes of tabs and line breaks. */
export function withoutBreaks(raw: ByteString): ByteString {
  const { length } = raw;
  const bytes = inScratch(raw);
  let top = 0;
  for (let at = 0; at < length;) {
    if (bytes[at] === PERCENT && isBreak(escapeAt(bytes, at))) at += ESCAPE_LENGTH;
    else bytes[top++] = bytes[at++] ?? 0;
  }
  return top === length ? raw : bytes.toString('latin1', 0, top);
}

function isBreak(byte: number): boolean {
  return byte === TAB || byte === LINE_FEED || byte === RETURN;
}

/**
 * What was decoded once, without each `%` that starts no escape there; where a digit stands behind it, that and what follows are gone, too.
 * @returns the text as it came if there is none.
 */
export function withoutStrays(raw: ByteString): ByteString {
  const text = decodeOnce(raw, QUESTION);
  const { length } = text;
  const bytes = inScratch(text);
  let top = 0;
  let hasStray = false;
  for (let at = 0; at < length;) {
    const digits = bytes[at] === PERCENT ? digitsAt(bytes, at + 1) : 2;
    if (digits === 2) {
      // An escape and its digits, or what is none: no `%` is among them.
      bytes[top++] = bytes[at++] ?? 0;
      continue;
    }
    hasStray = true;
    // What follows stays, whatever it is.
    if (digits === 0 && at + 1 < length) bytes[top++] = bytes[at + 1] ?? 0;
    at += digits === 0 ? 2 : ESCAPE_LENGTH;
  }
  return hasStray ? bytes.toString('latin1', 0, top) : raw;
}

/** `/app/index.php/page` as `/app/page`, and so is `/app/index.phppage`: the first one, each of its characters as it is or escaped once. */
export function withoutScript(raw: ByteString): ByteString {
  const { length } = raw;
  const bytes = inScratch(raw);
  for (let at = 0; at < length; at += 1) {
    const end = endOfScript(bytes, at);
    if (end < 0 || end === length) continue;
    const slash = slashLength(bytes, end) > 0 && bytes[end] !== BACKSLASH ? '' : '/';
    return raw.slice(0, at) + slash + raw.slice(end);
  }
  return raw;
}

/** @returns where the name of the program that begins here ends, each of its characters as it is or escaped once; -1 if none does. */
export function endOfScript(bytes: Uint8Array, start: number): number {
  let at = start;
  for (let i = 0; i < SCRIPT.length; i += 1) {
    const isEscaped = bytes[at] === PERCENT;
    if ((isEscaped ? escapeAt(bytes, at) : bytes[at]) !== SCRIPT.charCodeAt(i)) return -1;
    at += isEscaped ? ESCAPE_LENGTH : 1;
  }
  return at;
}

/** The same of a path without escapes, with something behind the name. */
export function hasPlainScript(path: string): boolean {
  const at = path.indexOf(SCRIPT);
  return at >= 0 && at + SCRIPT.length < path.length;
}

/** @returns how many hex digits stand here: 0, 1, or 2 and perhaps more. */
export function digitsAt(bytes: Uint8Array, at: number): number {
  if (hexValue(bytes[at] ?? 0) < 0) return 0;
  return hexValue(bytes[at + 1] ?? 0) < 0 ? 1 : 2;
}
