/**
 * Bytes of a text list → lines as byte strings, each proven to be UTF-8 without control characters.
 *
 * Works on the bytes, line by line: a list of a million lines is never one big string, and a bad byte is named with the
 * line it stands in. It must not interpret what a line says.
 */
import { isUtf8 } from 'node:buffer';
import type { ByteString } from '../../url/bytes.ts';
import { parseError } from './diagnostic.ts';
import type { ParseError } from './diagnostic.ts';

export interface Line {
  /** 1-based. */
  readonly number: number;
  /** Offset of its first byte. */
  readonly start: number;
  /** Bytes as characters 0..255, without line end and BOM. */
  readonly text: ByteString;
  /** Why nothing in it can be trusted; null: well formed. */
  readonly error: ParseError | null;
}

/** Longer lines are faults: no request line of that length gets past the wire parser either. */
const MAX_LINE_BYTES = 16_384;

/** `null`: any byte but NUL. */
const FOREIGN = [
  // They begin as UTF-16 does.
  { name: 'UTF-32; save it as UTF-8', magic: [0xff, 0xfe, 0, 0] },
  { name: 'UTF-32; save it as UTF-8', magic: [0, 0, 0xfe, 0xff] },
  { name: 'UTF-32; save it as UTF-8', magic: [null, 0, 0, 0] },
  { name: 'UTF-32; save it as UTF-8', magic: [0, 0, 0, null] },
  { name: 'UTF-16; save it as UTF-8', magic: [0xff, 0xfe] },
  { name: 'UTF-16; save it as UTF-8', magic: [0xfe, 0xff] },
  { name: 'UTF-16; save it as UTF-8', magic: [null, 0, null, 0] },
  { name: 'UTF-16; save it as UTF-8', magic: [0, null, 0, null] },
  { name: 'gzip-compressed; unpack it first', magic: [0x1f, 0x8b] },
  { name: 'a ZIP archive; unpack it first', magic: [0x50, 0x4b, 0x03, 0x04] },
  { name: 'compressed by bzip2; unpack it first', magic: [0x42, 0x5a, 0x68, null, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59] },
  { name: 'compressed by xz; unpack it first', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a] },
  { name: 'compressed by zstd; unpack it first', magic: [0x28, 0xb5, 0x2f, 0xfd] },
] as const;
const OLD_MAC = 'text whose lines end with CR alone, as on an old Mac; save it with LF, or CR LF, at their ends';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BLANK = 0x20;
const CUT = 'the list is cut off: its last line does not end with a newline; end it with one if it is complete';
const EMPTY = 'the list is cut off: it is empty (0 bytes); a list without entries needs at least a comment line';

/**
 * Whether the text may be the first part of a longer one: a last line without its newline may be the first part of a line, and
 * the first part of a page's address is a whole host. Such a list must not be used at all, not even without its last line.
 */
export function isCutOff(bytes: Uint8Array): boolean {
  return bytes.at(-1) !== NEWLINE && foreignFormat(bytes) === null;
}

/** What a file is that is no text in UTF-8, and what to do about it; null: nothing that is known. */
export function foreignFormat(bytes: Uint8Array): string | null {
  const found = FOREIGN.find(({ magic }) =>
    magic.every((byte, i) => (byte === null ? (bytes[i] ?? 0) !== 0 : bytes[i] === byte)),
  );
  return found?.name ?? (hasReturnsAlone(bytes) ? OLD_MAC : null);
}

/** One at the very end may be the first half of a CR LF. */
function hasReturnsAlone(bytes: Uint8Array): boolean {
  if (bytes.includes(NEWLINE)) return false;
  const first = bytes.indexOf(RETURN);
  return first !== -1 && first < bytes.length - 1 && !bytes.subarray(0, first).includes(0);
}

/** @param numbers of lines, in order. @returns the bytes, in which these lines are blank; the same ones if there are none. */
export function withoutLines(bytes: Uint8Array, numbers: readonly number[]): Uint8Array {
  if (numbers.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  let start = 0;
  let line = 1;
  for (const number of numbers) {
    for (; line < number; line += 1) start = copy.indexOf(NEWLINE, start) + 1;
    copy.fill(BLANK, start, copy.indexOf(NEWLINE, start));
  }
  return copy;
}

/** Yields every line, the empty ones too; a file of another format yields one line that says so. */
export function* readLines(bytes: Uint8Array): Generator<Line> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const foreign = foreignFormat(buffer);
  if (foreign !== null) return yield { number: 1, start: 0, text: '', error: parseError(0, `the file is ${foreign}`) };
  if (buffer.length === 0) return yield { number: 1, start: 0, text: '', error: parseError(0, EMPTY) };
  let start = hasBom(buffer) ? 3 : 0;
  for (let number = 1; start < buffer.length || number === 1; number++) {
    const newline = buffer.indexOf(NEWLINE, start);
    if (newline === -1) return yield cutLine(number, buffer, start);
    yield lineOf(number, buffer, start, newline > start && buffer[newline - 1] === 0x0d ? newline - 1 : newline);
    start = newline + 1;
  }
}

/** Column of a byte offset: UTF-8 continuation bytes do not count. @param from where the column is 1. */
export function columnAt(text: ByteString, offset: number, from = 0): number {
  let column = 1;
  for (let i = from; i < offset; i++) if ((text.charCodeAt(i) & 0xc0) !== 0x80) column += 1;
  return column;
}

/** The last one; whatever it says, it may have been meant to go on. */
function cutLine(number: number, buffer: Buffer, start: number): Line {
  const text = buffer.toString('latin1', start, Math.min(buffer.length, start + MAX_LINE_BYTES));
  return { number, start, text, error: parseError(text.length, CUT) };
}

function lineOf(number: number, buffer: Buffer, start: number, end: number): Line {
  if (end - start > MAX_LINE_BYTES) {
    return {
      number,
      start,
      text: '',
      error: parseError(0, `the line has ${end - start} bytes; at most ${MAX_LINE_BYTES} are read`),
    };
  }
  const text = buffer.toString('latin1', start, end);
  return { number, start, text, error: PLAIN.test(text) ? null : errorOf(text, buffer.subarray(start, end)) };
}

/** Printable ASCII and tabs: nearly every line, decided without a second look. */
const PLAIN = /^[\t\x20-\x7e]*$/;
// oxlint-disable-next-line no-control-regex -- control characters are what this looks for
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

function errorOf(text: ByteString, bytes: Buffer): ParseError | null {
  const control = CONTROL.exec(text);
  if (control?.[0] === '\r')
    return parseError(control.index, 'a carriage return (U+000D) within the line; lines end with LF, or CR LF');
  if (control !== null)
    return parseError(
      control.index,
      `control character ${codePoint(control[0])}; percent-encode it if it belongs to the address`,
    );
  if (!isUtf8(bytes))
    return parseError(firstBadByte(bytes), 'not UTF-8; save the file as UTF-8, or percent-encode the byte');
  return null;
}

function firstBadByte(bytes: Buffer): number {
  let at = 0;
  for (;;) {
    const lead = bytes[at] ?? 0;
    const width = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (!isUtf8(bytes.subarray(at, at + width))) return at;
    at += width;
  }
}

function hasBom(buffer: Buffer): boolean {
  return buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf;
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
