/**
 * What one line of a client says to a server of HTTP, and whom it names (requirement 81): of bytes that are no request to the parser. A line is
 * HTTP by one of its words, wherever it stands among others; servers differ in everything else. Pure; one character a byte, without the LF.
 *
 *   WORD … HTTP/1.1     a word that begins with it, in any case
 *   WORD /path          or a URL, but RTSP's: `DESCRIBE rtsp://… RTSP/1.0`
 *   GET …, PRI *        one of the six methods that no other protocol has, the preface of HTTP/2
 *
 * Each function takes time in proportion to its line. It must not judge a name.
 */
import { BACKSLASH, BYTE_CLASS, COLON, DIGIT, HTAB, SLASH, SP } from './bytes.ts';

/* oxlint-disable typescript/no-non-null-assertion -- a character is one byte, and the table has 256 rows */

/** What `isspace` and Python's `split` take for white space. */
const BLANK = 1;
/** What some server takes for the end of a line, besides LF. */
const LINE_END = 2;
/** A byte of no text. */
const NO_TEXT = 4;
/** A byte of no text, or of one that is not ASCII. */
const NO_ASCII = 8;
/** Ends an authority, as a blank does. */
const AUTHORITY_END = 16;
/** A byte of a name or an address. */
const NAMING = 32;
/** A byte of a name that is none alone. */
const NAME_MARK = 64;
const CLASSES: Uint8Array = lineClasses();

/** Methods that no other protocol begins a line with: these need no look at the rest of it. */
export const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH'];

export function isBlank(byte: number): boolean {
  return (CLASSES[byte]! & BLANK) !== 0;
}

export function isBlankLine(line: string): boolean {
  return skip(line, 0, BLANK) === line.length;
}

/** Some byte of it is in no text. @param from those before it have been looked at */
export function isBinary(text: string, from = 0): boolean {
  return find(text, from, NO_TEXT) < text.length;
}

/** Whether the beginning of a connection is no text in lines: other bytes, XML, JSON. These may come without an end of a line. */
export function isUnheld(text: string, from = 0): boolean {
  const first = text[skip(text, 0, BLANK)];
  return first === '<' || first === '{' || first === '[' || isBinary(text, from);
}

/** Also of a line that has not ended. @param from the line before it has been looked through */
export function hasHttpWord(line: string, from = 0): boolean {
  const start = Math.max(0, from - 'http/'.length);
  return (start === 0 && isWordAt(line, 0, 'http/')) || hasWord(line, start, 'http/');
}

/** A line of text, or of other bytes that is the first: behind those, only text to its end makes a path of a slash. */
export function isHttpLine(line: string): boolean {
  if (hasHttpWord(line)) return true;
  if (isBinary(line))
    return hasMethodAndPath(line) || (isPath(line) && find(line, secondWord(line), NO_ASCII) === line.length);
  return [line, ...parts(line)].some((part) => hasMethod(part) || isPreface(part) || isPath(part));
}

/** A line behind bytes that are no text, where a path alone may be one of them, and so may a method in lower case that others begin a line with. */
export function isHttpAmongBytes(line: string): boolean {
  return hasHttpWord(line) || hasMethodAndPath(line);
}

function hasMethodAndPath(line: string): boolean {
  return [line, ...parts(line)].some((part) => isPath(part) && METHODS.includes(firstWord(part).toUpperCase()));
}

function hasMethod(line: string): boolean {
  return METHODS.includes(firstWord(line));
}

function firstWord(line: string): string {
  const start = skip(line, 0, BLANK);
  return line.slice(start, find(line, start, BLANK));
}

function isPreface(line: string): boolean {
  const start = skip(line, 0, BLANK);
  const behind = start + 'PRI'.length;
  const next = skip(line, behind, BLANK);
  return line.startsWith('PRI', start) && next > behind && line[next] === '*';
}

/** What follows its first word is a path, or a URL. */
function isPath(line: string): boolean {
  const start = secondWord(line);
  if (line[start] === '/') return true;
  return line.slice(start, find(line, start, BLANK)).includes('://') && !isRtsp(line, start);
}

function isRtsp(line: string, start: number): boolean {
  const isUrl = ['rtsp://', 'rtsps://', 'rtspu://'].some((scheme) => isWordAt(line, start, scheme));
  return isUrl && hasWord(line, start, 'rtsp/');
}

/** Its length where there is none. */
function secondWord(line: string): number {
  const end = find(line, skip(line, 0, BLANK), BLANK);
  return skip(line, end, BLANK);
}

/** It goes on with the field before it, to some. */
export function isFolded(line: string): boolean {
  return line !== '' && skip(line, 0, BLANK) > 0;
}

export interface HostFields {
  /** Value of the last one, with what it goes on from; null: there is none. */
  readonly host: string | null;
  /** Whom they name. */
  readonly names: readonly string[];
}

/**
 * The Host fields of a line.
 * @param before value of the one that the line goes on with: the line may be a name of its own then, a field of its own, or the end of that value; null: it goes on with none
 */
export function hostFields(line: string, before: string | null): HostFields {
  const values = hostValues(line);
  const names = values.flatMap(hostsIn);
  if (before === null) return { host: values.at(-1) ?? null, names };
  const joined = before.trim() + line.trim();
  return { host: values.at(-1) ?? joined, names: [...new Set([...hostsIn(line), ...hostsIn(joined), ...names])] };
}

/** Whom the URLs in a line name. */
export function namesInUrls(line: string): readonly string[] {
  const names: string[] = [];
  for (let at = line.indexOf('//'); at >= 0;) {
    const end = find(line, at + 2, BLANK | AUTHORITY_END);
    names.push(...hostsIn(line.slice(at + 2, end)));
    at = line.indexOf('//', end);
  }
  return names;
}

/** Whom a target names that begins with two slashes, and the path behind: to libevent, where others see a path. Null: nobody. */
export function namedBySlashes(target: string): { readonly host: string; readonly path: string } | null {
  if (!target.startsWith('//')) return null;
  const end = find(target, 2, BLANK | AUTHORITY_END);
  const authority = target.slice(2, end);
  const [host] = hostIn(authority.slice(authority.lastIndexOf('@') + 1));
  return host === undefined ? null : { host, path: target.slice(end) };
}

/** What ends a line for some is a blank to others, in front of the value. */
function hostValues(line: string): readonly string[] {
  if (!line.includes(':')) return [];
  const values: string[] = [];
  let next = '';
  for (const part of parts(line).toReversed()) {
    const value = hostValue(part);
    if (value !== null) values.push(isBlankLine(value) ? next : value);
    if (!isBlankLine(part)) next = part;
  }
  return values.toReversed();
}

/** Null: it is no Host field. */
function hostValue(line: string): string | null {
  const start = skip(line, 0, BLANK);
  if (!isWordAt(line, start, 'host')) return null;
  const colon = skip(line, start + 'host'.length, BLANK);
  return line.charCodeAt(colon) === COLON ? line.slice(colon + 1) : null;
}

/** The hosts in `user@host:port` and in `host, host`; the user too, where it may be a name. */
function hostsIn(authority: string): readonly string[] {
  const texts = authority.split(',').map((text) => text.split('@'));
  const users = texts.flatMap((text) => text.slice(0, -1)).map((user) => (user.split(':', 1)[0] ?? '').trim());
  return [...users.filter(isName), ...texts.flatMap((text) => hostIn(text.at(-1) ?? ''))];
}

/** Of a user that can be no host nothing is to be judged: a last label of digits is an address of IPv4, or none at all. */
function isName(text: string): boolean {
  if (text === '' || skip(text, 0, NAMING | NAME_MARK) < text.length) return false;
  return !/(?:^|\.)\d+$/.test(text) || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text);
}

/** One, or none where there is nobody's name in it. */
function hostIn(text: string): readonly string[] {
  const named = words(text).join(' ');
  let end = named.length;
  while (end > 0 && (BYTE_CLASS[named.charCodeAt(end - 1)]! & DIGIT) !== 0) end--;
  const host = named.charCodeAt(end - 1) === COLON ? named.slice(0, end - 1) : named;
  return find(host, 0, NAMING) < host.length ? [host] : [];
}

function words(text: string): readonly string[] {
  return split(text, BLANK).filter((word) => word !== '');
}

/** The lines that some server makes of it. */
function parts(line: string): readonly string[] {
  return split(line, LINE_END);
}

function split(text: string, bits: number): readonly string[] {
  const found: string[] = [];
  for (let start = 0; start <= text.length;) {
    const end = find(text, start, bits);
    found.push(text.slice(start, end));
    start = end + 1;
  }
  return found;
}

/** `lower` (in lower case) behind a blank, at or behind `from`. */
function hasWord(line: string, from: number, lower: string): boolean {
  for (let at = find(line, from, BLANK); at < line.length; at = find(line, at + 1, BLANK))
    if (isWordAt(line, at + 1, lower)) return true;
  return false;
}

/** In any case of its letters. */
function isWordAt(line: string, at: number, lower: string): boolean {
  for (let i = 0; i < lower.length; i++) if (line[at + i]?.toLowerCase() !== lower[i]) return false;
  return true;
}

/** The first character at or behind `from` that is of one of the classes, or the length. */
function find(text: string, from: number, bits: number): number {
  let i = from;
  while (i < text.length && (CLASSES[text.charCodeAt(i)]! & bits) === 0) i++;
  return i;
}

/** The first character at or behind `from` that is not, or the length. */
function skip(text: string, from: number, bits: number): number {
  let i = from;
  while (i < text.length && (CLASSES[text.charCodeAt(i)]! & bits) !== 0) i++;
  return i;
}

function lineClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  const mark = (bit: number, ...ranges: readonly (readonly [number, number])[]): void => {
    for (const [first, last] of ranges) for (let byte = first; byte <= last; byte++) classes[byte]! |= bit;
  };
  mark(BLANK, [HTAB, 0x0d], [0x1c, SP], [0x85, 0x85], [0xa0, 0xa0]);
  mark(LINE_END, [0x0b, 0x0d], [0x1c, 0x1e], [0x85, 0x85]);
  mark(NO_TEXT, [0x00, 0x08], [0x0e, 0x1b], [0x7f, 0x7f]);
  mark(NO_ASCII, [0x00, 0x08], [0x0a, 0x0a], [0x0e, 0x1b], [0x7f, 0xff]);
  mark(AUTHORITY_END, [SLASH, SLASH], [BACKSLASH, BACKSLASH], [0x23, 0x23], [0x3f, 0x3f]);
  mark(NAME_MARK, [0x2d, 0x2e], [0x5f, 0x5f]);
  mark(NAMING, [0x30, 0x39], [0x41, 0x5a], [0x61, 0x7a], [0x80, 0xff]);
  return classes;
}
