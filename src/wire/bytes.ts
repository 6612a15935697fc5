/**
 * Byte classes of HTTP/1 and comparisons on raw bytes. Tables instead of ranges: one load and one test a byte is what
 * the head parsers live on. It must not know what the bytes mean.
 */

/* oxlint-disable typescript/no-non-null-assertion -- each byte lies below an end that the caller keeps within the buffer, and a table of bytes has 256 rows */

export const CR = 0x0d;
export const LF = 0x0a;
export const SP = 0x20;
export const HTAB = 0x09;
export const COLON = 0x3a;
export const SLASH = 0x2f;
export const COMMA = 0x2c;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;

/** `tchar` (RFC 9110 §5.6.2). */
export const TOKEN = 1;
/** A byte of a field value: HTAB, SP, VCHAR, obs-text (RFC 9110 §5.5). */
export const VALUE = 2;
/** A byte that may stand in a request target; raw non-ASCII and `|"{}[]^` travel untouched to the origin. */
export const TARGET = 4;
/** A byte of an authority without user info: reg-name, IP-literal, port, raw UTF-8 of an IDN (RFC 3986 §3.2). */
export const AUTHORITY = 8;
/** Separates authority from path: `/` or `?`. */
export const AUTHORITY_END = 16;
export const DIGIT = 32;
/** A byte of a name or an IPv4 address in a Host field; raw UTF-8 of an IDN is let through, the target decides anyway. */
export const REG_NAME = 64;

export const BYTE_CLASS: Uint8Array = byteClasses();
/** V8 loads what a module exports at each use; this is part of the code. */
const CLASSES: Uint8Array = BYTE_CLASS;

/** The offset of the first byte in buf[from, end) that is not of the class `bit`, or `end`. */
export function endOfClass(buf: Uint8Array, from: number, end: number, bit: number): number {
  let i = from;
  // Four by four: the bound is checked once for four bytes.
  while (
    i + 4 <= end &&
    (CLASSES[buf[i]!]! & CLASSES[buf[i + 1]!]! & CLASSES[buf[i + 2]!]! & CLASSES[buf[i + 3]!]! & bit) !== 0
  )
    i += 4;
  while (i < end && (CLASSES[buf[i]!]! & bit) !== 0) i++;
  return i;
}

/** Whether buf[start, end) equals `lower` (ASCII lower case) when letter case is ignored. */
export function equalsIgnoreCase(buf: Uint8Array, start: number, end: number, lower: string): boolean {
  if (end - start !== lower.length) return false;
  for (let i = 0; i < lower.length; i++) if (asciiLower(buf[start + i]!) !== lower.charCodeAt(i)) return false;
  return true;
}

/** Whether buf[start, end) starts with `lower` (ASCII lower case) when letter case is ignored. */
export function startsWithIgnoreCase(buf: Uint8Array, start: number, end: number, lower: string): boolean {
  return end - start >= lower.length && equalsIgnoreCase(buf, start, start + lower.length, lower);
}

function asciiLower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/** Value of a hexadecimal digit, or -1. */
export function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/**
 * Digits only, at most 15 of them (below 2^53): anything else, the empty string included, is -1.
 * (RFC 9112 §6.3: an invalid Content-Length is an unrecoverable error.)
 */
export function parseDecimal(buf: Uint8Array, start: number, end: number): number {
  if (end <= start || end - start > 15) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = buf[i]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** The bytes as a byte string (one char a byte). */
export function byteString(buf: Buffer, start: number, end: number): string {
  return buf.toString('latin1', start, end);
}

function byteClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  const add = (byte: number, bits: number): void => {
    classes[byte] = (classes[byte] ?? 0) | bits;
  };
  const mark = (chars: string, bit: number): void => {
    for (const char of chars) add(char.charCodeAt(0), bit);
  };
  const digits = '0123456789';
  const alphanumeric = `${digits}abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ`;
  mark(`!#$%&'*+-.^_\`|~${alphanumeric}`, TOKEN);
  mark(`${alphanumeric}-._~%!$&'()*+,;=:[]`, AUTHORITY);
  mark(`${alphanumeric}-._~%!$&'()*+;=`, REG_NAME);
  mark('/?', AUTHORITY_END);
  mark(digits, DIGIT);
  add(HTAB, VALUE);
  for (let byte = 0x20; byte < 256; byte++) {
    if (byte === 0x7f) continue;
    add(byte, VALUE);
    if (byte !== SP && byte !== 0x23) add(byte, TARGET);
    if (byte >= 0x80) add(byte, AUTHORITY | REG_NAME);
  }
  return classes;
}
