/**
 * Byte strings and percent-decoding to a fixed point: the ground that host and path stand on.
 * Total and linear on any input; it must know nothing of URLs.
 */

/* oxlint-disable typescript/no-non-null-assertion -- bytes lie below the length of their buffer, two more behind a percent sign were looked for; the tables have 256 rows */

/** A string whose characters are bytes 0..255: text as it came off the wire (latin-1 decoding), nothing interpreted. */
export type ByteString = string;

const PERCENT = 0x25;
const SLASH = 0x2f;
const QUESTION = 0x3f;
const NOTHING_KEPT = -1;
export const ESCAPE_LENGTH = 3;
const HEX_DIGITS = Buffer.from('0123456789ABCDEF');

/** Value of a hex digit by its code, 255 for anything else. */
const HEX_VALUE = hexValues();

/** Made once, since a target may hold thousands of them. */
const ESCAPES: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
);

/** They grow to the longest text seen, which the limits on heads and lines bound. */
let scratch = Buffer.alloc(4096);
let out = Buffer.alloc(4096);
/** Zeros behind a text in the scratch buffer: where an escape is looked for, its end need not be. */
const ZEROS = ESCAPE_LENGTH;

/**
 * Decodes `%XX` until nothing is left to decode, as Safe Browsing asks ("repeatedly percent-unescape").
 *
 * Each byte is pushed once and every decoding shortens the output, so this is linear where repeating whole passes is
 * quadratic (`%252525…`). The result is the same: two escapes never overlap (`%` is no hex digit), so the order in which
 * they are decoded does not matter.
 *
 * @param keep a byte whose escape stays an escape (`%3F` in targets: decoded it would be a delimiter); -1: none.
 */
export function decodeFully(text: ByteString, keep: number = NOTHING_KEPT): ByteString {
  const first = text.indexOf('%');
  if (first < 0) return text;
  const { length } = text;
  const bytes = inScratch(text);
  let top = first;
  for (let i = first; i < length; i += 1) {
    bytes[top] = bytes[i]!;
    top += 1;
    while (top > 2 && bytes[top - 3] === PERCENT) {
      const byte = escapeAt(bytes, top - 3);
      if (byte < 0 || byte === keep) break;
      top -= 2;
      bytes[top - 1] = byte;
    }
  }
  return bytes.toString('latin1', 0, top);
}

/** Decodes each `%XX` once, from the left. @param keep as in `decodeFully`. @param keepToo another one. */
export function decodeOnce(text: ByteString, keep: number = NOTHING_KEPT, keepToo: number = NOTHING_KEPT): ByteString {
  const first = text.indexOf('%');
  if (first < 0) return text;
  const { length } = text;
  const bytes = inScratch(text);
  let top = first;
  for (let i = first; i < length; i += 1) {
    let byte = bytes[i]!;
    if (byte === PERCENT && i + 2 < length) {
      const decoded = escapeAt(bytes, i);
      if (decoded >= 0 && decoded !== keep && decoded !== keepToo) {
        byte = decoded;
        i += 2;
      }
    }
    bytes[top++] = byte;
  }
  return bytes.toString('latin1', 0, top);
}

/** Once, but for `%2F` and `%3F`: as servers in front do that hand `%2F` on. */
export function decodedButSlashes(text: ByteString): ByteString {
  return decodeOnce(text, QUESTION, SLASH);
}

/** @returns the text as bytes with zeros behind it, which are valid until the next call here: for what makes it no longer than it is. */
export function inScratch(text: ByteString): Buffer {
  const { length } = text;
  if (scratch.length < length + ZEROS) scratch = Buffer.alloc(length * 2 + ZEROS);
  scratch.write(text, 0, 'latin1');
  scratch[length] = scratch[length + 1] = scratch[length + 2] = 0;
  return scratch;
}

/** @returns room for what is made of a text, valid until the next call of `outScratch`. */
export function outScratch(length: number): Buffer {
  if (out.length < length) out = Buffer.alloc(length * 2);
  return out;
}

/** @returns the byte that the three bytes at `at` are the escape of; -1 if they are none, or `at` is. */
export function escapeAt(bytes: Uint8Array, at: number): number {
  if (at < 0 || bytes[at] !== PERCENT) return -1;
  const high = HEX_VALUE[bytes[at + 1]!]!;
  const low = HEX_VALUE[bytes[at + 2]!]!;
  return high > 15 || low > 15 ? -1 : high * 16 + low;
}

/** @returns 0 to 15; -1 if the character is no hex digit, or there is none (NaN). */
export function hexValue(code: number): number {
  const value = HEX_VALUE[code];
  return value === undefined || value > 15 ? -1 : value;
}

/** Browsers drop raw tab, CR and LF anywhere in a URL (WHATWG URL, basic parser step 3); their escapes stay. */
export function withoutTabsAndBreaks(text: ByteString): ByteString {
  return text.includes('\t') || text.includes('\n') || text.includes('\r')
    ? text.replaceAll('\t', '').replaceAll('\n', '').replaceAll('\r', '')
    : text;
}

/** Raw `#` and everything after it never reaches a server. */
export function withoutFragment(text: ByteString): ByteString {
  const hash = text.indexOf('#');
  return hash < 0 ? text : text.slice(0, hash);
}

/** Whether it is one of the bytes that have no literal form: controls, space, DEL and above, `#`, `%` (Safe Browsing's set). */
export function needsEscape(byte: number): boolean {
  return byte <= 0x20 || byte >= 0x7f || byte === 0x23 || byte === PERCENT;
}

/** `%XX` with upper-case digits. */
export function escapeByte(byte: number): string {
  return ESCAPES[byte]!;
}

/** The same as three bytes. @returns where they end. */
export function putEscape(into: Uint8Array, at: number, byte: number): number {
  into[at] = PERCENT;
  into[at + 1] = HEX_DIGITS[byte >> 4]!;
  into[at + 2] = HEX_DIGITS[byte & 0xf]!;
  return at + ESCAPE_LENGTH;
}

function hexValues(): Uint8Array {
  const values = new Uint8Array(256).fill(255);
  for (let digit = 0; digit < 16; digit += 1) {
    const text = digit.toString(16);
    values[text.charCodeAt(0)] = digit;
    values[text.toUpperCase().charCodeAt(0)] = digit;
  }
  return values;
}
